"""Transmittals for tests: bodies, a round whose decisions are released, a package of real files or of a few bytes."""

import re
from datetime import datetime
from typing import Any

from consult.models import Body, OutboxLetter, Transmittal
from consult.services import bodies, dispositions, packages, recipients, rounds, transmittals
from consult.services.bodies import Entry
from consult.services.packages import Cover, Package, Packed
from consult.services.recipients import Limits
from tests import factories
from tests.conftest import BASE_URL
from tests.story import AFTER, Story, two_conflicting

COVER = Cover(
    "SEC.GAL/116/26/Rev.1", "Original: ENGLISH", "RESTRICTED", "Please find enclosed the text.\n\nВесьма срочно."
)
LIMITS = Limits(BASE_URL, 90, 15 * 1024 * 1024)


def decided(story: Story, *, finish: bool = True) -> Story:
    """Let both missions comment, decide on everything so that nothing contradicts, and finish the round."""
    two_conflicting(story)
    for item in dispositions.list_numbered(story.session, story.round):
        decision = "accepted" if "prevent and combat" in (item.comment.proposed_text or "") else "noted"
        dispositions.decide(
            story.session, story.round, item.comment, decision=decision, reason="So agreed.", wording="",
            duplicate_of=0, version=0, by=story.actor("lead"), person=story.people["lead"], now=AFTER,
        )  # fmt: skip
    story.round.stage, story.round.closed_at = "consolidated", AFTER
    story.session.flush()
    if finish:
        rounds.finish(story.session, story.round, base_url=BASE_URL, by=story.actor("lead"), now=AFTER)
    return story


def second_person(story: Story) -> None:
    """Give the lead another focal point, under the name "second"."""
    story.people["second"] = factories.a_person(story.session, organisation=story.lead)


def a_body(story: Story, name: str = "ODIHR", *, delivery: str = "links", language: str = "en", **more: Any) -> Body:
    entry = Entry(name, more.get("addresses", f"{name.lower().replace(' ', '.')}@example.org"), language, delivery)
    return bodies.add_body(story.session, entry, by=story.actor("lead"), now=AFTER)


def small_package(now: datetime) -> Package:
    """Return a package whose files are a few bytes: what is in them does not matter."""
    named = [name for name in list(packages.TITLES)[:8] if name != packages.MANIFEST]
    files = [Packed(name, packages.TEXT, name.encode()) for name in named]
    told = {"files": [{"name": f.name, "sha256": f.sha256} for f in files if f.name != packages.MANIFEST_TEXT]}
    files.append(Packed(packages.MANIFEST, packages.JSON, packages.as_json(told)))
    return Package(tuple(files), packages.zip_of({file.name: file.data for file in files}), now)


def prepared(
    story: Story,
    *,
    by: str = "lead",
    cover: Cover = COVER,
    replaces: int = 0,
    real: bool = False,
    now: datetime = AFTER,
) -> Transmittal:
    basis = transmittals.read_basis(story.session, story.storage, story.round, replaces_id=replaces)
    package = packages.make_package(basis, cover, by="Mission to Serbia", now=now) if real else small_package(now)
    return transmittals.keep_transmittal(
        story.session, story.storage, story.round, basis=basis, cover=cover, package=package, replaces_id=replaces,
        by=story.actor(by), person=story.people[by], now=now,
    )  # fmt: skip


def confirmed(story: Story, one: Transmittal, *, by: str = "second", now: datetime = AFTER) -> bool:
    return transmittals.confirm(
        story.session, story.storage, one, one.package_sha256[:8], by=story.actor(by), person=story.people[by], now=now
    )


def sent(story: Story, one: Transmittal, *chosen: Body, limits: Limits = LIMITS, now: datetime = AFTER) -> int:
    return recipients.send(
        story.session, story.storage, one, {body.id for body in chosen}, limits=limits, by=story.actor("lead"), now=now
    )


def fill_transmittals(story: Story, now: datetime) -> dict[str, Any]:
    """Send one transmittal and let another wait for the co-lead; return what the addresses of the pages are filled with."""
    story.people["second"] = story.people["bosnia"]
    body = a_body(story)
    a_body(story, "Conflict Prevention Centre", delivery="both", language="ru")
    one = prepared(story, now=now)
    confirmed(story, one, now=now)
    sent(story, one, body, now=now)
    token = token_in(story.letters("transmittal")[-1])
    recipients.take_file(
        story.session,
        story.storage,
        recipients.get_by_token(story.session, token, now=now),
        "2-clean-text.docx",
        now=now,
    )
    other = prepared(story, replaces=one.id, now=now)
    return {"transmittal": one.id, "correction": other.id, "body": body.id, "transmitted": token}


def token_in(letter: OutboxLetter) -> str:
    found = re.search(r"/transmitted/(\S+)", letter.text)
    assert found
    return found.group(1)
