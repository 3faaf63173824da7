"""Damaged files, cut short or changed in some bits: each is refused with a sentence or read, nothing else happens.

Changes are made in the archive, where checksums mostly find them, and in the XML inside a sound archive, where nothing
does. PROVE_MUTANTS says how many of the latter (`make prove`).
"""

import gc
import io
import os
import random
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from consult import engine
from consult.errors import ConsultError
from tests.engine.hostile import zipped
from tests.engine.hostile_parts import as_strict
from tests.engine.specimens import cut_into_runs, draft, edit, specimen_draft, tracked_copy

FLIPS = 2000
TRUNCATIONS = 200
MUTANTS = int(os.environ.get("PROVE_MUTANTS", "60"))
MOST_GROWTH = 20 * 1024 * 1024
TOKENS = (
    *(
        b"",
        b"0",
        b"-1",
        b"\xc2\xb2",
        b"99999999999999999999",
        b"NaN",
        b"<w:p/>",
        b"<w:tbl/>",
        b"</w:p>",
        b"w:del",
        b"w:ins",
    ),
    *(b"restart", b"rId1", b"true", b"\xef\xbf\xbf", b"&#0;", b"&x;", b"<!--", b"]]>", b'"', b"w:moveFrom", b"w:tr"),
)


def good_files() -> list[bytes]:
    """Return twenty sound files with all that the specimen language can write, some with changes and comments."""
    plain = [specimen_draft(), draft("Only this."), draft("", "", "x"), draft([["a", "b"], ["c", "d"]], "After.")]
    plain += [draft(*(f"{mark}Line {n} of it" for n in range(5))) for mark in ("# ", "* ", "1. ", "")]
    marked = [tracked_copy(data, [edit(data, "Line 2", "Row 2")], "Somebody") for data in plain[4:8]]
    remark = engine.Remark("p1", 0, 0, "A remark", organisation="A", author="A")
    marked += [tracked_copy(data, [], "A", [remark]) for data in plain[4:6]]
    return [*plain, *marked, cut_into_runs(plain[0]), as_strict(plain[0]), *(as_strict(d) for d in marked[:4])]


GOOD = good_files()


def survives(data: bytes, deeply: bool = False) -> str:
    """Return the reason a file is refused with, "" if it is read. Anything but a refusal is a failure of the test."""
    try:
        read = engine.read_draft(data)
        if deeply:
            copy = engine.write_copy(data, engine.CopyIdentity(read.sha256, "C", 1, "T"))
            engine.read_returned_copy(copy, data, "A")
            engine.consolidate(data, [engine.Contribution("A")])
            engine.resolve(data, "all")
    except ConsultError as refusal:
        assert refusal.message
        assert refusal.reason
        return refusal.reason
    return ""


def flipped(data: bytes, rng: random.Random) -> bytes:
    spoiled = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        spoiled[rng.randrange(len(spoiled))] ^= 1 << rng.randrange(8)
    return bytes(spoiled)


def spoiled_inside(data: bytes, rng: random.Random) -> bytes:
    """Return a sound archive in which one part of the document is changed: bits, or whole tokens of its markup."""
    source = zipfile.ZipFile(io.BytesIO(data))
    parts = {name: source.read(name) for name in source.namelist()}
    name = rng.choice([n for n in parts if n.endswith((".xml", ".rels")) and "theme" not in n])
    change: Callable[[bytes, random.Random], bytes] = rng.choice((flipped, _spliced, _spliced, _spliced))
    parts[name] = change(parts[name], rng)
    return zipped(parts)


def _spliced(data: bytes, rng: random.Random) -> bytes:
    """Return XML in which an attribute's value is another, or a stretch between tags is doubled, moved or left out."""
    marks = [i for i, byte in enumerate(data) if byte in b'"<']
    first, last = sorted(rng.sample(range(len(marks)), 2)) if len(marks) > 1 else (0, 0)
    start, end = (marks[first], marks[last]) if marks else (0, 0)
    last_near = marks[min(first + rng.randint(1, 8), len(marks) - 1)] if marks else 0
    kind = rng.randrange(4)
    if kind == 0:
        return data[: start + 1] + rng.choice(TOKENS) + data[last_near:]
    if kind == 1:
        return data[:last_near] + data[start:last_near] * rng.randint(1, 3) + data[last_near:]
    if kind == 2:
        return data[:start] + data[last_near:]
    return data[:start] + data[last_near:end] + data[start:last_near] + data[end:]


def mutants(count: int) -> Iterator[bytes]:
    rng = random.Random(2026)
    for number in range(count):
        yield spoiled_inside(GOOD[number % len(GOOD)], rng)


def test_there_are_twenty_good_files_and_all_are_read() -> None:
    assert len(GOOD) == 20
    assert [survives(data, deeply=True) for data in GOOD] == [""] * 20


def test_files_cut_short_are_refused() -> None:
    for number in range(TRUNCATIONS):
        data = GOOD[number % len(GOOD)]
        assert survives(data[: len(data) * number // TRUNCATIONS]) in ("empty", "damaged", "not-word")


def test_files_with_flipped_bits_are_refused_or_read() -> None:
    rng = random.Random(7)
    reasons = [survives(flipped(GOOD[number % len(GOOD)], rng)) for number in range(FLIPS)]
    assert 0 < reasons.count("") < FLIPS


def test_mutants_never_break_the_engine_nor_fill_the_memory() -> None:
    read = 0
    before = 0
    for number, data in enumerate(mutants(MUTANTS)):
        read += not survives(data, deeply=True)
        if number == MUTANTS // 5:  # by now all that is kept for good is there
            before = memory_used()
    assert 0 < read < MUTANTS
    assert memory_used() - before < MOST_GROWTH


def memory_used() -> int:
    """Return the bytes of memory this process has."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
