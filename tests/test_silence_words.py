"""What must never be said: that a text was adopted, or agreed to, by silence. In no language, page, letter or file."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from consult import engine, paths
from consult.catalogues import LANGUAGES
from consult.services import no_objection_records, no_objections
from tests.factories import START
from tests.silences import DAY, a_silence, answer
from tests.story import Story
from tests.tools import ROOT

EXPIRY = START + 8 * DAY
AFTER = EXPIRY + DAY
WORDS = (
    r"(adopt|approv|agree|accept|endors|consent)\w*( \w+){0,2} (by|through|in|with) silence",
    r"silence (means|is|gives|equals|implies|counts as|constitutes) (consent|agreement|approval|assent|acceptance)",
    r"silen(ce|t)( \w+){0,3} (consents?|agrees?|approves?)\b",
    r"\btacit(ly)?\b",
    r"deemed (to have )?(been )?(adopted|agreed|approved|consented|accepted)",
    r"silence procedure|qui tacet",
    r"(adopt|approuv|accept|agré)\w*( \w+){0,2} (par|sous|dans) (le |leur )?silence",
    r"\btacite(s|ment)?\b",
    r"silence vaut (accord|accept|approb)",
    r"réputée?s? (adopt|approuv|accept|consent)|qui ne dit mot",
    r"(durch|mit|per) (das |ihr )?(still)?schweigen( \w+){0,2} (angenommen|verabschiedet|gebilligt|zugestimmt)",
    r"stillschweigend|schweigen (gilt|bedeutet|heißt)( \w+){0,2} (zustimmung|einverständnis|annahme)",
    r"gilt als (angenommen|genehmigt)",
    r"(adottat|approvat|accettat)\w*( \w+){0,2} (per|con|tramite) (il )?silenzio",
    r"silenzio[- ]assenso|\btacit[aoie]\b|tacitamente|chi tace",
    r"silenzio (vale|equivale)( \w+){0,2} (assenso|consenso|approvazione)",
    r"(adoptad|aprobad|aceptad)\w*( \w+){0,2} (por|con|mediante) (el )?silencio",
    r"silencio (positivo|administrativo)|\btácit[oa]s?\b|tácitamente|quien calla",
    r"silencio (equivale|significa|vale)( \w+){0,2} (consentimiento|aprobación|acuerdo)",
    r"(принят|одобрен|утвержд[её]н|согласован)\w*( \w+){0,2} (молчани|по умолчани)",
    r"молчалив\w+ (соглас|одобр)|негласн\w+ (соглас|одобр)|молчание( \w+| —| –| -){0,3} соглас",
    r"считается (принят|одобрен|утвержд)",
)
FORBIDDEN = re.compile("|".join(WORDS), re.IGNORECASE)
SILENT = re.compile(
    r"silen|tacit|tácit|deemed|réput|schweig|gilt als|chi tace|tacet|qui ne dit|quien call|молча|умолч|гласн|счита",
    re.I,
)
SAID = (
    "The decision was adopted by silence.",
    "Silence means consent.",
    "The text is deemed approved.",
    "La décision est adoptée par silence ; accord tacite.",
    "Le silence vaut accord.",
    "Der Text ist stillschweigend gebilligt.",
    "Der Text gilt als angenommen.",
    "Il testo è adottato per silenzio.",
    "silenzio-assenso",
    "El texto fue adoptado por silencio.",
    "consentimiento tácito",
    "Решение принято путём молчания.",
    "Молчаливое согласие",
    "Текст считается принятым.",
)


@pytest.mark.parametrize("sentence", SAID)
def test_the_scanner_knows_such_words(sentence: str) -> None:
    assert FORBIDDEN.search(sentence)


def test_it_lets_pass_what_is_to_be_said() -> None:
    for sentence in (
        "Silence counts as no objection only because this round was opened as a no-objection round.",
        "Nobody’s silence counts for anything.",
        "kept silent until the time ran out: counted as no objection",
    ):
        assert not FORBIDDEN.search(sentence)


def sources() -> Iterator[Path]:
    yield from paths.TEMPLATES.rglob("*.html")
    yield from paths.TEMPLATES.rglob("*.txt")
    for kind in ("py", "js", "po"):
        yield from (file for file in (ROOT / "consult").rglob(f"*.{kind}") if "vendor" not in file.parts)
    yield from (ROOT / "docs").rglob("*.md")
    yield from ROOT.glob("*.md")


def test_no_template_source_or_catalogue_says_so() -> None:
    found = {}
    for file in sources():
        text = file.read_text(encoding="utf-8")
        if not SILENT.search(text):
            continue  # most files: looked at once, quickly
        if match := FORBIDDEN.search(re.sub(r'"\s*\n\s*"', "", text)):  # a sentence over several lines is one
            found[str(file.relative_to(ROOT))] = match.group(0)
    assert found == {}


def ended(story: Story, how: str) -> Story:
    if how == "broken":
        answer(story, "moldova", "objection", text="No.", now=START + DAY)
    elif how == "late":
        answer(story, "moldova", "objection", text="No.", now=EXPIRY)
    elif how == "withdrawn":
        no_objections.withdraw(
            story.session, story.round, reason="A wrong annex.", person=story.people["lead"],
            base_url="http://localhost", by=story.actor("lead"), now=START + DAY,
        )  # fmt: skip
    story.tick(AFTER)
    return story


def test_no_letter_and_no_record_says_so_in_any_language(session: Any, storage: Any) -> None:
    said = []
    for how, languages in (("broken", ("en",)), ("late", LANGUAGES), ("withdrawn", ("en",)), ("unbroken", ())):
        story = ended(a_silence(session, storage, now=START, expires=EXPIRY), how)
        record = no_objection_records.read_record(session, story.round, AFTER)
        said += [text for letter in story.letters() for text in (letter.subject, letter.text, letter.html)]
        for language in languages:
            data = no_objection_records.write_record(session, record, language)
            said += [paragraph.text for paragraph in engine.read_draft(data).paragraphs]
        session.rollback()
    assert len(said) > 100
    assert [text for text in said if FORBIDDEN.search(text)] == []
