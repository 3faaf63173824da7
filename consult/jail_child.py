"""The other side of jail.py: limits itself, reads one question, answers it, ends."""

import codecs
import ctypes
import os
import resource
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from consult import engine
from consult.errors import ConsultError
from consult.jail import TOO_HEAVY, pack, unpack
from consult.opening import open_mail

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
PR_SET_NO_NEW_PRIVS = 38
NOBODY = 65534
STANDARD_FILES = 3
CODECS = (
    "cp437", "latin-1", "ascii", "utf-16", "utf-16-le", "utf-8-sig", "idna",
    "utf-7", "iso-8859-2", "iso-8859-5", "iso-8859-9", "iso-8859-15", "iso-8859-16", "cp1250", "cp1251", "cp1252", "cp1254",
    "koi8-r", "koi8-u", "cp866", "mac-roman", "mac-cyrillic", "raw-unicode-escape",
)  # fmt: skip
Answer = tuple[Any, list[bytes]]


def _read_draft(arguments: list[Any], blobs: list[bytes]) -> Answer:
    return engine.to_json(engine.read_draft(blobs[0])), []


def _read_pictures(arguments: list[Any], blobs: list[bytes]) -> Answer:
    found = engine.read_pictures(blobs[0])
    return [[picture.sha256, picture.media_type] for picture in found], [picture.data for picture in found]


def _read_returned_copy(arguments: list[Any], blobs: list[bytes]) -> Answer:
    organisation, older = arguments
    names = engine.from_json(tuple[str, ...], older)
    read = engine.read_returned_copy(blobs[0], blobs[1], organisation, older=dict(zip(names, blobs[2:], strict=True)))
    return engine.to_json(read), []


def _read_filled_matrix(arguments: list[Any], blobs: list[bytes]) -> Answer:
    return engine.to_json(engine.read_filled_matrix(blobs[0])), []


def _open_mail(arguments: list[Any], blobs: list[bytes]) -> Answer:
    opened, copies = open_mail(blobs[0])
    return engine.to_json(opened), copies


def _resolve(arguments: list[Any], blobs: list[bytes]) -> Answer:
    return None, [engine.resolve(blobs[0], "all")]


def _write_copy(arguments: list[Any], blobs: list[bytes]) -> Answer:
    return None, [engine.write_copy(blobs[0], engine.from_json(engine.CopyIdentity, arguments[0]))]


def _write_next_draft(arguments: list[Any], blobs: list[bytes]) -> Answer:
    edits = engine.from_json(tuple[engine.Edit, ...], arguments[0])
    return None, [engine.write_next_draft(blobs[0], edits)]


def _carry_over(arguments: list[Any], blobs: list[bytes]) -> Answer:
    remarks = engine.from_json(tuple[engine.Remark, ...], arguments[0])
    return engine.to_json(engine.carry_over(blobs[0], blobs[1], remarks)), []


def _compare_drafts(arguments: list[Any], blobs: list[bytes]) -> Answer:
    """Compare what may leave of both drafts: nothing can come out that neither of them shows."""
    (author,) = arguments
    old, new = (engine.release(blob).docx for blob in blobs)
    redline = engine.compare_drafts(old, new, author).docx
    return None, [engine.release(redline, names=[author]).docx]


def _explain_differences(arguments: list[Any], blobs: list[bytes]) -> Answer:
    accepted = engine.from_json(tuple[engine.Edit, ...], arguments[0])
    return engine.to_json(engine.explain_differences(blobs[0], blobs[1], accepted)), []


def _clean(arguments: list[Any], blobs: list[bytes]) -> Answer:
    return _cleaned(engine.clean(blobs[0]))


def _release(arguments: list[Any], blobs: list[bytes]) -> Answer:
    identity = engine.from_json(engine.CopyIdentity, arguments[1]) if arguments[1] else None
    return _cleaned(engine.release(blobs[0], names=arguments[0], identity=identity))


def _cleaned(made: engine.Cleaned) -> Answer:
    return {**engine.to_json(made), "docx": ""}, [made.docx]


def _consolidate(arguments: list[Any], blobs: list[bytes]) -> Answer:
    contributions = engine.from_json(tuple[engine.Contribution, ...], arguments[0])
    made = engine.consolidate(blobs[0], contributions, date=arguments[1])
    value = engine.to_json(made)
    value["docx"] = ""
    return value, [made.docx]


FUNCTIONS: dict[str, Callable[[list[Any], list[bytes]], Answer]] = {
    "read_draft": _read_draft,
    "read_pictures": _read_pictures,
    "read_returned_copy": _read_returned_copy,
    "read_filled_matrix": _read_filled_matrix,
    "open_mail": _open_mail,
    "resolve": _resolve,
    "write_copy": _write_copy,
    "write_next_draft": _write_next_draft,
    "carry_over": _carry_over,
    "consolidate": _consolidate,
    "compare_drafts": _compare_drafts,
    "explain_differences": _explain_differences,
    "clean": _clean,
    "release": _release,
}


def confine(memory: int, cpu_seconds: int) -> None:
    """Give up memory, time, files, other processes, and, where the system allows it, the network and all rights."""
    for name in CODECS:  # a codec is a file: after this no file can be opened
        codecs.lookup(name)
    _leave_network()
    _leave_rights()
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (STANDARD_FILES, STANDARD_FILES))


def _leave_network() -> None:
    """Go into a network of one's own, which has nothing in it; as an ordinary person by way of a user space."""
    with suppress(OSError, AttributeError):  # not this system: then only the other limits hold
        unshare = ctypes.CDLL(None).unshare
        if unshare(CLONE_NEWNET) != 0:
            unshare(CLONE_NEWUSER | CLONE_NEWNET)


def _leave_rights() -> None:
    """Become nobody, if this is root, whom no limit on processes binds; and never gain a right again."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if os.geteuid() == 0:
        with suppress(OSError):
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)


def _refusal(error: ConsultError) -> bytes:
    return pack({"value": None, "refusal": {"message": engine.to_json(error.message), "reason": error.reason}}, [])


def main(memory: int, cpu_seconds: int) -> None:
    """Answer the question on standard input."""
    confine(memory, cpu_seconds)
    try:
        content, blobs = unpack(sys.stdin.buffer.read())
        value, out = FUNCTIONS[content["function"]](content["arguments"], blobs)
        answer = pack({"value": value, "refusal": None}, out)
    except ConsultError as error:
        answer = _refusal(error)
    except MemoryError:
        answer = _refusal(TOO_HEAVY)
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()
