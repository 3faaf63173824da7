"""Runs the engine on foreign files in a process of its own, with limits on memory and time and without network.

A question goes to the child as JSON with its byte strings behind it, the answer comes back the same way, never as
pickles: what a parser that was taken over could send is at most wrong data. The child is jail_child.py.
"""

import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, TypeVar

from consult import engine
from consult.errors import ConsultError, Invalid
from consult.opening import Opened
from consult.phrases import say

T = TypeVar("T")

MEGABYTE = 1024 * 1024
LARGEST_ANSWER = 128 * MEGABYTE
LONGEST_MESSAGE = 2000
CHUNK = 64 * 1024
HEADER = 8  # bytes: the length of the JSON that comes first
CHILD = "consult.jail_child"
ENDED_FOR_TIME = (-signal.SIGXCPU, -signal.SIGKILL)
FAILED = Invalid(
    say(
        "This file could not be read safely. Open it in Word, save it again as .docx and upload that. If "
        "it fails again, tell the administrator the name of the program that made it."
    ),
    "parser-failed",
)
TOO_HEAVY = Invalid(
    say("This file takes too long to read. Take out large pictures or divide it, and upload it again."), "too-heavy"
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a child may use: bytes of address space, seconds of computing, seconds until it is ended."""

    memory: int
    cpu_seconds: int
    wall_seconds: float


READING = Limits(512 * MEGABYTE, 10, 60)  # a file as somebody sent it
WORKING = Limits(1024 * MEGABYTE, 60, 120)  # files that were read before, and all that was found in them


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
    limits: Limits = READING,
) -> tuple[Any, list[bytes]]:
    """Run one function of the child and return its answer. Raises what the engine raised, or Invalid when it died."""
    root = str(Path(__file__).resolve().parent.parent)
    confinement = f"{limits.memory}, {limits.cpu_seconds}"
    program = f"import sys; sys.path.insert(0, {root!r}); from {CHILD} import main; main({confinement})"
    question = pack({"function": function, "arguments": arguments}, blobs)
    code, answer = _run([*child, program], question, limits.wall_seconds)
    if code in ENDED_FOR_TIME:
        raise TOO_HEAVY
    if code or not answer:
        raise FAILED
    return _answer(answer)


def _run(command: Sequence[str], question: bytes, wall_seconds: float) -> tuple[int, bytes]:
    """Run a child to its end, and end whatever it started; return its exit code and what it wrote.

    Never more than LARGEST_ANSWER is kept of that: who writes more is ended, as is who takes too long.
    """
    environment = {"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
    deadline = time.monotonic() + wall_seconds
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and program, no shell
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, cwd="/",
        start_new_session=True,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    feeder = threading.Thread(target=_feed, args=(process.stdin, question), daemon=True)
    feeder.start()
    try:
        answer = _collect(process.stdout, deadline)
        _await_end(process.pid, deadline)
    finally:
        with suppress(ProcessLookupError):  # it is not waited for yet, so its number is still its own
            os.killpg(process.pid, signal.SIGKILL)
        code = process.wait()
        feeder.join()
        process.stdout.close()
    return code, answer


def _feed(pipe: IO[bytes], question: bytes) -> None:
    with suppress(OSError), pipe:  # a child that has died does not listen
        pipe.write(question)


def _collect(pipe: IO[bytes], deadline: float) -> bytes:
    found = bytearray()
    while len(found) <= LARGEST_ANSWER:
        ready, _, _ = select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise TOO_HEAVY
        chunk = os.read(pipe.fileno(), CHUNK)
        if not chunk:
            return bytes(found)
        found += chunk
    raise FAILED


def _await_end(pid: int, deadline: float) -> None:
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        if time.monotonic() > deadline:
            raise TOO_HEAVY
        time.sleep(0.002)


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
    try:
        message = engine.from_json(str, refusal.get("message"))
    except Invalid:
        return FAILED
    return Invalid(
        message if len(message) <= LONGEST_MESSAGE else message[:LONGEST_MESSAGE], str(refusal.get("reason", ""))[:60]
    )


# ---- the engine's functions -----------------------------------------------------------------------------------------


def read_draft(data: bytes) -> engine.Draft:
    """Return engine.read_draft(data)."""
    value, _ = call("read_draft", [], [data])
    return engine.from_json(engine.Draft, value)


def read_pictures(data: bytes) -> tuple[engine.Picture, ...]:
    """Return engine.read_pictures(data)."""
    value, blobs = call("read_pictures", [], [data])
    told = engine.from_json(list[list[str]], value)
    found = (engine.Picture(digest, kind, blob) for (digest, kind), blob in zip(told, blobs, strict=True))
    return tuple(picture for picture in found if picture.media_type in engine.PICTURE_TYPES)


def read_returned_copy(
    copy: bytes, draft: bytes, organisation: str = "", *, older: Mapping[str, bytes] | None = None
) -> engine.ReturnedCopy:
    """Return engine.read_returned_copy(copy, draft, organisation, older=older)."""
    older = older or {}
    files = [copy, draft, *older.values()]
    limits = replace(READING, cpu_seconds=READING.cpu_seconds * len(files))
    value, _ = call("read_returned_copy", [organisation, engine.to_json(list(older))], files, limits=limits)
    return engine.from_json(engine.ReturnedCopy, value)


def read_filled_matrix(data: bytes) -> tuple[engine.FilledRow, ...]:
    """Return engine.read_filled_matrix(data)."""
    value, _ = call("read_filled_matrix", [], [data])
    return engine.from_json(tuple[engine.FilledRow, ...], value)


def open_mail(raw: bytes) -> tuple[Opened, list[bytes]]:
    """Return opening.open_mail(raw)."""
    value, blobs = call("open_mail", [], [raw])
    return engine.from_json(Opened, value), blobs


def resolve(docx: bytes) -> bytes:
    """Return engine.resolve(docx, "all")."""
    _, blobs = call("resolve", [], [docx], limits=WORKING)
    return blobs[0]


def write_copy(draft: bytes, identity: engine.CopyIdentity) -> bytes:
    """Return engine.write_copy(draft, identity)."""
    _, blobs = call("write_copy", [engine.to_json(identity)], [draft], limits=WORKING)
    return blobs[0]


def write_next_draft(draft: bytes, edits: Sequence[engine.Edit]) -> bytes:
    """Return engine.write_next_draft(draft, edits)."""
    _, blobs = call("write_next_draft", [engine.to_json(tuple(edits))], [draft], limits=WORKING)
    return blobs[0]


def carry_over(old: bytes, new: bytes, remarks: Sequence[engine.Remark]) -> tuple[engine.Carried, ...]:
    """Return engine.carry_over(old, new, remarks)."""
    value, _ = call("carry_over", [engine.to_json(tuple(remarks))], [old, new], limits=WORKING)
    return engine.from_json(tuple[engine.Carried, ...], value)


def compare_drafts(old: bytes, new: bytes, author: str) -> bytes:
    """Return engine.compare_drafts of what may leave of both drafts, as it may leave, with changes by `author`."""
    _, blobs = call("compare_drafts", [author], [old, new], limits=WORKING)
    return blobs[0]


def explain_differences(old: bytes, new: bytes, accepted: Sequence[engine.Edit]) -> engine.Explanation:
    """Return engine.explain_differences(old, new, accepted)."""
    value, _ = call("explain_differences", [engine.to_json(tuple(accepted))], [old, new], limits=WORKING)
    return engine.from_json(engine.Explanation, value)


def clean(docx: bytes) -> engine.Cleaned:
    """Return engine.clean(docx)."""
    value, blobs = call("clean", [], [docx], limits=WORKING)
    return engine.from_json(engine.Cleaned, {**value, "docx": _base64(blobs[0])})


def release(docx: bytes, *, names: Collection[str] = (), identity: engine.CopyIdentity | None = None) -> engine.Cleaned:
    """Return engine.release(docx, names=names, identity=identity)."""
    value, blobs = call("release", [sorted(names), engine.to_json(identity)], [docx], limits=WORKING)
    return engine.from_json(engine.Cleaned, {**value, "docx": _base64(blobs[0])})


def consolidate(draft: bytes, contributions: Sequence[engine.Contribution], *, date: str = "") -> engine.Consolidation:
    """Return engine.consolidate(draft, contributions, date=date)."""
    value, blobs = call("consolidate", [engine.to_json(tuple(contributions)), date], [draft], limits=WORKING)
    return engine.from_json(engine.Consolidation, {**value, "docx": _base64(blobs[0])})


def _base64(data: bytes) -> str:
    return str(engine.to_json(data))
