"""One measurement, in a process of its own: child.py make FOLDER JSON, or child.py PROGRAM FOLDER COPIES.

Prints one line of JSON: seconds without the start of the interpreter, peak memory in MB, bytes written; or what is
missing. The peak is that of this process or of the largest one it started, whichever is greater.
"""

import gc
import json
import resource
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def make(folder: Path, wanted: dict[str, Any]) -> dict[str, Any]:
    """Write a draft and its copies into a folder."""
    drafts = import_module("drafts")
    draft = drafts.make_draft(wanted["paragraphs"], wanted.get("seed", 1))
    (folder / "draft.docx").write_bytes(drafts.write_docx(draft))
    for number in range(wanted["copies"]):
        copy = drafts.make_copy(draft, number, **wanted.get("shares", {}))
        (folder / f"copy-{number}.docx").write_bytes(drafts.write_docx(draft, copy))
    silent = drafts.make_copy(draft, 0, **{**wanted.get("shares", {}), "commented": 0})
    (folder / "uncommented.docx").write_bytes(drafts.write_docx(draft, silent))
    return {"made": wanted["copies"]}


def measure(program: str, folder: Path, copies: int) -> dict[str, Any]:
    """Run a program once."""
    peers = import_module("peers")
    try:
        timed, end = peers.PROGRAMS[program](folder, copies)
    except peers.NotInstalled as missing:
        return {"missing": str(missing)}
    gc.collect()
    begun = time.perf_counter()
    made = timed()
    seconds = time.perf_counter() - begun
    end()
    (folder / "out.docx").write_bytes(made)
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {"seconds": seconds, "memory": peak / 1024, "bytes": len(made)}


def main(arguments: list[str]) -> None:
    """Do what is asked and print the answer."""
    sys.path[:0] = [str(ROOT)]
    task, folder, detail = arguments
    done = make(Path(folder), json.loads(detail)) if task == "make" else measure(task, Path(folder), int(detail))
    print(json.dumps(done))


if __name__ == "__main__":
    main(sys.argv[1:])
