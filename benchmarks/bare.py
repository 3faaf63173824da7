"""The floor: a bare Flask app that does the same reads and writes on the same tables, and nothing else.

It knows who asks by the same cookie, reads the same rows, writes the same rows in one durable transaction, and renders
with Jinja. It asks nobody whether he may, hides nothing, keeps no page, checks no form.
"""

import hashlib
import os
from datetime import UTC, datetime

from flask import Flask, Response, abort, g, render_template_string, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import select, text
from sqlalchemy.orm import joinedload

from consult.models import (
    AuditEntry,
    Base,
    ChangeCount,
    Comment,
    DraftParagraph,
    Organisation,
    Person,
    Round,
    RoundDraft,
    SignIn,
)
from consult.unit_of_work import prepare, unit_of_work

PAGE = """<!doctype html><title>{{ round.number }}</title><h1>{{ person }}</h1>
{% for p in paragraphs %}<div id="p-{{ p.number }}"><b>{{ p.number }}</b> <p>{{ p.text }}</p>
{% for c in beside.get(p.id, ()) %}<div id="c-{{ c.id }}"><b>{{ organisations[c.organisation_id] }}</b> {{ c.type }}
<q>{{ c.quote }}</q><p>{{ c.reason }}</p><p>{{ c.proposed_text or "" }}</p></div>{% endfor %}</div>{% endfor %}"""
COLUMNS = (
    Comment.id, Comment.paragraph_id, Comment.organisation_id, Comment.type, Comment.quote, Comment.reason,
    Comment.proposed_text,
)  # fmt: skip
bare = SQLAlchemy(model_class=Base)


def create_app() -> Flask:
    """Return the app on the database that BARE_DATABASE names."""
    app = Flask("bare")
    app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["BARE_DATABASE"]
    bare.init_app(app)
    with app.app_context():
        prepare(bare.engine)

    @app.before_request
    def _who() -> None:
        token = hashlib.sha256(request.cookies.get("consult_session", "").encode()).hexdigest()
        found = bare.session.execute(
            select(Person.id, Person.name, SignIn.expires_at)
            .join(SignIn, SignIn.person_id == Person.id)
            .where(SignIn.token_digest == token)
        ).first()
        if found is None:
            abort(401)
        g.person = found

    app.add_url_rule("/orm/<int:round_id>", "orm", by_orm)
    app.add_url_rule("/core/<int:round_id>", "core", by_core)
    app.add_url_rule("/orm/<int:round_id>/paragraphs/<int:number>", "paragraph", paragraph_by_orm)
    app.add_url_rule("/core/<int:round_id>/paragraphs/<int:number>", "paragraph_core", paragraph_by_core)
    app.add_url_rule("/orm/<int:round_id>/comments", "save", save, methods=["POST"])
    app.add_url_rule("/core/<int:round_id>/comments", "save_core", save_by_core, methods=["POST"])
    return app


def _unchanged(round_id: int) -> tuple[str, Response | None]:
    """Return the stamp of the page, and the answer if the browser has it."""
    count = bare.session.execute(select(ChangeCount.changes).where(ChangeCount.round_id == round_id)).scalars().all()
    stamp = f"{sum(count)}-{g.person.id}"
    return stamp, Response(status=304) if request.if_none_match.contains_weak(stamp) else None


def _stamped(html: str, stamp: str) -> Response:
    response = Response(html, mimetype="text/html")
    response.set_etag(stamp, weak=True)
    return response


def by_orm(round_id: int) -> Response:
    """Render the page from objects."""
    stamp, same = _unchanged(round_id)
    if same is not None:
        return same
    round_ = bare.session.get_one(Round, round_id)
    draft_id = bare.session.scalar(select(RoundDraft.draft_id).where(RoundDraft.round_id == round_id))
    paragraphs = bare.session.scalars(
        select(DraftParagraph).where(DraftParagraph.draft_id == draft_id).order_by(DraftParagraph.position)
    ).all()
    comments = bare.session.scalars(
        select(Comment).where(Comment.round_id == round_id).options(joinedload(Comment.organisation))
    ).all()
    names = {c.organisation_id: c.organisation.name for c in comments}
    return _stamped(_page(round_, paragraphs, comments, names), stamp)


def by_core(round_id: int) -> Response:
    """Render the page from rows."""
    stamp, same = _unchanged(round_id)
    if same is not None:
        return same
    run = bare.session.execute
    round_ = run(select(Round.number).where(Round.id == round_id)).one()
    draft_id = run(select(RoundDraft.draft_id).where(RoundDraft.round_id == round_id)).scalar()
    paragraphs = run(
        select(DraftParagraph.id, DraftParagraph.number, DraftParagraph.text)
        .where(DraftParagraph.draft_id == draft_id)
        .order_by(DraftParagraph.position)
    ).all()
    comments = run(select(*COLUMNS).where(Comment.round_id == round_id)).all()
    names = dict(run(select(Organisation.id, Organisation.name)).tuples().all())
    return _stamped(_page(round_, paragraphs, comments, names), stamp)


