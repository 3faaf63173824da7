"""What tests need from the machine. Outside CI a missing tool skips a test with its reason; in CI it fails."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
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


def office(data: bytes, target: str) -> bytes:
    """Return a .docx converted by LibreOffice, with a profile of its own."""
    program = need("soffice")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "file.docx"
        file.write_bytes(data)
        out = Path(folder) / "out"
        command = [program, f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", target]
        subprocess.run([*command, "--outdir", str(out), str(file)], check=True, capture_output=True, timeout=180)
        return next(out.iterdir()).read_bytes()


def pandoc(data: bytes, changes: str) -> str:
    """Return a .docx as pandoc reads it with all tracked changes accepted or rejected."""
    program = need("pandoc")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "file.docx"
        file.write_bytes(data)
        command = [program, f"--track-changes={changes}", "--wrap=none", "-f", "docx", "-t", "plain", str(file)]
        return subprocess.run(command, check=True, capture_output=True, timeout=60, text=True).stdout
