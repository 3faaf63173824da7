"""Parts given to a colleague in the small world: one that is being written, one that was taken back."""

from datetime import datetime, timedelta
from typing import Any

from consult import clock
from consult.models import Delegation
from consult.services import delegated_words, delegations, layouts, parts
from consult.services.comments import Words
from consult.services.delegations import Colleague
from consult.web.guards import COOKIE
from tests.conftest import BASE_URL
from tests.story import Story

# As in tests/pages.py.
PAGES = {
    "delegations.index": (("focal point", "/rounds/{open}/delegations"), ("other", "/rounds/{open}/delegations")),
    "parts.show_link": (("anonymous", "/parts/open/{part_link}"),),
    "parts.show": (("colleague", "/parts/{part}"),),
    "parts.new": (("colleague", "/parts/{part}/comments/new?paragraph=3"),),
    "parts.edit": (("colleague", "/parts/{part}/comments/{part_comment}"),),
    "parts.words": (("colleague", "/parts/{part}/words"), ("colleague", "/parts/{part_back}/words")),
}
NOT_PAGES = {"parts.picture": "a picture"}
REFUSALS = {
    "a part taken back": (409, "colleague", "/parts/{part_back}"),
    "a part not opened here": (403, "contributor", "/parts/{part}"),
}


def give_part(story: Story, first: str, last: str, now: datetime, **colleague: str) -> tuple[Delegation, str]:
    """Give a part as Moldova's focal point does; return it with the token of its link."""
    layout = layouts.read_layout(story.session, story.draft.id)
    given = delegations.give(
        story.session, story.round, story.moldova, layout,
        Colleague(**{"name": "Ana Rusu", "email": "ana@example.org", "language": "en", **colleague}),
        part=delegations.choose_part(layout, first=first, last=last), until=now + timedelta(days=6),
        base_url=BASE_URL, by=story.actor("moldova"), person=story.people["moldova"], now=now,
    )  # fmt: skip
    return given, story.letters("delegation")[-1].text.partition("/parts/open/")[2].split()[0]


def fill_parts(story: Story, now: datetime) -> tuple[dict[str, Any], dict[str, str]]:
    """Let a colleague write on a part, and take another one back; return names for addresses, and the cookies."""
    given, link = give_part(story, "3", "5", now)
    given.note = "Please look at the days.\nThank you."
    visits = {given.id: _open(story, link)}
    actor = parts.actor_of(given)
    layout = layouts.read_layout(story.session, story.draft.id)
    made = parts.write_comment(
        story.session, story.round, layout, Words("5", reason="How short?", type="technical"), form_key="",
        by=actor, author_id=story.people["moldova"].id, now=now,
    )  # fmt: skip
    delegated_words.keep(
        story.session, delegation_id=given.id, place="new:4", words={"paragraph": "4", "reason": "Not yet."}, now=now
    )
    back, its_link = give_part(story, "8", "8", now, name="Ben Lupu", email="ben@example.org")
    visits[back.id] = _open(story, its_link)
    delegations.take_back(story.session, back, by=story.actor("moldova"), now=now)
    names = {"part": given.id, "part_link": link, "part_comment": made.id, "part_back": back.id}
    return names, {f"{COOKIE}_part_{number}": visit for number, visit in visits.items()}


def _open(story: Story, link: str) -> str:
    return parts.open_link(story.session, token=link, now=clock.now())[1]
