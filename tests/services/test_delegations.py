"""Parts given to a colleague without an account: the letter, what the colleague may do, how it ends."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from consult.errors import ConsultError, Invalid, NotFound, Refused
from consult.models import (
    AuditEntry,
    Comment,
    Delegation,
    DelegationLink,
    DelegationVisit,
    Duty,
    OutboxLetter,
)
from consult.rules.permissions import Actor, Facts
from consult.services import comments, deadlines, delegated_words, delegations, desks, outbox, parts
from consult.services.comments import Words
from consult.services.delegations import Colleague
from consult.services.layouts import Layout, read_layout
from consult.services.reading import Reader, list_rows
from tests.conftest import BASE_URL
from tests.factories import DEADLINE
from tests.story import DURING, Story, a_story

UNTIL = DURING + timedelta(days=4)
ANA = Colleague("Ana Rusu", "Ana@example.org", "fr", "Look at the numbers, please.")


@pytest.fixture
def story(session: Any, storage: Any) -> Story:
    return a_story(session, storage)


def layout_of(story: Story) -> Layout:
    return read_layout(story.session, story.draft.id)


def given(
    story: Story,
    first: str = "3",
    last: str = "4",
    *,
    until: datetime = UNTIL,
    colleague: Colleague = ANA,
    organisation: str = "moldova",
) -> Delegation:
    layout, found = layout_of(story), getattr(story, organisation)
    return delegations.give(
        story.session, story.round, found, layout, colleague, until=until, base_url=BASE_URL,
        part=delegations.choose_part(layout, first=first, last=last), by=story.actor(organisation),
        person=story.people[organisation], now=DURING,
    )  # fmt: skip


def token_in(letter: OutboxLetter) -> str:
    return str(re.search(r"/parts/open/(\S+)", letter.text).group(1))  # type: ignore[union-attr]


def opened(story: Story, delegation: Delegation, now: datetime = DURING) -> Actor:
    """Open the link of the latest letter, as the colleague does, and return who that then is."""
    _, visit = parts.open_link(story.session, token=token_in(story.letters("delegation")[-1]), now=now)
    found = parts.find_holding(story.session, delegation_id=delegation.id, token=visit, now=now)
    assert found is not None
    return found.actor


def written(story: Story, by: Actor, words: Words, form_key: str = "") -> Comment:
    return parts.write_comment(
        story.session, story.round, layout_of(story), words, author_id=story.people["moldova"].id,
        form_key=form_key, by=by, now=DURING,
    )  # fmt: skip


def held(story: Story, now: datetime = DURING) -> list[delegations.Held]:
    return delegations.list_held(story.session, story.round, story.moldova.id, now)


# ---- giving ---------------------------------------------------------------------------------------------------------


def test_the_letter_is_in_the_language_chosen_and_only_the_digest_of_its_link_is_kept(story: Story) -> None:
    delegation = given(story)
    (letter,) = story.letters("delegation")
    assert (letter.recipient, letter.recipient_name, letter.round_id) == ("ana@example.org", "Ana Rusu", story.round.id)
    assert "Look at the numbers, please." in letter.text
    assert "9 nov. 2026" in letter.text
    kept = story.session.query(DelegationLink).one()
    assert token_in(letter) not in (kept.token_digest, letter.key, letter.message_id)
    assert (delegation.first_number, delegation.last_number) == ("3", "4")


def test_the_text_of_a_letter_that_went_out_is_not_kept(story: Story) -> None:
    given(story)
    letter = outbox.claim_letter(story.session, now=DURING)
    assert letter is not None
    outbox.mark_sent(story.session, letter.id, letter.attempts, now=DURING)
    assert (letter.text, letter.html) == ("", "")


def test_a_section_is_given_by_its_heading_and_a_range_by_its_numbers(story: Story) -> None:
    layout = layout_of(story)
    tasks = next(h for h in layout.headings if h.line.text == "Tasks")
    assert delegations.choose_part(layout, section=tasks.line.number) == (tasks.start, tasks.end - 1)
    assert delegations.choose_part(layout, first="2", last="4") == (1, 3)
    assert delegations.choose_part(layout, first="2") == (1, 1)
    for wrong in ({}, {"section": "2"}, {"first": "999"}, {"first": "4", "last": "2"}, {"first": "2", "last": "x"}):
        with pytest.raises(Invalid):
            delegations.choose_part(layout, **wrong)


def test_the_time_must_be_to_come_and_before_the_deadline(story: Story) -> None:
    zone = story.moldova.time_zone
    assert delegations.until_from(story.round, story.moldova.id, "2026-11-20T12:00", zone, DURING) < DEADLINE
    for wall in ("2026-11-01T12:00", "2026-11-28T12:00", "soon"):
        with pytest.raises(Invalid):
            delegations.until_from(story.round, story.moldova.id, wall, zone, DURING)
    with pytest.raises(Invalid):  # at the deadline itself, 16:00 UTC
        delegations.until_from(story.round, story.moldova.id, "2026-11-27T18:00", zone, DURING)


@pytest.mark.parametrize(
    "wrong", [{"name": " "}, {"email": "ana"}, {"email": "a@b.org, c@d.org"}, {"language": "xx"}, {"note": "x" * 5000}]
)
def test_what_cannot_be_used_is_said_and_nothing_is_given(story: Story, wrong: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        given(story, colleague=replace(ANA, **wrong))
    assert story.letters("delegation") == []


def test_the_same_part_is_not_given_twice_to_one_address_and_nothing_after_the_closing(story: Story) -> None:
    given(story)
    with pytest.raises(Refused, match="holds these paragraphs already"):
        given(story, colleague=replace(ANA, email="ANA@example.org "))
    deadlines.close_round(
        story.session, story.round, base_url=BASE_URL, by=story.actor("lead"), now=DURING, reason="Enough."
    )
    with pytest.raises(Refused):
        given(story, "2", "2")


# ---- the colleague --------------------------------------------------------------------------------------------------


def test_a_link_may_be_opened_again_until_the_time_is_over(story: Story) -> None:
    delegation = given(story)
    first, second = opened(story, delegation), opened(story, delegation)
    assert first == second
    assert delegation.opened_at == DURING
    with pytest.raises(Refused, match="time you were given"):
        opened(story, delegation, now=UNTIL)
    with pytest.raises(Refused):
        parts.open_link(story.session, token="guessed", now=DURING)


def test_a_visit_is_of_one_delegation_and_ends_with_leaving(story: Story) -> None:
    delegation, other = given(story), given(story, "2", "2")
    _, visit = parts.open_link(story.session, token=token_in(story.letters("delegation")[0]), now=DURING)

    def who(number: int, now: datetime = DURING) -> Actor | None:
        found = parts.find_holding(story.session, delegation_id=number, token=visit, now=now)
        return found.actor if found is not None else None

    assert who(delegation.id) is not None
    assert who(other.id) is None
    assert who(delegation.id, DURING + parts.VISIT_LASTS) is None
    parts.leave(story.session, token=visit, now=DURING)
    assert who(delegation.id) is None


def test_the_colleague_sees_the_organisations_comments_on_the_part_and_no_others(story: Story) -> None:
    delegation = given(story)
    inside = story.comment("moldova", on="within two working days", reason="Ours, in the part.")
    story.comment("moldova", on="to prevent and to combat", reason="Ours, elsewhere.")
    story.comment("moldova", reason="Ours, on the whole draft.")
    theirs = story.comment("kosovo", on="within two working days", reason="Theirs, in the part.")
    story.hand_in("kosovo")
    story.round.visibility = "open"
    reader = Reader(story.round, opened(story, delegation), Facts(visibility="open"))
    everywhere = [None, *(line.id for line in layout_of(story).lines)]
    assert [row.id for row in list_rows(story.session, reader, everywhere)] == [inside.id]
    assert theirs.submission_id is not None


def test_what_the_colleague_writes_is_signed_by_name_and_the_focal_point_clears_it(story: Story) -> None:
    delegation = given(story)
    ana = opened(story, delegation)
    comment = written(story, ana, Words("3", reason="Too long.", wording="Each mission informs within one day."))
    assert (comment.submission_id, comment.organisation_id) == (None, story.moldova.id)
    assert (comment.author_id, comment.author_name) == (story.people["moldova"].id, "Ana Rusu")
    reader = Reader(
        story.round, story.actor("moldova"), Facts(places={story.moldova.id: "consulted"}, is_circulated=True)
    )
    (row,) = list_rows(story.session, reader, [comment.paragraph_id])
    assert row.author == "Ana Rusu"
    assert desks.clear(story.session, story.round, [comment], by=story.actor("moldova"), now=DURING) == 1
    entry = story.session.query(AuditEntry).filter_by(action="comment.write").one()
    assert entry.actor == f"delegation:{delegation.id}"
    assert "ana@" not in str([e.facts for e in story.session.query(AuditEntry)])


def test_a_form_sent_twice_is_one_comment(story: Story) -> None:
    ana = opened(story, given(story))
    first = written(story, ana, Words("3", reason="Once."), form_key="k")
    assert written(story, ana, Words("3", reason="Once."), form_key="k").id == first.id
    assert written(story, ana, Words("3", reason="Once, and more."), form_key="k").reason == "Once, and more."


def test_nothing_can_be_written_outside_the_part(story: Story) -> None:
    ana = opened(story, given(story))
    for number in ("", "1", "2", "5", "999"):
        with pytest.raises(NotFound):
            written(story, ana, Words(number, reason="x"))
    comment = written(story, ana, Words("3", reason="x"))
    with pytest.raises(NotFound):
        parts.change_comment(
            story.session, story.round, layout_of(story), comment, Words("2", reason="y"), version=1, by=ana, now=DURING
        )
    assert story.session.query(Comment).count() == 1


def test_the_colleague_changes_only_what_they_wrote(story: Story) -> None:
    delegation = given(story)
    ana = opened(story, delegation)
    ours = story.comment("moldova", on="within two working days", reason="Of the focal point.")
    own = written(story, ana, Words("3", reason="Mine."))
    assert ana.part is not None
    assert parts.get_comment(story.session, ana.part, own.id) is own
    for number in (ours.id, 1):
        with pytest.raises(NotFound):
            parts.get_comment(story.session, ana.part, number)
    ben = opened(story, given(story, colleague=replace(ANA, name="Ben", email="ben@example.org")))
    assert ben.part is not None
    with pytest.raises(NotFound):
        parts.get_comment(story.session, ben.part, own.id)


def test_two_who_change_one_comment_are_told(story: Story) -> None:
    ana = opened(story, given(story))
    own = written(story, ana, Words("3", reason="Mine."))
    comments.change_comment(
        story.session, story.round, own, Words("3", reason="Edited."), version=1,
        by=story.actor("moldova"), now=DURING,
    )  # fmt: skip
    with pytest.raises(Refused, match="while you were writing"):
        parts.change_comment(
            story.session, story.round, layout_of(story), own, Words("3", reason="Mine, better."), version=1, by=ana,
            now=DURING,
        )  # fmt: skip
    assert own.reason == "Edited."


# ---- how it ends ----------------------------------------------------------------------------------------------------


def refusal(story: Story, delegation: Delegation, now: datetime = DURING, reading: bool = False) -> str:
    standing = delegations.standing_of(story.session, delegation, now)
    check = parts.check_reading if reading else parts.check_writing
    try:
        check(standing, delegation)
    except Refused as error:
        return error.message
    return ""


def test_a_part_that_is_taken_back_is_refused_at_once_and_nothing_written_is_lost(story: Story) -> None:
    delegation = given(story)
    ana = opened(story, delegation)
    own = written(story, ana, Words("3", reason="Saved."))
    delegated_words.keep(
        story.session, delegation_id=delegation.id, place="new:4", words={"reason": "Not saved."}, now=DURING
    )
    assert refusal(story, delegation) == ""
    token = token_in(story.letters("delegation")[0])
    delegations.take_back(story.session, delegation, by=story.actor("moldova"), now=DURING)
    assert "has taken this part back" in refusal(story, delegation)
    assert "has taken this part back" in refusal(story, delegation, reading=True)
    with pytest.raises(Refused, match="has taken this part back"):
        parts.open_link(story.session, token=token, now=DURING)
    assert [c.id for c in comments.list_own(story.session, story.round, story.moldova.id)] == [own.id]
    (kept,) = delegated_words.list_kept(story.session, delegation_id=delegation.id)
    assert kept.words == {"reason": "Not saved."}
    with pytest.raises(Refused):
        delegations.prolong(
            story.session, delegation, until=UNTIL, base_url=BASE_URL, by=story.actor("moldova"), now=DURING
        )


def test_a_letter_that_waits_is_not_sent_after_taking_back_and_says_nothing_any_more(story: Story) -> None:
    delegation = given(story)
    delegations.take_back(story.session, delegation, by=story.actor("moldova"), now=DURING)
    story.session.expire_all()
    (letter,) = story.letters("delegation")
    assert (letter.state, letter.text, letter.html) == ("cancelled", "", "")
    assert story.tick(DEADLINE - timedelta(hours=1)) > 0
    assert len(story.letters("delegation")) == 1


def test_prolonging_gives_time_again_with_a_new_link_and_the_old_one_works_too(story: Story) -> None:
    delegation = given(story)
    first = token_in(story.letters("delegation")[0])
    late = UNTIL + timedelta(hours=1)
    assert "is over" in refusal(story, delegation, late)
    later = UNTIL + timedelta(days=2)
    delegations.prolong(story.session, delegation, until=later, base_url=BASE_URL, by=story.actor("moldova"), now=late)
    assert refusal(story, delegation, late) == ""
    tokens = [token_in(letter) for letter in story.letters("delegation")]
    assert (len(tokens), len(set(tokens)), tokens[0]) == (2, 2, first)
    for token in tokens:
        assert parts.open_link(story.session, token=token, now=late)[0] is delegation


def test_the_hand_in_and_the_closing_end_writing_and_not_reading(story: Story) -> None:
    delegation = given(story)
    story.hand_in("moldova", position="no comments")
    assert "has handed in" in refusal(story, delegation)
    assert refusal(story, delegation, reading=True) == ""
    later = DURING + timedelta(minutes=1)
    delegations.prolong(story.session, delegation, until=UNTIL, base_url=BASE_URL, by=story.actor("moldova"), now=later)
    assert refusal(story, delegation, later) == ""
    deadlines.close_round(
        story.session, story.round, base_url=BASE_URL, by=story.actor("lead"), now=later, reason="Enough."
    )
    assert "round is closed" in refusal(story, delegation, later)
    assert refusal(story, delegation, later, reading=True) == ""


def test_who_is_done_says_so_once_and_may_go_on(story: Story) -> None:
    delegation = given(story)
    ana = opened(story, delegation)
    for _ in range(2):
        parts.finish(story.session, delegation, by=ana, now=DURING)
    assert [h.standing for h in held(story)] == ["done"]
    assert "you are done" in refusal(story, delegation)
    parts.resume(story.session, delegation, by=ana, now=DURING)
    assert refusal(story, delegation) == ""
    acts = [e.action for e in story.session.query(AuditEntry) if e.object_kind == "delegation"]
    assert acts == ["delegation.give", "delegation.open", "delegation.done", "delegation.resume"]


def test_the_focal_point_sees_who_holds_what_until_when_and_how_far_it_is(story: Story) -> None:
    delegation = given(story)
    assert [(h.standing, h.comments, h.written_at, h.letter) for h in held(story)] == [("open", 0, None, "queued")]
    written(story, opened(story, delegation), Words("3", reason="One."))
    (letter,) = story.letters("delegation")
    outbox.claim_letter(story.session, now=DURING)
    outbox.fail(story.session, letter.id, letter.attempts, fault="refused", answer="550 no such user", now=DURING)
    (found,) = held(story)
    assert (found.comments, found.written_at, found.letter, found.answer) == (1, DURING, "failed", "550 no such user")
    assert [h.standing for h in held(story, UNTIL)] == ["over"]
    assert delegations.list_held(story.session, story.round, story.kosovo.id, DURING) == []
    for organisation in (story.kosovo, story.lead):
        with pytest.raises(NotFound):
            delegations.get_delegation(story.session, story.round, organisation.id, delegation.id)


# ---- reminding, restoring -------------------------------------------------------------------------------------------


def reminders(story: Story) -> list[OutboxLetter]:
    return story.letters("delegation")[1:]


def test_one_reminder_comes_a_day_before_the_time(story: Story) -> None:
    given(story)
    story.tick(UNTIL - timedelta(days=1, seconds=1))
    assert reminders(story) == []
    for hours in (24, 12, 1, -1):
        story.tick(UNTIL - timedelta(hours=hours))
    (letter,) = reminders(story)
    assert letter.recipient == "ana@example.org"
    assert parts.open_link(story.session, token=token_in(letter), now=DURING)


@pytest.mark.parametrize("end", ["done", "taken back", "handed in", "over"])
def test_no_reminder_comes_when_there_is_nothing_to_remind_of(story: Story, end: str) -> None:
    delegation = given(story)
    if end == "done":
        parts.finish(story.session, delegation, by=opened(story, delegation), now=DURING)
    elif end == "taken back":
        delegations.take_back(story.session, delegation, by=story.actor("moldova"), now=DURING)
    elif end == "handed in":
        story.hand_in("moldova", position="no comments")
    story.tick(UNTIL if end == "over" else UNTIL - timedelta(hours=1))
    assert reminders(story) == []


def test_a_delegation_does_not_take_the_reminder_of_the_round_away(story: Story) -> None:
    given(story, until=DEADLINE - timedelta(days=1))
    story.tick(DEADLINE - timedelta(days=2))
    assert story.recipients("reminder") == ["kosovo", "moldova"]
    assert len(reminders(story)) == 1
    planned = story.session.query(Duty).filter(Duty.key.startswith("delegation:")).one()
    assert (planned.organisation_id, planned.state) == (None, "done")


def test_after_a_restore_no_link_and_no_visit_works_until_the_part_is_prolonged(story: Story) -> None:
    delegation = given(story)
    opened(story, delegation)
    delegations.revoke_all(story.session, now=DURING)
    story.session.expire_all()
    assert story.session.query(DelegationVisit).filter_by(revoked_at=None).count() == 0
    with pytest.raises(Refused, match=r"Ask .* for a new one"):
        opened(story, delegation)
    delegations.prolong(
        story.session, delegation, until=UNTIL, base_url=BASE_URL, by=story.actor("moldova"), now=DURING
    )
    assert opened(story, delegation).part is not None


def test_no_more_than_so_many_parts_are_given(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delegations, "MOST", 2)
    for number in ("1", "2"):
        given(story, number, number)
    with pytest.raises(ConsultError, match="2 parts"):
        given(story, "3", "3")
