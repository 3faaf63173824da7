"""No-objection rounds for tests: announced on a planned round of a story, answered, ended."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from consult.models import NoObjection, NoObjectionAnswer
from consult.services import deadlines, invitations, no_objection_announcements, no_objections
from consult.services.no_objection_announcements import Terms
from consult.services.no_objections import Words
from tests.conftest import BASE_URL
from tests.story import Story, a_story

ZONE = "Europe/Belgrade"
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


def wall(instant: datetime) -> str:
    return instant.astimezone(ZoneInfo(ZONE)).strftime("%Y-%m-%dT%H:%M")


def announce(
    story: Story, *, now: datetime, expires: datetime, starts: datetime | None = None, **terms: Any
) -> NoObjection:
    """Announce as the lead does. Whoever takes part in the consultation already takes part as it does."""
    taking_part = [p for p in story.round.consultation.participations if p.place != "lead"]
    places = {
        p.organisation_id: p.place for p in taking_part if invitations.focal_points_of(story.session, p.organisation)
    }
    text = story.storage.read(story.draft.file_sha256)  # the gate, which takes a second, has its own test
    told: dict[str, Any] = {"invitation": "Please look at it.", "text_in_letters": True, "places": places} | terms
    return no_objection_announcements.announce(
        story.session, story.storage, story.round,
        Terms(wall=wall(expires), zone=ZONE, starts=wall(starts) if starts else "", **told),
        frozen=text, by=story.actor("lead"), person=story.people["lead"], reminder_days=(5, 2), base_url=BASE_URL, now=now,
    )  # fmt: skip


def a_silence(session: Any, storage: Any, *, now: datetime, expires: datetime, **more: Any) -> Story:
    """Make a story whose round is announced as a no-objection round."""
    story = a_story(session, storage, circulated=False)
    announce(story, now=now, expires=expires, **more)
    return story


def answer(story: Story, name: str, kind: str, *, now: datetime, form_key: str = "", **words: Any) -> NoObjectionAnswer:
    """Answer for a mission as its focal point does on the page."""
    return no_objections.answer(
        story.session, story.round, Words(kind, **words), organisation_id=getattr(story, name).id,
        person=story.people[name], form_key=form_key, base_url=BASE_URL, by=story.actor(name), now=now,
    )  # fmt: skip


def amend(story: Story, name: str, *, now: datetime, **more: Any) -> NoObjectionAnswer:
    paragraph = story.paragraph("within two working days")
    wording = paragraph.text.replace("two working days", "one working day")
    return answer(story, name, "amendment", now=now, paragraph=paragraph.number, wording=wording, **more)


# ---- for the world of all pages -------------------------------------------------------------------------------------


def _asking(story: Story, now: datetime) -> None:
    """One has agreed; it still runs."""
    announce(story, now=now - DAY, expires=now + 9 * DAY)
    answer(story, "kosovo", "concur", now=now - DAY)


def _broken(story: Story, now: datetime) -> None:
    """Broken by an amendment; one objected a second later, one had agreed before."""
    announce(story, now=now - 3 * DAY, expires=now - DAY)
    answer(story, "kosovo", "concur", now=now - 2 * DAY)
    amend(story, "moldova", now=now - 2 * DAY, text="Two days are long.")
    answer(story, "kosovo", "objection", text="Then we object, too.", now=now - 2 * DAY + SECOND)


def _unbroken(story: Story, now: datetime) -> None:
    """The time has run out; one came too late."""
    announce(story, now=now - 3 * DAY, expires=now - DAY)
    while deadlines.carry_out_due_duty(story.session, base_url=BASE_URL, now=now - DAY + timedelta(minutes=1)):
        continue
    answer(story, "moldova", "objection", text="We are late, and object.", now=now)


STAGES: Mapping[str, Callable[[Story, datetime], None]] = {
    "asking": _asking, "broken": _broken, "unbroken": _unbroken,
}  # fmt: skip
