"""Writing, changing, deleting, correcting, withdrawing comments; an organisation's own comments."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from consult import engine
from consult.errors import Invalid, NotFound, Refused
from consult.models import TYPES, Comment, DelegatedWords, KeptWords, Round, db
from consult.rules.permissions import NOT_THERE, require
from consult.services import comments, drafts, kept_words, mail_findings, submissions, traces, visibility
from consult.services.comments import Words
from consult.services.desks import Filter
from consult.unit_of_work import unit_of_work
from consult.web.guards import actor, declares, person, person_id
from consult.web.part_scope import PartScope
from consult.web.saved_forms import KEY_LENGTH, tell_saved
from consult.web.scope import Scope, round_scope

blueprint = Blueprint("comments", __name__)
Answer = str | Response | tuple[str, int]


def typed_words() -> Words:
    """Return what was typed into the comment form."""
    form = request.form
    emptied = not form.get("quote", "words").strip()  # whoever empties the field means the whole paragraph
    return Words(
        paragraph=form.get("paragraph", ""),
        start=0 if emptied else form.get("start", 0, int),
        end=0 if emptied else form.get("end", 0, int),
        quote=form.get("quote", ""),
        type=form.get("type", "substantive"),
        reason=form.get("reason", ""),
        wording=form.get("wording"),
    )


def words_of(comment: Comment) -> Words:
    paragraph = comment.paragraph
    wording = None
    if paragraph is not None:
        wording = comment.proposed_text if comment.edits else paragraph.text
    return Words(
        paragraph.number if paragraph else "",
        comment.start,
        comment.end,
        comment.quote,
        comment.type,
        comment.reason,
        wording,
    )


def _kept_words(words: Words, kept: KeptWords | DelegatedWords) -> Words:
    """Return the words that were typed into a form and not saved, over those that it would begin with."""
    typed = kept.words
    return replace(
        words,
        start=int(typed.get("start", 0)),
        end=int(typed.get("end", 0)),
        quote=typed.get("quote", ""),
        type=typed.get("type", words.type),
        reason=typed.get("reason", ""),
        wording=typed.get("wording", words.wording),
    )


def forget(scope: Scope | PartScope, place: str) -> None:
    """Forget what was kept of the form that is saved; after a conflict it may be another one than the comment's own."""
    scope.forget_kept({place, request.form.get("place", place)})


def comment_form(scope: Scope | PartScope, words: Words, status: int = 200, **more: Any) -> tuple[str, int]:
    """Return the comment form: alone when a part of a page asked for it, else as a page."""
    row = None
    if words.paragraph:
        row = scope.get_paragraph(words.paragraph)
    partial = request.headers.get("HX-Request") and status == 200
    template = "comments/_form.html" if partial else scope.form_page
    given = {"comment": None, "refusal": "", "theirs": None, "kept": None, **more}
    place = kept_words.place_of(
        paragraph=words.paragraph,
        start=words.start,
        end=words.end,
        comment_id=given["comment"].id if given["comment"] is not None else None,
    )
    if status == 200:
        kept = scope.find_kept(place)
        if kept is not None:
            words, given["kept"] = _kept_words(words, kept), kept
    value = drafts.paragraph_value(row) if row else None
    page = render_template(template, scope=scope, words=words, paragraph=value, types=TYPES, place=place, **given)
    return page, status


@blueprint.get("/rounds/<int:round_id>/comments/new")
@declares("comment.write")
def new(round_id: int) -> Answer:
    """Show the form for a comment on a paragraph, on words in it, or on the whole draft."""
    scope = round_scope(round_id, "comment.write")
    comments.check_open(scope.round, scope.require_id("comment.write"), scope.now)
    number = request.args.get("paragraph", "")
    words = Words(type="general")
    if number:
        row = drafts.get_paragraph(db.session, scope.round, number)
        start, end = request.args.get("start", 0, int), request.args.get("end", 0, int)
        if not 0 <= start < end <= len(row.text):
            start = end = 0
        words = Words(number, start, end, row.text[start:end], wording=row.text)
    return comment_form(scope, words)