def _page(round_: object, paragraphs: object, comments: object, names: dict[int, str]) -> str:
    beside: dict[int, list[object]] = {}
    for comment in comments:  # type: ignore[attr-defined]
        beside.setdefault(comment.paragraph_id, []).append(comment)
    return render_template_string(
        PAGE, round=round_, paragraphs=paragraphs, beside=beside, organisations=names, person=g.person.name
    )


def paragraph_by_orm(round_id: int, number: int) -> str:
    """Render the comments on one paragraph from objects."""
    found = bare.session.scalars(
        select(DraftParagraph)
        .join(RoundDraft, RoundDraft.draft_id == DraftParagraph.draft_id)
        .where(RoundDraft.round_id == round_id, DraftParagraph.number == str(number))
    ).one()
    comments = bare.session.scalars(
        select(Comment).where(Comment.paragraph_id == found.id).options(joinedload(Comment.organisation))
    ).all()
    names = {c.organisation_id: c.organisation.name for c in comments}
    return _page(bare.session.get_one(Round, round_id), [found], comments, names)


def paragraph_by_core(round_id: int, number: int) -> str:
    """Render the comments on one paragraph from rows."""
    run = bare.session.execute
    found = run(
        select(DraftParagraph.id, DraftParagraph.number, DraftParagraph.text)
        .join(RoundDraft, RoundDraft.draft_id == DraftParagraph.draft_id)
        .where(RoundDraft.round_id == round_id, DraftParagraph.number == str(number))
    ).one()
    comments = run(
        select(*COLUMNS, Organisation.name)
        .join(Organisation, Organisation.id == Comment.organisation_id)
        .where(Comment.paragraph_id == found.id)
    ).all()
    names = {c.organisation_id: c.name for c in comments}
    return _page(run(select(Round.number).where(Round.id == round_id)).one(), [found], comments, names)


def _wait_for_the_chain() -> None:
    """Let one write into the audit chain at a time, as we do; SQLite has one writer anyway."""
    if bare.session.get_bind().dialect.name == "postgresql":
        bare.session.execute(text("SELECT pg_advisory_xact_lock(1)"))


def save(round_id: int) -> tuple[str, int]:
    """Write a comment and its entry in the audit chain, by objects."""
    with unit_of_work(bare.session) as now:
        form = request.form
        paragraph = bare.session.scalars(
            select(DraftParagraph)
            .join(RoundDraft, RoundDraft.draft_id == DraftParagraph.draft_id)
            .where(RoundDraft.round_id == round_id, DraftParagraph.number == form["paragraph"])
        ).one()
        comment = Comment(
            round_id=round_id, organisation_id=int(form["organisation"]), author_id=g.person.id,
            paragraph_id=paragraph.id, reason=form["reason"], created_at=now, updated_at=now,
        )  # fmt: skip
        bare.session.add(comment)
        bare.session.flush()
        _wait_for_the_chain()
        last = bare.session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(1)).first()
        bare.session.add(AuditEntry(**_entry(last.number, last.digest, comment.id, now) if last else {}))
    return "", 204


def save_by_core(round_id: int) -> tuple[str, int]:
    """Write a comment and its entry in the audit chain, by rows."""
    run = bare.session.execute
    with unit_of_work(bare.session) as now:
        form = request.form
        paragraph_id = run(
            select(DraftParagraph.id)
            .join(RoundDraft, RoundDraft.draft_id == DraftParagraph.draft_id)
            .where(RoundDraft.round_id == round_id, DraftParagraph.number == form["paragraph"])
        ).scalar_one()
        comment_id = int.from_bytes(os.urandom(6))
        run(
            Comment.__table__.insert().values(
                id=comment_id, round_id=round_id, organisation_id=int(form["organisation"]), author_id=g.person.id,
                paragraph_id=paragraph_id, reason=form["reason"], created_at=now, updated_at=now,
            )
        )  # fmt: skip
        _wait_for_the_chain()
        last = run(select(AuditEntry.number, AuditEntry.digest).order_by(AuditEntry.number.desc()).limit(1)).one()
        run(AuditEntry.__table__.insert().values(**_entry(last.number, last.digest, comment_id, now)))
    return "", 204


def _entry(number: int, digest: str, comment_id: int, now: datetime) -> dict[str, object]:
    content = f"{number + 1}{digest}{comment_id}{now.astimezone(UTC).isoformat()}"
    return {
        "number": number + 1, "at": now, "actor": "floor", "action": "comment.write", "object_kind": "comment",
        "object_id": str(comment_id), "facts": {}, "previous_digest": digest,
        "digest": hashlib.sha256(content.encode()).hexdigest(),
    }  # fmt: skip
