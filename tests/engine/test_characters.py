"""Every character there is, in every place a person can write one: the files stay well-formed, nothing visible is lost."""

import re

import pytest

from consult import engine
from consult.engine.package import open_package, parse_xml
from tests.engine.specimens import specimen_draft, texts

STEP = 0x1100  # 256 stretches of 4,352 code points
STRETCHES = [(start, "".join(map(chr, range(start, start + STEP)))) for start in range(0, 0x110000, STEP)]
LIKE_MARKUP = (
    *("]]>", "<w:p/>", "&#x0;", "&amp;", "<!--", "<?xml?>", "<![CDATA[", "\ud83d", "\udc4d\ud83d", "\x00", "\x1b[31m"),
    *("\uffff", "\ufffe", "\u202eevil", "a\u200bb", "\x85", "\u2028", "\r\n", "_x0041_", "%s{0}", "${x}"),
)


def merged(words: str, name: str) -> engine.Consolidation:
    edit = engine.Edit("p3", "insert", 0, 0, "", words, name, name, "", True)
    added = engine.Edit("p3", "paragraph-inserted", 0, 0, "", words, name, name, "", True)
    remark = engine.Remark("p4", 0, 0, words, organisation=name, author=name, initials=words[:9])
    return engine.consolidate(specimen_draft(), [engine.Contribution(name, (edit, added), (remark,))])


def check(result: engine.Consolidation, visible: str) -> None:
    package = open_package(result.docx)
    for name in package.names:
        if package.is_xml(name):
            parse_xml(package.read(name))
    found = "".join(texts(result.docx))
    assert [c for c in visible if c not in found] == []


@pytest.mark.parametrize("eighth", range(8))
def test_every_code_point_gives_a_well_formed_file(eighth: int) -> None:
    for start, stretch in STRETCHES[eighth::8]:
        plain = re.sub("[^!-~\u00a1-\ud7ff\ue000-\ufffb\U00010000-\U0010ffff]", "", stretch) if start < 0x20000 else ""
        check(merged(stretch, f"A {stretch}"), plain.replace("\u2028", "").replace("\u2029", ""))


@pytest.mark.parametrize("words", LIKE_MARKUP)
def test_what_looks_like_markup_stays_text(words: str) -> None:
    check(merged(words, f"A{words}"), "")
    plain = [word for word in words.split() if word.isprintable()]
    assert all(word in " ".join(texts(merged(words, "A").docx)) for word in plain)
