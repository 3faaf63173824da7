"""The gate: what is no acceptable .docx is refused with a reason, early; what is one is read and written unchanged."""

import random
import re
import tracemalloc
import zipfile
from io import BytesIO

import pytest

from consult import engine
from consult.engine.package import open_package
from consult.errors import ConsultError, Invalid
from tests.engine.hostile import GOOD, attacks, bomb, rebuilt
from tests.engine.specimens import specimen_draft
from tests.tools import ROOT, shared_documents

ATTACKS = list(attacks())


@pytest.mark.parametrize(("name", "data", "reason"), ATTACKS, ids=[name for name, *_ in ATTACKS])
def test_an_attack_is_refused_with_its_reason(name: str, data: bytes, reason: str) -> None:
    with pytest.raises(Invalid) as refusal:
        engine.read_draft(data)
    assert refusal.value.reason == reason
    assert refusal.value.message.endswith(".")


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


@pytest.mark.shared
def test_files_of_many_programs_are_read() -> None:
    files = sorted((shared_documents() / "corpus" / "programs").glob("*.docx"))
    refused = {}
    for file in files:
        try:
            engine.read_draft(file.read_bytes())
        except Invalid as refusal:
            refused[file.name] = refusal.reason
    assert len(refused) <= len(files) * 0.02, refused


@pytest.mark.shared
def test_hostile_files_never_break_the_engine() -> None:
    for file in sorted((shared_documents() / "corpus" / "hostile").iterdir()):
        if file.is_file():
            try:
                engine.read_draft(file.read_bytes())
            except ConsultError as refusal:
                assert refusal.message, file.name
