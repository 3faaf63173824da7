"""A small world for tests that look at all pages: a round in every stage, somebody in every role, and every page there is.

A new page goes into tests/pages.py. Names in braces there are in `World.names`; give new things a name.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from flask import Flask
from flask.testing import FlaskClient

from consult import clock, engine
from consult.models import Organisation, Participation, Person, db
from consult.phrases import say
from consult.services import (
    added_answers,
    carrying,
    consolidations,
    dispositions,
    exports,
    extensions,
    invitations,
    people,
    proofs,
    returned_copies,
    rounds,
    visibility,
)
from consult.unit_of_work import unit_of_work
from consult.web.guards import COOKIE
from tests import factories, parts, silences
from tests.conftest import BASE_URL, make_app
from tests.engine.specimens import edit, specimen_draft, tracked_copy
from tests.filling import a_matrix_given_back
from tests.following import follow
from tests.mailed import fill_mails, keep_late
from tests.pages import PAGES
from tests.story import Story
from tests.transmitting import fill_transmittals

# What has no endpoint of its own: name -> (status, role, address).
REFUSALS = {
    "nothing there": (404, "contributor", "/rounds/999/document"),
    "not for them": (403, "contributor", "/rounds/{open}/board"),
    "too late": (409, "contributor", "/rounds/{past}/comments/new"),
    **parts.REFUSALS,
}
# What a form answers: name -> (role, address, what is filled in, the button).
ANSWERS: dict[str, tuple[str, str, tuple[tuple[str, str], ...], str]] = {
    "link sent": ("anonymous", "/sign-in", (("#email", "somebody@example.org"),), "main button"),
    "link used up": ("anonymous", "/sign-in/0", (), "main button"),
}
ORGANISATIONS = (
    ("lead", "SAM", "Mission to Serbia and Montenegro", "Europe/Belgrade"),
    ("bosnia", "BIH", "Mission to Bosnia and Herzegovina", "Europe/Sarajevo"),
    ("moldova", "MDA", "Mission to Moldova", "Europe/Chisinau"),
    ("kosovo", "KOS", "Mission in Kosovo", "Europe/Belgrade"),
    ("observer", "ODIHR-GA", "Office for Democratic Institutions and Human Rights, Gender Adviser", "Europe/Warsaw"),
    ("nobody", "ALB", "Presence in Albania", "Europe/Tirane"),
)
# role -> (organisation, role there)
ROLES = {
    "newcomer": ("", ""),
    "administrator": ("", ""),
    "contributor": ("moldova", "contributor"),
    "focal point": ("moldova", "focal point"),
    "other": ("kosovo", "focal point"),
    "lead": ("lead", "focal point"),
    "co-lead": ("bosnia", "focal point"),
    "observer": ("observer", "focal point"),
}


class Visit(NamedTuple):
    """Something to look at: which page, who opens it, where, and what is done there before it is looked at."""

    name: str
    role: str
    address: str
    filled: tuple[tuple[str, str], ...] = ()
    button: str = ""

    @property
    def is_refused(self) -> bool:
        """Whether the answer is no."""
        return self.name in REFUSALS or self.name == "link used up"

    def __str__(self) -> str:
        return f"{self.name}-{self.role}-{self.address}"


def visits() -> list[Visit]:
    """Return everything there is to look at."""
    pages = [Visit(name, *place) for name, places in PAGES.items() for place in places]
    refusals = [Visit(name, role, address) for name, (_, role, address) in REFUSALS.items()]
    return [*pages, *refusals, *(Visit(name, *answer) for name, answer in ANSWERS.items())]


@dataclass
class World:
    """The app, who is in it, and what the addresses in PAGES are filled with."""

    app: Flask
    now: datetime
    organisations: dict[str, int] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)
    names: dict[str, Any] = field(default_factory=dict)
    part_cookies: dict[str, str] = field(default_factory=dict)

    def address(self, template: str) -> str:
        """Return an address with the names filled in."""
        return template.format(**self.names)

    def client_of(self, role: str) -> FlaskClient:
        """Return a client that is signed in as somebody."""
        client = self.app.test_client()
        for name, token in self.cookies_of(role).items():
            client.set_cookie(name, token)
        return client

    def cookies_of(self, role: str) -> dict[str, str]:
        """Return the cookies of somebody: of a colleague with a delegated part, those of the parts and no other."""
        if role == "colleague":
            return self.part_cookies
        return {COOKIE: self.session_of(role)} if role != "anonymous" else {}

    def session_of(self, role: str) -> str:
        """Sign somebody in and return what the cookie holds; "" for nobody."""
        if role == "anonymous":
            return ""
        with self.app.app_context(), unit_of_work(db.session) as now:
            token = self._link(role, now)
            return people.consume_link(db.session, token=token, now=now)[0]

    def _link(self, role: str, now: datetime) -> str:
        person = db.session.get_one(Person, self.people[role])
        link = people.make_link(db.session, person=person, base_url=BASE_URL, next_path="", now=now)
        return link.rpartition("/")[2]


def make_world(folder: Path, **settings: Any) -> World:
    """Build everything once: some seconds of work, for a whole run."""
    world = World(make_app(folder, **settings), clock.now())
    with world.app.app_context():
        with unit_of_work(db.session):
            _people_the(world)
        for stage, fill in STAGES.items():
            with unit_of_work(db.session):
                story = _a_round(world, stage)
                world.names[stage] = story.round.id
                fill(world, story)
    return world


def _people_the(world: World) -> None:
    for name, code, title, zone in ORGANISATIONS:
        made = factories.an_organisation(db.session, code=code, name=title, time_zone=zone)
        world.organisations[name] = made.id
    for role, (organisation, kind) in ROLES.items():
        place = db.session.get(Organisation, world.organisations[organisation]) if organisation else None
        person = factories.a_person(db.session, organisation=place, role=kind, administrator=role == "administrator")
        world.people[role] = person.id
    world.names |= {"token": world._link("contributor", world.now), "person": world.people["contributor"]}


def _a_round(world: World, stage: str) -> Story:
    """Return a round of a consultation of its own: open for nine days to come, or closed since yesterday."""
    session, storage = db.session, world.app.extensions["consult.storage"]
    found = {name: session.get_one(Organisation, number) for name, number in world.organisations.items()}
    persons = {role: session.get_one(Person, number) for role, number in world.people.items()}
    of_organisations = {"moldova": "focal point", "kosovo": "other", "bosnia": "co-lead", "observer": "observer"}
    persons |= {organisation: persons[role] for organisation, role in of_organisations.items()}
    round_ = factories.a_round(
        session, storage=storage, data=specimen_draft(), lead=found["lead"],
        consulted=(found["moldova"], found["kosovo"], found["nobody"]), observers=(found["observer"],),
        deadline=world.now + (timedelta(days=9) if stage in ("planned", "open") else -timedelta(days=1)),
        circulated=stage not in ("planned", *silences.STAGES),
    )  # fmt: skip
    round_.consultation.title = f"Guidelines for referring presumed victims ({stage})"
    round_.consultation.reference = "SEC.GAL/116/26/Rev.1"
    round_.consultation.participations.append(Participation(organisation_id=found["bosnia"].id, place="co-lead"))
    session.flush()
    return Story(
        session, storage, round_, found["lead"], found["moldova"], found["kosovo"], found["observer"], persons
    )  # fmt: skip


def with_fresh_rounds(world: World, *stages: str) -> World:
    """Return the same world in which these names mean new rounds, with nothing written in them."""
    fresh = replace(world, names=dict(world.names))
    with world.app.app_context(), unit_of_work(db.session):
        for stage in stages:
            fresh.names[stage] = _a_round(world, stage).round.id
    return fresh


def _before(world: World) -> datetime:
    return world.now - timedelta(days=3)


def _leave(world: World, story: Story) -> None:
    """A planned round is left as it is."""


def _fill_open(world: World, story: Story) -> None:
    """One has written and not handed in, one has handed in; a copy is examined; nobody else has opened anything."""
    now = _before(world)
    story.round.invitation = "Please comment paragraph by paragraph and say why.\nThank you."
    story.comment("moldova", reason="We welcome the draft.", kind="general", now=now)
    made = story.comment("moldova", on="within two working days", change=("two working days", "one working day"),
                         reason="Two days are long.", now=now)  # fmt: skip
    story.comment("moldova", on="Data are kept short", change=("kept short", "kept briefly"), now=now)
    pair = [story.comment("moldova", on="The victim decides", change=change, reason="Clearer.", now=now)
            for change in (("The victim", "The presumed victim"), ("decides", "decides freely"))]  # fmt: skip
    world.names |= {"one": pair[0].id, "two": pair[1].id}
    story.comment("kosovo", on="The victim decides", reason="Presumed victim?", kind="technical", now=now)
    story.hand_in("kosovo", now=now)
    world.names |= {"comment": made.id, "number": story.paragraph("to prevent and to combat").number}
    invitations.invite(story.session, story.round, base_url=BASE_URL, now=now)
    story.session.flush()
    shown, failed, doubtful = story.letters("invitation")[:3]
    world.names["letter"] = shown.id
    failed.state, failed.fault, failed.answer = "failed", "refused", "550 5.1.1 no such person"
    doubtful.state, doubtful.attempts = "unknown", 2
    world.names["copy"] = _examine(story, now)
    world.names["mail"] = fill_mails(story, world.names["copy"], now)
    names, world.part_cookies = parts.fill_parts(story, now)
    world.names |= names
    wanted = extensions.ask(
        story.session, story.round, story.kosovo, wall=f"{world.now + timedelta(days=12):%Y-%m-%dT17:00}",
        why="Our lawyer is away until then.", base_url=BASE_URL, by=story.actor("kosovo"),
        person=story.people["kosovo"], now=now,
    )  # fmt: skip
    world.names["extension"] = wanted.id
    asked = returned_copies.ask_for_reading(
        story.session, story.round, organisation_id=story.moldova.id, filename="another copy.docx", data=b"PK",
        by=story.people["moldova"], now=now,
    )  # fmt: skip
    world.names["job"] = asked.id


def _examine(story: Story, now: datetime) -> int:
    base = story.storage.read(story.draft.file_sha256)
    data = tracked_copy(base, [edit(base, "prevent and to combat", "prevent and combat")], "Somebody")
    return returned_copies.examine_copy(
        story.session, story.storage, story.round, organisation_id=story.moldova.id, filename="returned copy.docx",
        data=data, read=engine.read_returned_copy(data, base, story.moldova.name), by=story.actor("moldova"),
        person=story.people["moldova"], now=now,
    ).id  # fmt: skip


def _fill_past(world: World, story: Story) -> None:
    """Two have handed in and contradict each other; a third stands alone; one has written and missed the deadline."""
    now = _before(world)
    story.comment("moldova", on="within two working days", change=("within two working days", "without delay"),
                  reason="Two days are long.", now=now)  # fmt: skip
    story.comment("moldova", on="to prevent and to combat", change=("and to combat", "and combat"), now=now)
    story.comment("kosovo", on="within two working days", change=("two working days", "one working day"), now=now)
    story.comment("kosovo", on="to prevent and to combat", change=("and to combat", "and combat"), kind="editorial",
                  now=now)  # fmt: skip
    story.comment("kosovo", reason="We welcome the draft.", now=now)
    story.hand_in("moldova", statement="With thanks for a careful draft.", position="concur with comments", now=now)
    story.hand_in("kosovo", now=now)
    story.comment("moldova", reason="Written too late to be handed in.", now=now)
    world.names.setdefault("late", keep_late(story, now))


def _fill_past_with_a_late_answer(world: World, story: Story) -> None:
    """The same, and the deadline has passed: one sends an answer all the same, and one is entered on behalf."""
    _fill_past(world, story)
    world.names["moldova"] = story.moldova.id
    lead = {"by": story.actor("lead"), "person": story.people["lead"], "base_url": BASE_URL, "now": world.now}
    sent = added_answers.send_late(
        story.session, story.round, story.kosovo, along=[], position="cannot concur",
        statement="Our lawyer is back and says no.",
        **{**lead, "by": story.actor("kosovo"), "person": story.people["kosovo"]},
    )  # fmt: skip
    proof = proofs.keep_proof(
        story.session, story.storage, filename="letter.pdf", data=b"%PDF-1.7\nA letter.", now=world.now
    )
    entered = added_answers.enter(
        story.session, story.round, world.organisations["bosnia"], position="concur", statement="", proof=proof,
        note="Letter of the deputy head, received by post.", **lead,
    )  # fmt: skip
    world.names |= {"late answer": sent.id, "entered": entered.id}


def _fill_closed(world: World, story: Story) -> None:
    _close(world, story)
    _ask_for_consolidation(world, story)


def _close(world: World, story: Story) -> None:
    _fill_past(world, story)
    rounds.make_closed(story.session, story.round, base_url=BASE_URL, by=story.actor("lead"), now=world.now)


def _ask_for_consolidation(world: World, story: Story) -> None:
    """The lead has asked for the file, and the worker is in the middle of it."""
    asked = consolidations.ask_for_consolidation(
        story.session, story.round, base_url=BASE_URL, by=story.actor("lead"), person=story.people["lead"],
        now=world.now,
    )  # fmt: skip
    asked.state, asked.attempt, asked.started_at, asked.heartbeat_at = "running", 1, world.now, world.now
    asked.step = engine.to_json(say("Checking that nothing changed meanwhile, and keeping the file."))
    asked.done, asked.total = 1, 3
    world.names["consolidation"] = asked.id


def _fill_consolidated(world: World, story: Story) -> None:
    """One of the comments is decided, the others wait."""
    _close(world, story)
    snapshot = consolidations.take_snapshot(story.session, story.storage, story.round)
    made = engine.consolidate(snapshot.draft, snapshot.contributions, date=snapshot.date)
    consolidations.keep_consolidation(
        story.session, story.storage, story.round, snapshot, made, base_url=BASE_URL, by=story.actor("lead"),
        person=story.people["lead"], now=world.now,
    )  # fmt: skip
    _decide(world, story, upto=1)
    if "export" not in world.names:
        world.names["export"] = _a_file_made(world, story)
    world.names.setdefault("matrix", a_matrix_given_back(story, now=world.now))


def _a_file_made(world: World, story: Story) -> int:
    lead = {"by": story.actor("lead"), "person": story.people["lead"]}
    facts = visibility.facts_of(story.session, story.round, world.now)
    job = exports.ask_for_export(story.session, story.round, "matrix.docx", facts=facts, now=world.now, **lead)
    job.state, job.key, job.finished_at, job.made = "done", None, world.now, b"a file"
    return job.id


def _decide(world: World, story: Story, upto: int) -> None:
    decisions = ("noted", "accepted", "accepted", "not accepted", "accepted with changes")
    numbered = dispositions.list_numbered(story.session, story.round)
    for item, decision in list(zip(numbered, decisions, strict=False))[:upto]:
        dispositions.decide(
            story.session, story.round, item.comment, decision=decision, duplicate_of=0, version=0,
            reason="" if decision == "accepted" else "To be discussed: the network agreed on hours.",
            wording="Each mission informs the co-ordinator within 48 hours." if "changes" in decision else "",
            by=story.actor("lead"), person=story.people["lead"], now=world.now,
        )  # fmt: skip


def _fill_decided(world: World, story: Story) -> None:
    _fill_consolidated(world, story)
    _decide_the_rest(world, story)
    if "transmittal" not in world.names:
        world.names |= fill_transmittals(story, world.now)


def _fill_followed(world: World, story: Story) -> None:
    """A finished round, and its next one with a comment whose passage is gone."""
    _fill_decided(world, story)
    following = follow(story, world.now)
    orphans = [c for c in carrying.list_carried(story.session, following) if c.carried.state == "orphaned"]
    world.names |= {"next": following.id, "orphan": orphans[0].id}


def _decide_the_rest(world: World, story: Story) -> None:
    for item in dispositions.list_numbered(story.session, story.round):
        if item.disposition is None:
            dispositions.decide(
                story.session, story.round, item.comment, decision="noted", duplicate_of=0, version=0, wording="",
                reason="To be discussed in the next round.", by=story.actor("lead"), person=story.people["lead"],
                now=world.now,
            )  # fmt: skip
    rounds.finish(story.session, story.round, base_url=BASE_URL, by=story.actor("lead"), now=world.now)


def _open_a_silence(world: World, story: Story) -> None:
    silences.STAGES[story.round.consultation.title.rpartition("(")[2].rstrip(")")](story, world.now)


STAGES = {
    "planned": _leave,
    "open": _fill_open,
    "past": _fill_past_with_a_late_answer,
    "closed": _fill_closed,
    "consolidated": _fill_consolidated,
    "decided": _fill_decided,
    "followed": _fill_followed,
    **dict.fromkeys(silences.STAGES, _open_a_silence),
}