@blueprint.post("/rounds/<int:round_id>/comments")
@declares("comment.write")
def create(round_id: int) -> Answer:
    """Save a new unsubmitted comment. On a mistake the form comes back with everything typed."""
    words = typed_words()
    try:
        with unit_of_work(db.session) as now:
            scope = round_scope(round_id, "comment.write", now)
            comment = comments.write_comment(
                db.session,
                scope.round,
                words,
                organisation_id=scope.require_id("comment.write"),
                author_id=person_id(),
                form_key=request.form.get("form_key", "")[:KEY_LENGTH],
                by=actor(),
                now=now,
            )
            hint = comments.lacks_reason(comment)
            forget(scope, kept_words.place_of(paragraph=words.paragraph, start=words.start, end=words.end))
    except (Invalid, Refused) as refusal:
        return comment_form(round_scope(round_id, "comment.write"), words, refusal.status, refusal=refusal.message)
    say_saved(hint)
    return saved(_back(round_id, words.paragraph))


def say_saved(lacks_reason: bool) -> None:
    """Say that a comment is saved, and remind of its reason."""
    flash(_("Saved. Nobody outside your organisation sees it until your focal point hands in."))
    if lacks_reason:
        flash(_("This substantive comment has no reason yet. The lead will want to know why."), "warning")


def saved(target: str) -> Response:
    """Go on, and tell the script which form is saved: until then the browser keeps what was typed into it.

    A script that sent the form is told where to go, so that it goes there itself.
    """
    by_script = request.headers.get("X-Form") == "fetch"
    return tell_saved(Response(status=204, headers={"X-Location": target}) if by_script else redirect(target))


def _back(round_id: int, number: str) -> str:
    """Return the address of a paragraph; whoever comes there after saving must see the page anew."""
    anchor = engine.anchor_of_number(number) or None
    return url_for("documents.show", round_id=round_id, at=anchor, saved=1, _anchor=anchor)


@blueprint.post("/rounds/<int:round_id>/comments/preview")
@declares("comment.write")
def preview(round_id: int) -> str:
    """Show a wording as inserted and deleted words."""
    scope = round_scope(round_id, "comment.write")
    words = typed_words()
    value = drafts.paragraph_value(drafts.get_paragraph(db.session, scope.round, words.paragraph))
    edits = engine.propose(value, words.wording or "")
    return render_template("comments/_preview.html", changes=engine.show_changes(value.text, edits) if edits else ())


@blueprint.get("/rounds/<int:round_id>/comments")
@declares("comments.see-own")
def ours(round_id: int) -> str:
    """Show the organisation's comments: not handed in, handed in, withdrawn; and the hand-in."""
    scope = round_scope(round_id, "comments.see-own")
    organisation = scope.require("comments.see-own")
    listed = comments.list_own(db.session, scope.round, organisation.id)
    wanted = Filter(request.args.get("author", 0, int), request.args.get("type", ""), request.args.get("state", ""))
    at_desk = [c for c in listed if c.submission_id is None and not c.is_set_aside]
    return render_template(
        "comments/ours.html",
        scope=scope,
        organisation=organisation,
        listed=listed,
        shown=[c for c in listed if wanted.takes(c)],
        wanted=wanted,
        authors={c.author_key: c.author_name for c in listed},
        types=TYPES,
        at_desk=at_desk,
        together=_on_one_paragraph(at_desk),
        traces=traces.list_traces(db.session, listed),
        superseded=comments.superseded_ids(listed),
        submissions=submissions.list_submissions(db.session, scope.round, organisation.id),
        is_focal_point=organisation.id in actor().focal_point_of,
        can_write=scope.facts.is_open_for(organisation.id) and organisation.id in actor().writes_for,
        extended_until=visibility.extended_until(scope.round, organisation.id),
        mails=mail_findings.list_waiting(db.session, scope.round, [organisation.id]),
    )


def _on_one_paragraph(at_desk: list[Comment]) -> dict[int, list[int]]:
    """Return for the first of several comments on one paragraph that can be merged the ids of all of them."""
    by_place: dict[int | None, list[int]] = {}
    for comment in at_desk:
        if comment.supersedes_id is None:
            by_place.setdefault(comment.paragraph_id, []).append(comment.id)
    return {numbers[0]: numbers for numbers in by_place.values() if len(numbers) > 1}


