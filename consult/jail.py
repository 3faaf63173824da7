"""Runs the engine on foreign files in a process of its own, with limits on memory and time and without network.

A question goes to the child as JSON with its byte strings behind it, the answer comes back the same way, never as
pickles: what a parser that was taken over could send is at most wrong data. The child is jail_child.py.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from consult import engine
from consult.errors import ConsultError, Invalid

T = TypeVar("T")

MEMORY = 1024 * 1024 * 1024  # bytes of address space
CPU_SECONDS = 60
WALL_SECONDS = 90
LARGEST_ANSWER = 256 * 1024 * 1024
HEADER = 8  # bytes: the length of the JSON that comes first
CHILD = "consult.jail_child"
FAILED = Invalid(
    "This file could not be read safely. Open it in Word, save it again as .docx and upload that. "
    "If it fails again, tell the administrator the name of the program that made it.",
    "parser-failed",
)
TOO_HEAVY = Invalid(
    "This file takes too long to read. Take out large pictures or divide it, and upload it again.", "too-heavy"
)


def pack(content: Any, blobs: Sequence[bytes]) -> bytes:
    """Return a message: the length of the JSON, the JSON with the blobs' lengths, the blobs."""
    text = json.dumps({"content": content, "blobs": [len(blob) for blob in blobs]}).encode()
    return len(text).to_bytes(HEADER, "big") + text + b"".join(blobs)


def unpack(data: bytes) -> tuple[Any, list[bytes]]:
    """Return a message's content and blobs. Raises ValueError for anything else."""
    length = int.from_bytes(data[:HEADER], "big")
    if len(data) < HEADER + length:
        raise ValueError("too short")
    envelope = json.loads(data[HEADER : HEADER + length])
    blobs, position = list[bytes](), HEADER + length
    for size in envelope["blobs"]:
        if not isinstance(size, int) or size < 0:
            raise ValueError("bad length")
        blobs.append(data[position : position + size])
        position += size
    if position != len(data):
        raise ValueError("wrong length")
    return envelope["content"], blobs


def call(
    function: str,
    arguments: Any,
    blobs: Sequence[bytes],
    *,
    child: Sequence[str] = (sys.executable, "-I", "-c"),
    wall_seconds: float = WALL_SECONDS,
    memory: int = MEMORY,
) -> tuple[Any, list[bytes]]:
    """Run one function of the child and return its answer. Raises what the engine raised, or Invalid when it died."""
    root = str(Path(__file__).resolve().parent.parent)
    program = f"import sys; sys.path.insert(0, {root!r}); from {CHILD} import main; main({memory}, {CPU_SECONDS})"
    question = pack({"function": function, "arguments": arguments}, blobs)
    environment = {"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and program, no shell
            [*child, program],
            input=question,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd="/",
            timeout=wall_seconds,
            check=False,
            start_new_session=True,
        )
    except subprocess.TimeoutExpired:
        raise TOO_HEAVY from None
    if done.returncode or not done.stdout or len(done.stdout) > LARGEST_ANSWER:
        raise TOO_HEAVY if done.returncode in (-24, -9, 137) else FAILED
    return _answer(done.stdout)


def _answer(data: bytes) -> tuple[Any, list[bytes]]:
    try:
        content, blobs = unpack(data)
        refusal = content.get("refusal")
        value = content.get("value")
    except (ValueError, KeyError, TypeError, AttributeError):
        raise FAILED from None
    if refusal is not None:
        raise _refusal(refusal)
    return value, blobs


def _refusal(refusal: Any) -> ConsultError:
    if not isinstance(refusal, dict):
        return FAILED
    return Invalid(str(refusal.get("message", ""))[:1000], str(refusal.get("reason", ""))[:60])


# ---- the engine's functions -----------------------------------------------------------------------------------------


def read_draft(data: bytes) -> engine.Draft:
    """Return engine.read_draft(data)."""
    value, _ = call("read_draft", [], [data])
    return engine.from_json(engine.Draft, value)


def read_returned_copy(
    copy: bytes, draft: bytes, organisation: str = "", *, older: Mapping[str, bytes] | None = None
) -> engine.ReturnedCopy:
    """Return engine.read_returned_copy(copy, draft, organisation, older=older)."""
    older = older or {}
    value, _ = call("read_returned_copy", [organisation, list(older)], [copy, draft, *older.values()])
    return engine.from_json(engine.ReturnedCopy, value)


def resolve(docx: bytes) -> bytes:
    """Return engine.resolve(docx, "all")."""
    _, blobs = call("resolve", [], [docx])
    return blobs[0]


def write_copy(draft: bytes, identity: engine.CopyIdentity) -> bytes:
    """Return engine.write_copy(draft, identity)."""
    _, blobs = call("write_copy", [engine.to_json(identity)], [draft])
    return blobs[0]


def write_next_draft(draft: bytes, edits: Sequence[engine.Edit]) -> bytes:
    """Return engine.write_next_draft(draft, edits)."""
    _, blobs = call("write_next_draft", [engine.to_json(tuple(edits))], [draft])
    return blobs[0]


def consolidate(draft: bytes, contributions: Sequence[engine.Contribution], *, date: str = "") -> engine.Consolidation:
    """Return engine.consolidate(draft, contributions, date=date)."""
    value, blobs = call("consolidate", [engine.to_json(tuple(contributions)), date], [draft])
    return engine.from_json(engine.Consolidation, {**value, "docx": _base64(blobs[0])})


def _base64(data: bytes) -> str:
    return str(engine.to_json(data))
