"""Consolidating: everything handed in and nothing else, the same bytes for the same state, no person's name."""

import io
import re
import zipfile
from typing import Any

import pytest

from consult import engine
from consult.errors import Refused
from consult.models import AuditEntry, Consolidation
from consult.services import consolidations, matrices
from consult.services.files import read_file
from tests.conftest import BASE_URL
from tests.factories import DEADLINE
from tests.story import AFTER, DURING, Story, a_story, two_conflicting

BOTH = "Mission in Kosovo; Mission to Moldova"


@pytest.fixture
def story(session: Any, storage: Any) -> Story:
    made = a_story(session, storage)
    two_conflicting(made)
    made.comment("moldova", reason="ZXQV-SECRET, never handed in.")
    return made


def consolidate(story: Story) -> Consolidation:
    snapshot = consolidations.take_snapshot(story.session, story.storage, story.round)
    made = engine.consolidate(snapshot.draft, snapshot.contributions, date=snapshot.date)
    return keep(story, snapshot, made)


def keep(story: Story, snapshot: Any, made: engine.Consolidation) -> Consolidation:
    return consolidations.keep_consolidation(
        story.session, story.storage, story.round, snapshot, made, base_url=BASE_URL, by=story.actor("lead"),
        person=story.people["lead"], now=AFTER,
    )  # fmt: skip


def parts(data: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return {name: package.read(name).decode("utf-8", "replace") for name in package.namelist()}


def test_the_file_names_organisations_and_never_people_and_nothing_that_was_not_handed_in(story: Story) -> None:
    story.tick(DEADLINE)
    data = read_file(story.session, story.storage, consolidate(story).docx_sha256)
    written = parts(data)
    authors = set(re.findall(r'w:author="([^"]*)"', "".join(written.values())))
    assert authors == {"Mission in Kosovo", "Mission to Moldova", BOTH, "Consolidation"}
    whole = "".join(written.values())
    assert "Two days are long." in whole
    for secret in ("ZXQV-SECRET", *(p.name for p in story.people.values()), *(p.email for p in story.people.values())):
        assert secret not in whole


def test_accepting_one_missions_changes_gives_its_own_text(story: Story) -> None:
    story.tick(DEADLINE)
    data = read_file(story.session, story.storage, consolidate(story).docx_sha256)
    texts = [p.text for p in engine.read_draft(engine.resolve(data, {"Mission to Moldova"})).paragraphs]
    assert "Each mission informs the co-ordinator without delay." in texts
    assert any("to prevent and combat trafficking" in text for text in texts)


def test_the_report_counts_what_is_in_the_file(story: Story) -> None:
    story.tick(DEADLINE)
    report = consolidate(story).report
    assert [conflict["organisations"] for conflict in report["conflicts"]] == [
        ["Mission in Kosovo", "Mission to Moldova"]
    ]
    assert [edit["old"] for edit in report["edits"] if len(edit["organisations"]) == 2] == ["to "]
    assert sorted(edit["old"] for edit in report["edits"]) == ["days", "to ", "two", "within two working days"]
    assert len(report["comments"]) == 2
    assert {c["organisation"]: (c["found"], c["placed"]) for c in report["copies"]} == {
        "Mission in Kosovo": (3, 3), "Mission to Moldova": (2, 2),
    }  # fmt: skip


def test_consolidating_twice_from_one_state_gives_the_same_file_and_one_letter(story: Story) -> None:
    story.tick(DEADLINE)
    first, second = consolidate(story), consolidate(story)
    assert first.id == second.id
    assert story.recipients("consolidated") == ["lead"]
    assert story.round.stage == "consolidated"


def test_the_date_in_the_file_is_that_of_handing_in_or_closing_and_not_of_today(story: Story) -> None:
    story.tick(DEADLINE)
    data = read_file(story.session, story.storage, consolidate(story).docx_sha256)
    whole = "".join(parts(data).values())
    assert f"{DURING:%Y-%m-%dT%H:%M:%SZ}" in whole
    assert f"{AFTER:%Y-%m-%dT%H:%M:%SZ}" not in whole


def test_what_changed_while_the_file_was_made_is_noticed(story: Story) -> None:
    story.tick(DEADLINE)
    snapshot = consolidations.take_snapshot(story.session, story.storage, story.round)
    made = engine.consolidate(snapshot.draft, snapshot.contributions, date=snapshot.date)
    story.round.stage, story.round.closed_at = "open", None
    story.comment("kosovo", reason="One more.", now=DURING)
    story.hand_in("kosovo", now=DURING)
    story.round.stage = "closed"
    with pytest.raises(Refused, match="changed while"):
        keep(story, snapshot, made)
    assert consolidations.find_latest(story.session, story.round) is None


def test_an_open_round_cannot_be_consolidated(story: Story) -> None:
    with pytest.raises(Refused, match="open"):
        consolidate(story)
    assert story.letters("consolidated") == []


def test_a_round_without_comments_can_be_consolidated_and_gives_the_draft(session: Any, storage: Any) -> None:
    story = a_story(session, storage)
    story.hand_in("moldova", "no comments")
    story.tick(DEADLINE)
    made = consolidate(story)
    assert read_file(session, storage, made.docx_sha256) == storage.read(story.draft.file_sha256)
    assert matrices.make_matrix(session, story.round)[1] == ()


def test_the_audit_number_kept_is_the_last_one_that_went_into_the_file(story: Story) -> None:
    story.tick(DEADLINE)
    last = max(e.number for e in story.session.query(AuditEntry))
    assert consolidate(story).audit_number == last