def own_comment(round_: Round, comment_id: int, scope: Scope) -> Comment:
    """Return a comment of the actor's own organisation; another's does not exist here."""
    comment, facts = visibility.get_comment(db.session, round_, comment_id, actor=actor(), known=scope.facts)
    if comment.organisation_id not in actor().contributor_of:
        raise NotFound(NOT_THERE)
    require(actor(), "comment.write", facts)
    return comment


@blueprint.get("/rounds/<int:round_id>/comments/<int:comment_id>")
@declares("comment.write")
def edit(round_id: int, comment_id: int) -> Answer:
    """Show the form with an unsubmitted comment."""
    scope = round_scope(round_id, "comment.write")
    comment = own_comment(scope.round, comment_id, scope)
    if comment.submission_id is not None:
        return redirect(url_for("comments.ours", round_id=round_id))
    return comment_form(scope, words_of(comment), comment=comment)


@blueprint.post("/rounds/<int:round_id>/comments/<int:comment_id>")
@declares("comment.write")
def change(round_id: int, comment_id: int) -> Answer:
    """Save a changed comment. If somebody else changed it meanwhile, both texts are shown."""
    words = typed_words()
    try:
        with unit_of_work(db.session) as now:
            scope = round_scope(round_id, "comment.write", now)
            comment = own_comment(scope.round, comment_id, scope)
            comments.change_comment(
                db.session,
                scope.round,
                comment,
                words,
                version=request.form.get("version", 0, int),
                by=actor(),
                now=now,
            )
            hint = comments.lacks_reason(comment)
            forget(scope, kept_words.place_of(comment_id=comment.id))
    except (Invalid, Refused) as refusal:
        scope = round_scope(round_id, "comment.write")
        comment = own_comment(scope.round, comment_id, scope)
        theirs = comment if refusal.reason == "changed-meanwhile" else None
        return comment_form(scope, words, refusal.status, comment=comment, refusal=refusal.message, theirs=theirs)
    say_saved(hint)
    return saved(url_for("comments.ours", round_id=round_id))


@blueprint.post("/rounds/<int:round_id>/comments/<int:comment_id>/delete")
@declares("comment.write")
def delete(round_id: int, comment_id: int) -> Response:
    """Take an unsubmitted comment back."""
    with unit_of_work(db.session) as now:
        scope = round_scope(round_id, "comment.write", now)
        comment = own_comment(scope.round, comment_id, scope)
        comments.delete_comment(db.session, scope.round, comment, by=actor(), now=now)
    flash(_("Taken back. It can be restored on this page until the hand-in."))
    return redirect(url_for("comments.ours", round_id=round_id))


@blueprint.post("/rounds/<int:round_id>/comments/<int:comment_id>/withdraw")
@declares("comment.write")
def withdraw(round_id: int, comment_id: int) -> Response:
    """Withdraw a handed-in comment; for the focal point."""
    with unit_of_work(db.session) as now:
        scope = round_scope(round_id, "comment.write", now)
        comment = own_comment(scope.round, comment_id, scope)
        require(actor(), "submission.hand-in", visibility.with_comment(scope.facts, comment))
        comments.withdraw_comment(db.session, scope.round, comment, by=actor(), now=now)
    flash(_("Withdrawn. It stays on record and does not count any more."))
    return redirect(url_for("comments.ours", round_id=round_id))


@blueprint.post("/rounds/<int:round_id>/comments/<int:comment_id>/correct")
@declares("comment.write")
def correct(round_id: int, comment_id: int) -> Response:
    """Make a correction of a handed-in comment and open its form."""
    with unit_of_work(db.session) as now:
        scope = round_scope(round_id, "comment.write", now)
        comment = own_comment(scope.round, comment_id, scope)
        correction = comments.correct_comment(db.session, scope.round, comment, by=actor(), person=person(), now=now)
        target = correction.id
    flash(_("This is a correction. It takes the place of the comment with the next hand-in."))
    return redirect(url_for("comments.edit", round_id=round_id, comment_id=target))
