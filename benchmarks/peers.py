"""The programs that are measured: each takes a folder with draft.docx and copy-0.docx … and gives the bytes it makes.

A program is a function that gets ready and returns what is timed, and what ends it. One that is not installed says so.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

Timed = Callable[[], bytes]
Program = tuple[Timed, Callable[[], object]]
SYSTEM_PYTHON = Path("/usr/bin/python3")


class NotInstalled(Exception):
    """A program to compare with is not there; the message says what is missing."""


def nothing() -> None:
    """End a program that has nothing to end."""


def _files(folder: Path, copies: int) -> tuple[bytes, list[bytes]]:
    return (folder / "draft.docx").read_bytes(), [(folder / f"copy-{n}.docx").read_bytes() for n in range(copies)]


def ours(folder: Path, copies: int) -> Program:
    """Read every copy as `consult merge` does, large ones in several processes, and consolidate."""
    engine, reading = import_module("consult.engine"), import_module("consult.commands.copies")
    collecting = import_module("consult.commands.collecting")
    draft = (folder / "draft.docx").read_bytes()
    named = [(f"Mission {n + 1}", str(folder / f"copy-{n}.docx")) for n in range(copies)]

    def merge() -> bytes:
        with collecting.not_collecting():
            read = list(reading.read_copies(named, draft))
            contributions = [engine.Contribution(c.organisation, c.edits, c.remarks) for c in read]
            made: bytes = engine.consolidate(draft, contributions).docx
            return made

    return merge, nothing


def one_process(folder: Path, copies: int) -> Program:
    """Read every copy and consolidate, in one process."""
    engine = import_module("consult.engine")
    draft, returned = _files(folder, copies)

    def merge() -> bytes:
        read = [engine.read_returned_copy(copy, draft, f"Mission {n + 1}") for n, copy in enumerate(returned)]
        contributions = [engine.Contribution(c.organisation, c.edits, c.remarks) for c in read]
        made: bytes = engine.consolidate(draft, contributions).docx
        return made

    return merge, nothing


def command(folder: Path, copies: int) -> Program:
    """Run `consult merge` as a user does: a program of its own, from start to end."""
    root = Path(__file__).resolve().parent.parent
    named = [f"Mission {n + 1}={folder / f'copy-{n}.docx'}" for n in range(copies)]
    program = [sys.executable, "-m", "consult.cli", "merge", str(folder / "draft.docx"), *named]
    out = folder / "command.docx"

    def merge() -> bytes:
        environment = {**os.environ, "PYTHONPATH": str(root)}
        subprocess.run([*program, "-o", str(out)], check=True, capture_output=True, env=environment)
        return out.read_bytes()

    return merge, nothing


def floor(folder: Path, copies: int) -> Program:
    """Do the least that a merge must do."""
    run_floor = import_module("floor").run_floor
    draft, returned = _files(folder, copies)
    return lambda: bytes(run_floor(draft, returned)), nothing


def scalpel(folder: Path, copies: int) -> Program:
    """Consolidate with docx-scalpel; its host process is started first."""
    try:
        module = import_module("docx_scalpel")
        module.ping()
    except Exception as error:
        raise NotInstalled(f"docx-scalpel: {error}") from None
    draft, returned = _files(folder, copies)
    reviewers = [module.DocxDiffReviewer(copy, f"Mission {n + 1}") for n, copy in enumerate(returned)]

    def consolidate() -> bytes:
        made: bytes = module.docx_diff_consolidate(draft, reviewers)
        return made

    return consolidate, module.shutdown_host


def redlines(folder: Path, copies: int) -> Program:
    """Compare the first copy with python-redlines."""
    try:
        engine = import_module("python_redlines").DocxodusEngine()
    except Exception as error:
        raise NotInstalled(f"python-redlines: {error}") from None
    draft, returned = _files(folder, 1)

    def compare() -> bytes:
        made: bytes = engine.run_redline("Mission 1", draft, returned[0])[0]
        return made

    return compare, nothing


def office(folder: Path, copies: int) -> Program:
    """Compare the first copy with LibreOffice, which is started first. From loading to storing.

    It gets the copy without its comments: LibreOffice 7.4 crashes when it loads them through its bridge.
    """
    if subprocess.run([SYSTEM_PYTHON, "-c", "import uno"], capture_output=True, check=False).returncode:
        raise NotInstalled("LibreOffice: its Python bridge (python3-uno) is not there")
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    script = Path(__file__).with_name("office.py")
    session = subprocess.Popen(
        [SYSTEM_PYTHON, script, str(port), str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    orders, answers = session.stdin, session.stdout
    assert orders is not None
    assert answers is not None
    if answers.readline() != b"ready\n":
        session.wait()
        raise NotInstalled("LibreOffice does not start")

    def compare() -> bytes:
        orders.write(b"go\n")
        orders.flush()
        if answers.readline() != b"done\n":
            raise RuntimeError("LibreOffice ended before it had compared")
        return (folder / "office.docx").read_bytes()

    def end() -> None:
        orders.close()
        session.wait(timeout=60)

    return compare, end


PROGRAMS: dict[str, Callable[[Path, int], Program]] = {
    "ours": ours,
    "ours, one process": one_process,
    "consult merge": command,
    "floor": floor,
    "docx-scalpel": scalpel,
    "python-redlines": redlines,
    "LibreOffice compare": office,
}
ONE_COPY_ONLY = frozenset(("python-redlines", "LibreOffice compare"))
