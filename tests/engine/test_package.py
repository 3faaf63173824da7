"""The gate: what is no acceptable .docx is refused with a reason, early; what is one is read and written unchanged."""

import hashlib
import json
import random
import re
import subprocess
import sys
import time
import tracemalloc
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from consult import engine
from consult.engine.package import declares_type, open_package
from consult.errors import ConsultError, Invalid
from tests.engine.hostile import GOOD, attacks, bomb, rebuilt
from tests.engine.hostile_parts import as_strict, carried, declarations, growing, odd_but_honest, other_formats, packed
from tests.engine.specimens import draft, edit, go_through, specimen_draft
from tests.tools import ROOT

ATTACKS = [*attacks(), *declarations(), *growing(), *carried(), *other_formats()]
HONEST = list(odd_but_honest())


@pytest.mark.parametrize(("name", "data", "reason"), ATTACKS, ids=[name for name, *_ in ATTACKS])
def test_an_attack_is_refused_with_its_reason(name: str, data: bytes, reason: str) -> None:
    with pytest.raises(Invalid) as refusal:
        engine.read_draft(data)
    assert refusal.value.reason == reason
    assert refusal.value.message.endswith(".")


@pytest.mark.parametrize(("name", "data"), HONEST, ids=[name for name, _ in HONEST])
def test_an_odd_but_honest_file_is_taken_through_the_whole_round(name: str, data: bytes) -> None:
    assert "Title" in go_through(data)


def test_a_strict_document_is_read_as_the_ordinary_one_it_says() -> None:
    ordinary = specimen_draft()
    strict = as_strict(ordinary)
    assert b"purl.oclc.org" in zipfile.ZipFile(BytesIO(strict)).read("word/document.xml")
    assert go_through(strict) == go_through(ordinary)
    read = engine.read_draft(strict)
    assert read.paragraphs == engine.read_draft(ordinary).paragraphs
    assert (read.sha256, [n.code for n in read.notices]) == (hashlib.sha256(strict).hexdigest(), ["was-strict"])
    package = open_package(strict)
    for name in package.names:
        assert b"purl.oclc.org" not in package.read(name), name
    written = engine.consolidate(strict, [engine.Contribution("A", (edit(strict, "welcome", "awaited"),))]).docx
    assert not open_package(written).was_strict


def test_a_name_of_strict_in_a_text_stays() -> None:
    words = "xmlns='http://purl.oclc.org/ooxml/drawingml/main'"
    assert words in engine.read_draft(as_strict(draft("Title", words))).paragraphs[1].text


def test_embedded_objects_are_told() -> None:
    data = rebuilt(add={"word/embeddings/oleObject1.bin": packed("figures.xlsx"), "word/embeddings/": b""})
    assert [(n.code, "(1 part)" in n.message) for n in engine.read_draft(data).notices] == [("embedded-objects", True)]


def test_a_package_in_itself_is_never_descended() -> None:
    inner = GOOD
    for _ in range(30):
        inner = rebuilt(add={"word/embeddings/inner.docx": inner})
    package = open_package(inner)
    assert package.read("word/embeddings/inner.docx")[:2] == b"PK"
    assert go_through(inner) == go_through(GOOD)


def test_a_declaration_is_found_in_linear_time() -> None:
    data = b"<x>" + b"<!-- " * 2_000_000 + b"<!DOCTYPE"
    began = time.process_time()
    assert not declares_type(data)  # an open comment reaches to the end
    assert declares_type(b"<!-- -->" * 300_000 + b"<!DOCTYPE x>")
    assert time.process_time() - began < 3


WATCHED = """
import sys, json
from pathlib import Path
from consult import engine
from consult.errors import ConsultError
files = [Path(name).read_bytes() for name in json.loads(sys.stdin.read())]
for data in files[:1]:
    engine.read_draft(data)
seen = []
sys.addaudithook(lambda event, arguments: seen.append((event, repr(arguments))) if event.partition(".")[0] in
                 ("open", "socket", "subprocess", "os", "urllib", "ctypes", "shutil") else None)
refused = 0
for data in files:
    try:
        engine.read_draft(data)
    except ConsultError:
        refused += 1
print(json.dumps([refused, seen]))
"""


def test_nothing_is_opened_and_nobody_called_while_files_are_read(tmp_path: Path) -> None:
    attacks = [GOOD, *(data for _, data, _ in declarations()), *(data for _, data in HONEST)]
    names = []
    for number, data in enumerate(attacks):
        file = tmp_path / f"{number}.docx"
        file.write_bytes(data)
        names.append(str(file))
    run = subprocess.run(
        [sys.executable, "-c", WATCHED], input=json.dumps(names), capture_output=True, text=True, check=True, cwd=ROOT
    )
    refused, seen = json.loads(run.stdout)
    assert refused == len(list(declarations()))
    assert seen == []


def test_a_bomb_is_refused_before_it_is_inflated() -> None:
    data = bomb()
    tracemalloc.start()
    with pytest.raises(Invalid):
        open_package(data)
    assert tracemalloc.get_traced_memory()[1] < 20 * 1024 * 1024
    tracemalloc.stop()


def test_all_reasons_are_listed_and_few() -> None:
    listed = set(re.findall(r"^\| `([a-z-]+)` \|", (ROOT / "docs" / "refusals.md").read_text(), re.MULTILINE))
    given = {reason for _, _, reason in ATTACKS}
    assert given <= listed
    assert len(listed) <= 25


def test_truncated_and_damaged_files_are_refused_or_read_but_never_break() -> None:
    good = specimen_draft()
    rng = random.Random(7)
    damaged = [good[: len(good) * n // 60] for n in range(60)]
    for _ in range(250):
        data = bytearray(good)
        for _ in range(rng.randint(1, 4)):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        damaged.append(bytes(data))
    for data in damaged:
        try:
            engine.read_draft(data)
        except ConsultError as refusal:
            assert refusal.message


def test_replacing_nothing_gives_the_same_bytes() -> None:
    assert open_package(GOOD).replaced({}) == GOOD


def test_unchanged_members_keep_their_compressed_bytes() -> None:
    package = open_package(GOOD)
    written = package.replaced({package.main_part: package.read(package.main_part)})
    before, after = zipfile.ZipFile(BytesIO(GOOD)), zipfile.ZipFile(BytesIO(written))
    assert after.testzip() is None
    assert before.namelist() == after.namelist()
    for name in before.namelist():
        assert before.read(name) == after.read(name)


def test_data_descriptors_are_read_and_written_away() -> None:
    class Unseekable(BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise OSError

    out = Unseekable()
    with zipfile.ZipFile(BytesIO(GOOD)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, source.read(name))
    package = open_package(out.getvalue())
    assert engine.read_draft(package.replaced({"word/new.xml": b"<a/>"})).paragraphs


def test_a_part_named_in_another_case_is_found() -> None:
    rels = zipfile.ZipFile(BytesIO(GOOD)).read("_rels/.rels").replace(b"word/document.xml", b"/Word/Document.xml")
    assert engine.read_draft(rebuilt({"_rels/.rels": rels})).paragraphs
