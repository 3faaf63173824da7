"""The other side of jail.py: limits itself, reads one question, answers it, ends."""

import ctypes
import os
import resource
import sys
from collections.abc import Callable
from typing import Any

from consult import engine
from consult.errors import ConsultError
from consult.jail import pack, unpack

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
Answer = tuple[Any, list[bytes]]


def _read_draft(arguments: list[Any], blobs: list[bytes]) -> Answer:
    return engine.to_json(engine.read_draft(blobs[0])), []


def _read_returned_copy(arguments: list[Any], blobs: list[bytes]) -> Answer:
    organisation, older = arguments
    read = engine.read_returned_copy(blobs[0], blobs[1], organisation, older=dict(zip(older, blobs[2:], strict=True)))
    return engine.to_json(read), []


def _resolve(arguments: list[Any], blobs: list[bytes]) -> Answer:
    return None, [engine.resolve(blobs[0], "all")]


def _write_copy(arguments: list[Any], blobs: list[bytes]) -> Answer:
    return None, [engine.write_copy(blobs[0], engine.from_json(engine.CopyIdentity, arguments[0]))]


def _write_next_draft(arguments: list[Any], blobs: list[bytes]) -> Answer:
    edits = engine.from_json(tuple[engine.Edit, ...], arguments[0])
    return None, [engine.write_next_draft(blobs[0], edits)]


def _consolidate(arguments: list[Any], blobs: list[bytes]) -> Answer:
    contributions = engine.from_json(tuple[engine.Contribution, ...], arguments[0])
    made = engine.consolidate(blobs[0], contributions, date=arguments[1])
    value = engine.to_json(made)
    value["docx"] = ""
    return value, [made.docx]


FUNCTIONS: dict[str, Callable[[list[Any], list[bytes]], Answer]] = {
    "read_draft": _read_draft,
    "read_returned_copy": _read_returned_copy,
    "resolve": _resolve,
    "write_copy": _write_copy,
    "write_next_draft": _write_next_draft,
    "consolidate": _consolidate,
}


def confine(memory: int, cpu_seconds: int) -> None:
    """Give up memory, time, files and, where the system allows it, the network."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if os.geteuid() != 0:  # for root this limit does not hold, and it would count other processes
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    try:
        ctypes.CDLL(None).unshare(CLONE_NEWUSER | CLONE_NEWNET)
    except (OSError, AttributeError):
        return  # not this system: then only the other limits hold


def main(memory: int, cpu_seconds: int) -> None:
    """Answer the question on standard input."""
    confine(memory, cpu_seconds)
    content, blobs = unpack(sys.stdin.buffer.read())
    try:
        value, out = FUNCTIONS[content["function"]](content["arguments"], blobs)
        answer = pack({"value": value, "refusal": None}, out)
    except ConsultError as error:
        answer = pack({"value": None, "refusal": {"message": error.message, "reason": error.reason}}, [])
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()
