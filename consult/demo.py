"""`consult demo`: a whole round on a fresh instance, from the draft to the consolidated file, then the pages to try."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from flask import Flask
from sqlalchemy import select

from consult import clock, engine, jail, schema
from consult.app import create_app
from consult.config import load_settings
from consult.demo_draft import TITLE, write_demo_draft
from consult.models import Organisation, Person, Round, db
from consult.rules.permissions import COMMAND, Actor
from consult.scheduling import Worker, tick
from consult.services import (
    comments,
    consolidations,
    consultations,
    dispositions,
    drafts,
    matrices,
    organisations,
    people,
    returned_copies,
    rounds,
    submissions,
)
from consult.services.comments import Words
from consult.serving import make_sign_in_link, serve
from consult.storage import Storage
from consult.unit_of_work import unit_of_work

ZONE = "Europe/Belgrade"
MISSIONS = (
    ("SAM", "Mission to Serbia and Montenegro", "Europe/Belgrade"),
    ("ALB", "Presence in Albania", "Europe/Tirane"),
    ("BIH", "Mission to Bosnia and Herzegovina", "Europe/Sarajevo"),
    ("CRO", "Mission to Croatia", "Europe/Zagreb"),
    ("KOS", "Mission in Kosovo", "Europe/Belgrade"),
    ("MDA", "Mission to Moldova", "Europe/Chisinau"),
    ("ODIHR", "ODIHR", "Europe/Warsaw"),
    ("SKO", "Mission to Skopje", "Europe/Skopje"),
)
LEAD = "SAM"


@dataclass(frozen=True)
class Hand:
    """What an organisation does to its Word copy: phrases replaced, paragraphs added and deleted, margin comments."""

    replaced: tuple[tuple[str, str], ...] = ()
    added: tuple[tuple[str, str], ...] = ()  # behind the paragraph with these words, this one
    deleted: tuple[str, ...] = ()
    remarks: tuple[tuple[str, str], ...] = ()  # on these words, this comment
    tracked: bool = True


HANDS = {
    "ALB": Hand(
        replaced=(("December or January", "mid-December"),),
        remarks=(("updated every six months", "Twice a year is more than we can do with two people. Once a year?"),),
    ),
    "BIH": Hand(
        replaced=(
            ("within two working days", "within one working day"),
            ("prevent and to combat", "prevent and combat"),
            ("Within two weeks", "Within three weeks"),
        ),
        remarks=(("no information is passed on without consent", "Please add a reference to the national data protection law."),),
    ),
    "KOS": Hand(
        replaced=(
            ("should train its staff once a year", "trains its staff twice a year"),
            ("locked place", "locked cabinet"),
        ),
        added=(("stays until somebody has come", "The person receives the mission's telephone number in writing."),),
        tracked=False,
    ),
    "MDA": Hand(
        replaced=(
            ("within two working days", "without delay"),
            ("prevent and to combat", "prevent and combat"),
        ),
        added=(("whether the referral has worked", "Where the referral has failed, the mission looks for another one at once."),),
        remarks=(("victim", "Should this not read “presumed victim” here? Nobody has decided yet at this point."),),
    ),
    "ODIHR": Hand(
        replaced=(
            ("should train its staff once a year", "should offer its staff training every six months"),
            ("maintained at one place", "published, translated and maintained at one place"),
        ),
        deleted=("It does not change the mandates",),
        remarks=(("figures and lessons", "ODIHR can provide a one-page format for these reports."),),
    ),
}  # fmt: skip
WEB = (
    ("CRO", "Missions do not investigate", "technical", "This is clearer as a positive statement of what missions do.", None),
    ("CRO", "Interpreters are chosen", "editorial", "", ("with care", "carefully")),
    ("MDA", "Children are treated", "substantive", "The presumption of minority should be named.",
     ("even where their age is in doubt", "as long as their age is in doubt")),
    ("ODIHR", "", "general", "ODIHR welcomes the draft and stands ready to help with its review after one year.", None),
)  # fmt: skip
DECISIONS = (
    ("accepted", ""),
    ("accepted with changes", "Taken up in substance; the lead adjusted the wording."),
    ("not accepted", "The deadline in the text was agreed at the last meeting."),
    ("noted", "Thank you; this is taken up in the review."),
)


# ---- returned copies ------------------------------------------------------------------------------------------------


def _edit(draft: engine.Draft, old: str, new: str, name: str) -> engine.Edit:
    paragraph = next(p for p in draft.paragraphs if old in p.text)
    start = paragraph.text.index(old)
    return engine.Edit(paragraph.key, "replace", start, start + len(old), old, new, name, name)


def _edits(draft: engine.Draft, hand: Hand, name: str) -> list[engine.Edit]:
    edits = [_edit(draft, old, new, name) for old, new in hand.replaced]
    for words, text in hand.added:
        paragraph = next(p for p in draft.paragraphs if words in p.text)
        edits.append(engine.Edit(paragraph.key, "paragraph-inserted", 0, 0, "", text, name, name))
    for words in hand.deleted:
        paragraph = next(p for p in draft.paragraphs if words in p.text)
        edits.append(replace(engine.deletion_of(paragraph), organisation=name))
    return edits


def write_returned_copy(word_copy: bytes, hand: Hand, name: str, date: str) -> bytes:
    """Return the Word copy as an organisation sends it back."""
    draft = engine.read_draft(word_copy)
    edits = _edits(draft, hand, name)
    remarks = []
    for words, text in hand.remarks:
        found = _edit(draft, words, "", name)
        remarks.append(engine.Remark(found.paragraph, found.start, found.end, text, words, name, name))
    if not hand.tracked:
        return engine.write_next_draft(word_copy, [replace(e, organisation="hand") for e in edits])
    return engine.consolidate(word_copy, [engine.Contribution(name, tuple(edits), tuple(remarks))], date=date).docx


# ---- the round ------------------------------------------------------------------------------------------------------


class Demo:
    """Plays the round. The days are counted back from now, so that the deadline has passed."""

    def __init__(self, app: Flask, out: Path) -> None:
        self.app, self.out = app, out
        self.settings = app.extensions["consult"]
        self.storage: Storage = app.extensions["consult.storage"]
        self.start = clock.now() - timedelta(days=14)
        self.rows: list[tuple[str, int, int, int]] = []

    def after(self, days: float) -> datetime:
        """Return the instant so many days after the start."""
        return self.start + timedelta(days=days)

    def organisation(self, code: str) -> Organisation:
        """Return the organisation with a code."""
        return db.session.scalars(select(Organisation).where(Organisation.code == code)).one()

    def someone(self, code: str, role: str = "focal-point") -> tuple[Person, Actor]:
        """Return a person of an organisation and what they may act as."""
        person = people.find_person(db.session, address(role, code))
        assert person is not None
        return person, people.actor_of(person)

    def people_and_organisations(self) -> None:
        """Add eight organisations, a focal point and a contributor for each, and an administrator."""
        with unit_of_work(db.session):
            now = self.start
            for code, name, zone in MISSIONS:
                added = organisations.add_organisation(
                    db.session, code=code, name=name, time_zone=zone, by=COMMAND, now=now
                )
                for role in ("focal point", "contributor"):
                    person = people.add_person(
                        db.session,
                        email=address(role.replace(" ", "-"), code),
                        name=f"{role.capitalize()}, {name}",
                        by=COMMAND,
                        now=now,
                    )
                    people.appoint(db.session, person=person, organisation_id=added.id, role=role, by=COMMAND, now=now)
            people.add_person(
                db.session,
                email="administrator@example.org",
                name="Administrator",
                is_administrator=True,
                by=COMMAND,
                now=now,
            )

    def open_round(self, data: bytes) -> int:
        """Open the consultation and circulate the draft; return the round's id."""
        upload = drafts.read_upload(data)
        with unit_of_work(db.session):
            person, actor = self.someone(LEAD)
            round_ = consultations.open_consultation(
                db.session, self.storage, title=TITLE, reference="Demo", organisation_id=self.organisation(LEAD).id,
                filename="draft.docx", upload=upload, by=actor, person=person, now=self.start,
            )  # fmt: skip
            asked = {self.organisation(code).id: "consulted" for code, _, _ in MISSIONS if code != LEAD}
            local = (clock.now() - timedelta(days=1)).astimezone(self.settings.zone)
            wall = local.replace(hour=12, minute=0).strftime("%Y-%m-%dT%H:%M")
            terms = consultations.Terms(
                asked, wall, ZONE, "closed", "Please comment paragraph by paragraph and say why. Thank you."
            )
            consultations.circulate(
                db.session, round_, terms, by=actor, reminder_days=self.settings.reminder_days,
                base_url=self.settings.base_url, now=self.start,
            )  # fmt: skip
            return round_.id

    def comment_on_the_web(self, round_id: int) -> None:
        """Type the comments of three organisations as their contributors do."""
        for number, (code, words, kind, reason, change) in enumerate(WEB):
            with unit_of_work(db.session):
                round_ = db.session.get_one(Round, round_id)
                draft = drafts.get_draft(db.session, round_)
                row = next((p for p in draft.paragraphs if words and words in p.text), None)
                wording = row.text.replace(*change) if row is not None and change else None
                person, actor = self.someone(code, "contributor")
                rounds.note_opened(db.session, round_, actor, now=self.after(2))
                comments.write_comment(
                    db.session, round_,
                    Words(paragraph=row.number if row is not None else "", type=kind, reason=reason, wording=wording),
                    organisation_id=self.organisation(code).id, form_key=f"demo-{number}", by=actor,
                    author_id=person.id, now=self.after(2 + number / 24),
                )  # fmt: skip
                name = self.organisation(code).name
            self.rows.append((f"{name} (web)", 1, 1, 0))

    def return_copies(self, round_id: int, draft: bytes, title: str) -> None:
        """Return five edited Word copies and keep what is in them."""
        sha256 = engine.read_draft(draft).sha256
        word_copy = jail.release(jail.write_copy(draft, engine.CopyIdentity(sha256, title, 1, title))).docx
        (self.out / "returned").mkdir()
        for days, (code, hand) in enumerate(HANDS.items(), 5):
            name = next(name for known, name, _ in MISSIONS if known == code)
            date = self.after(days).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            data = write_returned_copy(word_copy, hand, name, date)
            filename = f"{code.lower()}{'' if hand.tracked else '-untracked'}.docx"
            (self.out / "returned" / filename).write_bytes(data)
            read = jail.read_returned_copy(data, draft, name)
            with unit_of_work(db.session):
                round_ = db.session.get_one(Round, round_id)
                person, actor = self.someone(code, "contributor")
                copy = returned_copies.examine_copy(
                    db.session, self.storage, round_, organisation_id=self.organisation(code).id, filename=filename,
                    data=data, read=read, by=actor, person=person, now=self.after(days),
                )  # fmt: skip
                returned_copies.keep_copy(
                    db.session, round_, drafts.get_draft(db.session, round_), copy, by=actor, person=person,
                    now=self.after(days),
                )  # fmt: skip
            self.rows.append((name, read.found, read.placed, len(read.not_placed)))

    def hand_in(self, round_id: int) -> None:
        """Hand in for everybody; one organisation has no comments."""
        for code, _, _ in MISSIONS:
            if code == LEAD:
                continue
            with unit_of_work(db.session):
                person, actor = self.someone(code)
                submissions.hand_in(
                    db.session, db.session.get_one(Round, round_id), organisation_id=self.organisation(code).id,
                    position="no comments" if code == "SKO" else "comments", statement="", by=actor, person=person,
                    now=self.after(11),
                )  # fmt: skip

    def consolidate(self, round_id: int) -> engine.Consolidation:
        """Close what the deadline has closed, merge, and keep the result."""
        tick(self.app)
        snapshot = consolidations.take_snapshot(db.session, self.storage, db.session.get_one(Round, round_id))
        made = jail.consolidate(snapshot.draft, snapshot.contributions, date=snapshot.date)
        with unit_of_work(db.session) as now:
            person, actor = self.someone(LEAD)
            consolidations.keep_consolidation(
                db.session, self.storage, db.session.get_one(Round, round_id), snapshot, made,
                base_url=self.settings.base_url, by=actor, person=person, now=now,
            )  # fmt: skip
        return made

    def decide(self, round_id: int) -> tuple[int, int]:
        """Decide on every second comment; return how many are decided and how many there are."""
        numbered = dispositions.list_numbered(db.session, db.session.get_one(Round, round_id))
        chosen = [(item.number, item.comment.id) for item in numbered][::2]
        for place, (_, comment_id) in enumerate(chosen):
            with unit_of_work(db.session) as now:
                round_ = db.session.get_one(Round, round_id)
                comment = next(c for c in comments.list_effective(db.session, round_) if c.id == comment_id)
                person, actor = self.someone(LEAD)
                decision, reason = DECISIONS[place % len(DECISIONS)]
                if decision == "accepted with changes" and not comment.proposed_text:
                    decision = "noted"
                dispositions.decide(
                    db.session, round_, comment, decision=decision, reason=reason,
                    wording=comment.proposed_text or "", duplicate_of=0, version=0, by=actor, person=person, now=now,
                )  # fmt: skip
        return len(chosen), len(numbered)

    def write_files(self, round_id: int, draft: bytes, made: engine.Consolidation) -> None:
        """Write the files people download into the out folder."""
        round_ = db.session.get_one(Round, round_id)
        latest = consolidations.find_latest(db.session, round_)
        assert latest is not None
        head, rows = matrices.make_matrix(db.session, round_)
        numbered = dispositions.list_numbered(db.session, round_)
        files = {
            "draft.docx": draft,
            "consolidated.docx": jail.release(made.docx, names=[name for _, name, _ in MISSIONS]).docx,
            "matrix.xlsx": engine.write_matrix_xlsx(head, rows),
            "matrix.docx": engine.write_matrix_docx(head, rows),
            "report.json": json.dumps(latest.report, ensure_ascii=False, indent=2).encode(),
            "next-draft.docx": jail.clean(jail.write_next_draft(draft, dispositions.accepted_edits(numbered))).docx,
        }
        for name, data in files.items():
            (self.out / name).write_bytes(data)


