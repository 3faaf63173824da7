"""What an organisation has not handed in does not exist for anyone else, on any route, for any role.

Two worlds are compared: in one the organisation has written nothing, in the other it has comments with a secret in
every field, a kept and an examined copy. Every route is asked by every role, in every state of the round; the answers
must be the same byte for byte, but for what is drawn anew each time.
"""

import io
import itertools
import re
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask

from consult import engine
from consult.models import Comment, Draft, Person, ReturnedCopy, Round, StoredFile, db
from consult.rules.permissions import Actor
from consult.services import audit, delegations, kept_words, layouts, people, received_mails
from consult.services.delegations import Colleague
from consult.unit_of_work import unit_of_work
from consult.web.guards import LIBRARY_ROUTES
from tests import factories
from tests.conftest import BASE_URL, make_app
from tests.engine.specimens import specimen_draft
from tests.work import worked

SECRET = "ZXQV7SECRET"
ROLES = (
    "anonymous", "lead focal point", "lead contributor", "co-lead focal point", "consulted focal point",
    "consulted contributor", "observer", "stranger", "administrator",
)  # fmt: skip
STATES = ("open", "past the deadline", "closed", "decided")
VISIBILITIES = ("closed", "after own submission", "open")
DRAWN_ANEW = re.compile(
    r'(name="(csrf_token|form_key)" value="[^"]*"|"X-CSRFToken": "[^"]*"|^I[\w-]+\.[\w-]+\.[\w-]+$|Its number is [0-9a-f]+'
    r"|calendar/[\w-]{43}\.ics)"
)


class World:
    """One round, one person for each role, and the organisation whose unsubmitted words nobody may learn."""

    def __init__(self, folder: Path, visibility: str, state: str, with_secret: bool) -> None:
        factories.numbers = itertools.count(1)  # the two worlds' people have the same names
        self.app = make_app(folder)
        self.app.config["SECRET_KEY"] = "the same in both worlds, as are the stamps of pages"
        self.people: dict[str, int | None] = {"anonymous": None}
        with self.app.app_context():
            self._fill(visibility, state, with_secret)
            db.session.commit()

    def _fill(self, visibility: str, state: str, with_secret: bool) -> None:
        session, storage = db.session, self.app.extensions["consult.storage"]
        names = ("Lead", "Co-lead", "Secret", "Consulted", "Observer", "Stranger")
        orgs = {name: factories.an_organisation(session, code=name.upper(), name=f"Mission {name}") for name in names}
        round_ = factories.a_round(
            session, storage=storage, data=specimen_draft(), lead=orgs["Lead"],
            consulted=(orgs["Co-lead"], orgs["Secret"], orgs["Consulted"]), observers=(orgs["Observer"],),
            visibility=visibility,
        )  # fmt: skip
        next(p for p in round_.consultation.participations if p.organisation_id == orgs["Co-lead"].id).place = "co-lead"
        if state in ("closed", "decided"):
            round_.stage, round_.closed_at = state, factories.DEADLINE
        for role in ROLES[1:]:
            kind = "contributor" if role.endswith("contributor") else "focal point"
            base = role.removesuffix(" focal point").removesuffix(" contributor").capitalize()
            person = factories.a_person(
                session, organisation=orgs.get(base), role=kind, administrator=role == "administrator"
            )
            self.people[role] = person.id
        author = factories.a_person(session, organisation=orgs["Secret"], role="contributor")
        reader = session.get_one(Person, self.people["consulted focal point"])
        submission = factories.a_submission(session, round_=round_, organisation=orgs["Consulted"], person=reader)
        factories.a_comment(
            session, round_=round_, organisation=orgs["Consulted"], author=reader, submission=submission
        )
        self.round_id, self.secret_ids, self.mails = round_.id, (), ()
        if with_secret:
            self._write_secret(round_, orgs["Secret"], author)

    def _write_secret(self, round_: Round, organisation: Any, author: Person) -> None:
        draft = db.session.query(Draft).one()
        paragraph = draft.paragraphs[1]
        comments = [
            factories.a_comment(db.session, round_=round_, organisation=organisation, author=author, reason=SECRET),
            factories.a_comment(
                db.session, round_=round_, organisation=organisation, author=author, reason=SECRET,
                paragraph=paragraph, wording=f"{SECRET} {paragraph.text}",
            ),
        ]  # fmt: skip
        kept_words.keep(
            db.session, round_id=round_.id, person_id=author.id, place="new:1",
            words={"paragraph": "1", "reason": SECRET}, now=factories.START,
        )  # fmt: skip
        report = engine.ReturnedCopy(organisation.name, "0" * 64, (), (engine.Remark("", 0, 0, SECRET),))
        for number, state in enumerate(("examined", "kept")):
            db.session.add(
                ReturnedCopy(
                    round_id=round_.id, organisation_id=organisation.id, uploaded_by_id=author.id,
                    file_sha256=draft.file_sha256 if number else self._other_file(), filename=f"{SECRET}.docx",
                    state=state, report=engine.to_json(report), uploaded_at=factories.START,
                )
            )  # fmt: skip
        db.session.flush()
        self.secret_ids = tuple(c.id for c in comments)
        self.mails = (self._mail(round_, organisation, author),)
        self._delegate(round_, organisation, author)
        for comment in comments:
            audit.record(
                db.session, by=Actor(author.id), action="comment.write", object_kind="comment", object_id=comment.id,
                now=factories.START, round=round_.id, organisation=organisation.id,
            )  # fmt: skip

    def _mail(self, round_: Round, organisation: Any, author: Person) -> int:
        """Let the organisation have sent a mail that it has not confirmed yet."""
        mail = received_mails.keep(
            db.session, self.app.extensions["consult.storage"], mailbox="the mailbox", raw=SECRET.encode(), is_whole=True,
            arrived_at=None, now=factories.START,
        )  # fmt: skip
        mail.state, mail.round_id, mail.organisation_id, mail.person_id = (
            "examined",
            round_.id,
            organisation.id,
            author.id,
        )
        mail.subject = mail.sender = SECRET
        mail.findings = {
            "pieces": [{"paragraph": "", "text": SECRET, "context": ""}], "unknown": [], "copies": [], "refused": [],
            "is_unsure": False,
        }  # fmt: skip
        db.session.flush()
        return mail.id

    def _delegate(self, round_: Round, organisation: Any, author: Person) -> None:
        """Let the organisation give a part to a colleague: who that is, is nobody else's business either."""
        if round_.stage != "open":
            return
        layout = layouts.read_layout(db.session, db.session.query(Draft).one().id)
        delegations.give(
            db.session, round_, organisation, layout,
            Colleague(SECRET, f"{SECRET}@example.org", "en", SECRET), part=(1, 2),
            until=factories.DEADLINE - timedelta(minutes=30), base_url=BASE_URL,
            by=Actor(author.id), person=author, now=factories.START,
        )  # fmt: skip

    def _other_file(self) -> str:
        sha256 = self.app.extensions["consult.storage"].keep(b"other")
        db.session.add(StoredFile(sha256=sha256, size=5, media_type="x", created_at=factories.START))
        db.session.flush()
        return str(sha256)

    def client(self, role: str) -> Any:
        client = self.app.test_client()
        number = self.people[role]
        if number is not None:
            with self.app.app_context(), unit_of_work(db.session) as now:
                person = db.session.get_one(Person, number)
                link = people.make_link(db.session, person=person, base_url=BASE_URL, next_path="", now=now)
            client.post(link.removeprefix(BASE_URL))
            with client.session_transaction() as kept:
                kept["csrf_token"] = "the same in both worlds"
        return client


