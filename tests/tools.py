"""What tests need from the machine. Outside CI a missing tool skips a test with its reason; in CI it fails."""

import contextlib
import importlib.util
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
OOXML = "docx:Office Open XML Text"
IN_CI = os.environ.get("CI") == "true"


def lacking(reason: str) -> None:
    """Skip, or fail in CI."""
    if IN_CI:
        pytest.fail(f"needed in CI: {reason}")
    pytest.skip(reason)


def need(program: str) -> str:
    """Return the path of a program."""
    found = shutil.which(program)
    if found is None:
        lacking(f"{program} is not installed")
    return str(found)


def shared_documents() -> Path:
    """Return the folder of real documents beside the checkout."""
    folder = ROOT.parent / "shared" / "documents"
    if not folder.is_dir():
        lacking("there are no documents beside the checkout")
    return folder


def other_engine() -> Any:
    """Return docx-scalpel, another engine with a validator of its own: a judge that shares no code with us."""
    if importlib.util.find_spec("docx_scalpel") is None:
        lacking("docx-scalpel is not installed")
    return importlib.import_module("docx_scalpel")


def office(data: bytes, target: str, suffix: str = ".docx") -> bytes:
    """Return a file converted by LibreOffice, with a profile of its own."""
    program = need("soffice")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"file{suffix}"
        file.write_bytes(data)
        out = Path(folder) / "out"
        command = [program, f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", target]
        subprocess.run([*command, "--outdir", str(out), str(file)], check=True, capture_output=True, timeout=180)
        return next(out.iterdir()).read_bytes()


def office_saves(folder: Path, files: Mapping[str, bytes], seconds: float = 400) -> dict[str, bytes]:
    """Return documents as one LibreOffice saves them again, by name; a file that it cannot save is left out.

    When it crashes or takes too long, what it has not saved by then is left out.
    """
    program, out = need("soffice"), folder / "again"
    for name, data in files.items():
        (folder / f"{name}.docx").write_bytes(data)
    command = [program, f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", OOXML]
    paths = [str(folder / f"{name}.docx") for name in files]
    with contextlib.suppress(subprocess.TimeoutExpired):
        subprocess.run([*command, "--outdir", str(out), *paths], check=False, capture_output=True, timeout=seconds)
    return {name: (out / f"{name}.docx").read_bytes() for name in files if (out / f"{name}.docx").exists()}


def judge(file: Path, verdict: str) -> list[str]:
    """Return the paragraphs of a file after LibreOffice has accepted or rejected all changes, blanks folded."""
    need("soffice")
    python = Path("/usr/bin/python3")
    if subprocess.run([python, "-c", "import uno"], capture_output=True, check=False).returncode:
        lacking("LibreOffice's Python bridge (python3-uno) is not installed")
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    script = Path(__file__).with_name("office_judge.py")
    run = subprocess.run(
        [python, script, verdict, str(file), str(port)], capture_output=True, text=True, timeout=180, check=True
    )
    return [" ".join(line[2:].split()) for line in run.stdout.splitlines() if line.startswith("P")]


def judged_faults(data: bytes, baseline: bytes) -> list[str]:
    """Return what docx-scalpel's gate (the Open XML SDK's validator among it) finds in a file and not in its baseline."""
    scalpel = other_engine()

    def faults(judged: bytes) -> Counter[tuple[str, str, str]]:
        result = scalpel.verify_deliverable(judged, baseline)
        return Counter((f.code, f.severity.value, f.message) for f in result.findings)

    return sorted(" ".join(found) for found in faults(data) - faults(baseline))


def schema_faults(*files: Path) -> list[set[str]]:
    """Return for each file what ECMA-376's schema says against it, without line numbers."""
    schema = shared_documents().parent / "schemas" / "validate.py"
    run = subprocess.run([sys.executable, schema, *files], capture_output=True, text=True, check=False)
    told = [line.partition(": ") for line in run.stdout.splitlines()]
    return [{re.sub(r":\d+:", ":", what) for path, _, what in told if path == str(file)} for file in files]


def pandoc(data: bytes, changes: str) -> str:
    """Return a .docx as pandoc reads it with all tracked changes accepted or rejected."""
    program = need("pandoc")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "file.docx"
        file.write_bytes(data)
        command = [program, f"--track-changes={changes}", "--wrap=none", "-f", "docx", "-t", "plain", str(file)]
        return subprocess.run(command, check=True, capture_output=True, timeout=60, text=True).stdout