def address(role: str, code: str) -> str:
    """Return the demo's mail address for a role in an organisation."""
    return f"{role}.{code.lower()}@example.org"


def print_table(rows: Sequence[tuple[str, int, int, int]], made: engine.Consolidation) -> None:
    """Print what was found, placed and in conflict."""
    width = max(len(name) for name, *_ in rows)
    click.echo(f"{'':{width}}  found  placed  not placed")
    for name, found, placed, not_placed in rows:
        click.echo(f"{name:{width}}  {found:5}  {placed:6}  {not_placed:10}")
    totals = [sum(column) for column in zip(*(row[1:] for row in rows), strict=True)]
    click.echo(f"{'together':{width}}  {totals[0]:5}  {totals[1]:6}  {totals[2]:10}")
    click.echo(f"\n{len(made.conflicts)} conflicts:")
    for conflict in made.conflicts:
        variants = " / ".join(f"{', '.join(v.organisations)}: “{v.text}”" for v in conflict.variants)
        click.echo(f"  paragraph {conflict.number}, “{conflict.old}”: {variants}")
    for edit in made.edits:
        if len(edit.organisations) > 1:
            click.echo(f"Wanted by several: “{edit.old}” to “{edit.new}” by {' and '.join(edit.organisations)}")


def play(folder: Path) -> Flask:
    """Play the whole round in a fresh instance folder and return its app."""
    if folder.exists():
        shutil.rmtree(folder)
    out = folder / "out"
    out.mkdir(parents=True)
    app = create_app(load_settings(folder))
    with app.app_context():
        schema.upgrade(db.engine)
        round_demo = Demo(app, out)
        draft = write_demo_draft()
        round_demo.people_and_organisations()
        round_id = round_demo.open_round(draft)
        round_demo.comment_on_the_web(round_id)
        round_demo.return_copies(round_id, draft, TITLE)
        round_demo.hand_in(round_id)
        made = round_demo.consolidate(round_id)
        decided, total = round_demo.decide(round_id)
        round_demo.write_files(round_id, draft, made)
        tick(app)
        print_table(round_demo.rows, made)
        click.echo(f"\n{decided} of {total} comments decided. Files: {out}/")
        for file in sorted(out.iterdir()):
            if file.is_file():
                click.echo(f"  {file.name}")
    return app


@click.command()
@click.option("--no-serve", is_flag=True, help="End when the files are written.")
def demo(no_serve: bool) -> None:
    """Play a whole round with eight organisations, write its files, then serve the pages."""
    app = play(load_settings().instance_path / "demo")
    if no_serve:
        return
    click.echo("\nSign in (each link works once, for fifteen minutes):")
    for title, role, code in (
        ("the lead", "focal-point", LEAD),
        ("a focal point", "focal-point", "MDA"),
        ("a contributor", "contributor", "BIH"),
    ):
        click.echo(f"  {title:14} {make_sign_in_link(app, address(role, code))}")
    worker = Worker(app)
    try:
        serve(app)
    finally:
        worker.shutdown()