def urls(
    app: Flask, round_id: int, secret_ids: tuple[int, ...], mails: tuple[int, ...] = ()
) -> Iterator[tuple[str, str, str]]:
    """Yield (method, url, endpoint) for every route with every id that could be guessed."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint in LIBRARY_ROUTES or rule.endpoint.startswith("people."):
            continue
        rounds = [rule.rule.replace("<int:round_id>", str(round_id))]
        filled = [
            re.sub(r"<int:[a-z_]+>", str(number), url.replace("<name>", name).replace("<number>", "2"))
            for url in rounds
            for number in (1, *(mails if "mail_id" in rule.rule else secret_ids))
            for name in ("consolidated.docx", "matrix.xlsx", "matrix.docx", "report.json", "next-draft.docx")
        ]
        filled += [url + question for url in rounds for question in questions(rule.endpoint, secret_ids)]
        for url in dict.fromkeys(filled):
            for method in sorted((rule.methods or set()) & {"GET", "POST"}):
                yield method, url, rule.endpoint


def questions(endpoint: str, secret_ids: tuple[int, ...]) -> Iterator[str]:
    """Yield what may be asked of a page that answers questions."""
    if endpoint == "documents.show":
        yield from (f"?at=comment-{number}" for number in secret_ids)
        yield "?section=all"
    elif endpoint == "finding.show":
        yield f"?words={SECRET[:-1]}"
        yield from (f"?by={number}" for number in range(1, 8))
        yield from ("?state=not+handed+in", "?type=substantive", "?from=2&to=2")
    elif endpoint == "dispositions.index":
        yield from (f"?comment={number}" for number in secret_ids)
        yield from (f"?words={SECRET[:-1]}", "?state=undecided", "?type=substantive", "?paragraph=2", "?number=2")
        yield from (f"?organisation={number}" for number in range(1, 8))
    elif endpoint == "conflicts.index":
        yield "?paragraph=2"
    elif endpoint == "dispositions.choose":
        yield from (f"?chosen={number}" for number in secret_ids)
        yield from ("?all=every", f"?all=every&words={SECRET[:-1]}")


# Acts that change the state for everybody would make later answers differ for other reasons than the secret.
CHANGING = (
    "rounds.close",
    "rounds.consolidate",
    "rounds.remind",
    "rounds.finish",
    "next_rounds.plan",
    "cancellations",
    "administration",
    "consultations",
)


def ask(client: Any, method: str, url: str) -> tuple[int, str, str]:
    if method == "GET":
        answer = client.get(url)
    else:
        answer = client.post(url, data={"reason": "r", "position": "x", "decision": "noted", "organisation": "3"})
    return (
        answer.status_code,
        answer.headers.get("Location", ""),
        DRAWN_ANEW.sub("", _text_of(answer.data)) + answer.headers.get("ETag", ""),
    )


def _text_of(data: bytes) -> str:
    """Return what an answer says: of an archive, what is in its parts."""
    if not data.startswith(b"PK"):
        return data.decode("utf-8", "replace")
    archive = zipfile.ZipFile(io.BytesIO(data))
    parts = {name: archive.read(name).decode("utf-8", "replace") for name in archive.namelist()}
    return "\n".join(f"{name}: {text}" for name, text in parts.items())


@pytest.mark.parametrize("visibility", VISIBILITIES)
@pytest.mark.parametrize("state", STATES)
def test_two_worlds_look_the_same_to_everybody_else(tmp_path: Path, visibility: str, state: str) -> None:
    """Everything is looked at for each stage and setting; what changes something is tried once for each stage."""
    posts = VISIBILITIES.index(visibility) == STATES.index(state) % len(VISIBILITIES)
    instant = factories.DEADLINE + timedelta(hours=1 if state != "open" else -1)
    with time_machine.travel(instant, tick=False) as clock:
        without = World(tmp_path / "without", visibility, state, with_secret=False)
        having = World(tmp_path / "having", visibility, state, with_secret=True)
        asked = 0
        for role in ROLES:
            one, other = without.client(role), having.client(role)
            for method, url, endpoint in urls(having.app, having.round_id, having.secret_ids, having.mails):
                if method == "POST" and (not posts or endpoint.startswith(CHANGING)):
                    continue
                clock.shift(timedelta(microseconds=1))  # comments of one organisation come one after the other
                first, second = ask(one, method, url), ask(other, method, url)
                where = f"{role}: {method} {url}"
                assert SECRET not in second[2], where
                assert _comparable(first, endpoint) == _comparable(second, endpoint), where
                asked += 1
        assert asked > 300


def _comparable(answer: tuple[int, str, str], endpoint: str) -> tuple[int, str, str]:
    """On the board the lead may learn one word: that an organisation is drafting. New rows get other ids."""
    status, location, text = answer
    if endpoint == "rounds.board":
        text = re.sub(r"\b(drafting|not opened|opened)\b", "state", text)
    return status, re.sub(r"\d{8,}", "N", location), re.sub(r"\d{8,}", "N", text)


def test_the_scanner_finds_the_secret_where_it_may_be_seen(tmp_path: Path) -> None:
    with time_machine.travel(factories.DEADLINE - timedelta(hours=1), tick=False):
        world = World(tmp_path, "closed", "open", with_secret=True)
        with world.app.app_context():
            author = db.session.get_one(Comment, world.secret_ids[0]).author_id
        world.people["author"] = author
        client = world.client("author")
        for page in ("document", "comments", "copy", f"comments/{world.secret_ids[1]}"):
            assert SECRET in client.get(f"/rounds/{world.round_id}/{page}").text, page


def test_unsubmitted_comments_are_in_no_file_and_no_letter(tmp_path: Path) -> None:
    with time_machine.travel(factories.DEADLINE + timedelta(hours=1), tick=False):
        world = World(tmp_path, "open", "closed", with_secret=True)
        client = world.client("lead focal point")
        asked = client.post(f"/rounds/{world.round_id}/consolidate")
        assert worked(world.app, client, asked).headers["Location"].endswith("/downloads")
        for name in ("consolidated.docx", "matrix.xlsx", "matrix.docx", "report.json", "next-draft.docx"):
            answer = client.get(f"/rounds/{world.round_id}/downloads/{name}")
            assert answer.status_code == 200, name
            assert not _contains(answer.data, SECRET.encode()), name
        with world.app.app_context():
            rows = [
                *db.session.execute(db.text("SELECT subject, text, html FROM outbox_letter")),
                *db.session.execute(db.text("SELECT facts FROM audit_entry")),
            ]
            assert SECRET not in str(rows)


def _contains(data: bytes, secret: bytes) -> bool:
    if data[:2] != b"PK":
        return secret in data
    archive = zipfile.ZipFile(io.BytesIO(data))
    return any(secret in archive.read(name) for name in archive.namelist())
