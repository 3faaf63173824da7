"""How changes and comments are signed: by organisation, with initials, by person; merged by organisation all the same."""

import re
from dataclasses import replace

import pytest

from consult import engine
from consult.engine.naming import initials_in, one_spelling
from consult.engine.package import open_package
from tests.engine.specimens import draft, edit, specimen_draft, texts

BASE = specimen_draft()


def by(organisation: str, author: str, old: str, new: str, *, remark: str = "") -> engine.Contribution:
    change = replace(edit(BASE, old, new), author=author)
    remarks = (engine.Remark(change.paragraph, 0, 0, remark, author=author),) if remark else ()
    return engine.Contribution(organisation, (change,), remarks)


MOLDOVA = by("Mission to Moldova", "Ana Banu", "two working days", "one day", remark="Too slow.")
KOSOVO = by("Mission in Kosovo", "Banu, Ana", "welcome", "awaited")


def signed(contributions: list[engine.Contribution], names: engine.Naming, base: bytes = BASE) -> tuple[str, ...]:
    """Return every author in the consolidated file's text and margin."""
    package = open_package(engine.consolidate(base, contributions, names=names).docx)
    parts = (package.read(part).decode() for part in ("word/document.xml", "word/comments.xml") if package.has(part))
    return tuple(sorted({name for part in parts for name in re.findall(r'w:author="([^"]*)"', part)}))


def test_the_organisation_signs_by_default() -> None:
    assert signed([MOLDOVA, KOSOVO], "organisation") == ("Mission in Kosovo", "Mission to Moldova")
    assert not open_package(engine.consolidate(BASE, [MOLDOVA]).docx).has("word/people.xml")


def test_initials_stand_behind_the_organisation() -> None:
    assert signed([MOLDOVA, KOSOVO], "initials") == ("Mission in Kosovo (A.B.)", "Mission to Moldova (A.B.)")


def test_a_person_signs_alone_unless_another_organisation_has_one_of_that_name() -> None:
    assert signed([MOLDOVA], "person") == ("Ana Banu",)
    assert signed([MOLDOVA, KOSOVO], "person") == ("Ana Banu (Mission to Moldova)", "Banu, Ana (Mission in Kosovo)")


@pytest.mark.parametrize("nobody", ["", "Author", " unknown  AUTHOR ", "Автор", "mission to moldova"])
def test_nobody_is_the_organisation(nobody: str) -> None:
    contribution = by("Mission to Moldova", nobody, "welcome", "awaited", remark="So.")
    for names in ("initials", "person"):
        assert signed([contribution], names) == ("Mission to Moldova",)


def test_spellings_of_one_person_are_one() -> None:
    found = ["Zoë  Müller", "zoe muller", "Müller, Zoë", "Zoë Müller", "Zoë Müller", "Zoran Muller"]
    assert one_spelling(found) == {**dict.fromkeys(found, "Zoë Müller"), "Zoran Muller": "Zoran Muller"}
    assert [initials_in(name) for name in ("Müller, Zoë (OSCE)", "zoran", "Анна Ким", "42")] == [
        "Z.M.",
        "Z.",
        "А.К.",
        "",
    ]


def test_the_drafts_own_author_is_not_mixed_up_with_an_organisations_person() -> None:
    own = engine.consolidate(
        BASE, [engine.Contribution("Ana Banu", (edit(BASE, "Each mission", "Every mission"),))]
    ).docx
    change = replace(edit(own, "welcome", "awaited"), author="ana banu")
    contribution = engine.Contribution("Mission to Moldova", (change,))
    assert signed([contribution], "person", own) == ("Ana Banu", "ana banu (Mission to Moldova)")


@pytest.mark.parametrize("names", ["organisation", "initials", "person"])
def test_support_conflicts_and_reading_one_out_are_by_organisation_however_it_is_signed(names: engine.Naming) -> None:
    moldova = by("Mission to Moldova", "Ana Banu", "two working days", "one day")
    again = by("Mission to Moldova", "Ion Rusu", "welcome", "awaited")
    bosnia = by("Mission to Bosnia", "Emir; Babić", "two working days", "one day")
    albania = by("Presence in Albania", "Author", "two working days", "a week")
    made = engine.consolidate(BASE, [moldova, again, bosnia, albania], names=names)
    assert {e.new: e.organisations for e in made.edits} == {
        "one day": ("Mission to Bosnia", "Mission to Moldova"),
        "a week": ("Presence in Albania",),
        "awaited": ("Mission to Moldova",),
    }
    assert [c.organisations for c in made.conflicts] == [
        ("Mission to Bosnia", "Mission to Moldova", "Presence in Albania")
    ]
    assert next(e.authors for e in made.edits if e.new == "one day") == ("Ana Banu", "Emir; Babić")
    plain = engine.consolidate(BASE, [moldova, again, bosnia, albania])
    for name in ("Mission to Bosnia", "Mission to Moldova", "Presence in Albania"):
        assert name in engine.authors_of(made.docx)
        assert texts(engine.resolve(made.docx, [name])) == texts(engine.resolve(plain.docx, [name]))
    assert texts(engine.resolve(made.docx, "none")) == texts(BASE)


def test_a_deleted_paragraph_and_a_new_one_are_signed_by_the_person() -> None:
    base = draft("One stays.", "Two goes.", "Three stays.")
    two = engine.read_draft(base).paragraphs[1]
    gone = engine.Edit(two.key, "paragraph-deleted", 0, len(two.text), two.text, "", author="Ana Banu")
    new = engine.Edit("p3", "paragraph-inserted", 0, 0, "", "Four is new.", author="Ana Banu")
    contribution = engine.Contribution("Mission to Moldova", (gone, new))
    assert signed([contribution], "person", base) == ("Ana Banu",)
    made = engine.consolidate(base, [contribution], names="person")
    assert texts(engine.resolve(made.docx, ["Ana Banu"])) == ["One stays.", "Three stays.", "Four is new."]
