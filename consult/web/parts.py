"""A delegated part on its pages: for a colleague without an account, who came by the link in a letter."""

from flask import Blueprint, flash, g, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from consult import engine
from consult.errors import Invalid, Refused
from consult.models import db
from consult.rules.permissions import ANONYMOUS, Facts
from consult.services import comments, delegated_words, drafts, kept_words, layouts, parts, reading
from consult.services.comments import Words
from consult.services.layouts import Layout
from consult.services.reading import Reader
from consult.unit_of_work import unit_of_work
from consult.web.comments import (
    Answer,
    comment_form,
    saved,
    say_saved,
    typed_words,
    words_of,
)
from consult.web.comments import (
    forget as forget_form,
)
from consult.web.documents import SANDBOX
from consult.web.guards import actor, declares, part_cookie, settings, storage
from consult.web.languages import language
from consult.web.part_scope import PartScope, part_scope
from consult.web.saved_forms import KEY_LENGTH
from consult.web.sections import Frame, layout_of, part_html

blueprint = Blueprint("parts", __name__, url_prefix="/parts")


# ---- getting in and out ---------------------------------------------------------------------------------------------


@blueprint.get("/open/<token>")
@declares("public")
def show_link(token: str) -> str:
    """Show a button. Mail scanners that only fetch the link use nothing up and learn nothing."""
    return render_template("parts/open.html", token=token, refusal="")


@blueprint.post("/open/<token>")
@declares("public")
def open_link(token: str) -> Response | tuple[str, int]:
    """Open the part in this browser."""
    try:
        with unit_of_work(db.session) as now:
            delegation, visit = parts.open_link(db.session, token=token, now=now)
            number = delegation.id
    except Refused as refusal:
        return render_template("parts/open.html", token=token, refusal=refusal.message), 409
    response = make_response(redirect(url_for("parts.show", delegation_id=number)))
    response.set_cookie(
        part_cookie(number),
        visit,
        max_age=int(parts.VISIT_LASTS.total_seconds()),
        httponly=True,
        secure=settings().is_https,
        samesite="Lax",
        path="/",
    )
    return response


@blueprint.post("/<int:delegation_id>/leave")
@declares("part.words")
def leave(delegation_id: int) -> Response:
    """Close the part in this browser and forget what the browser kept."""
    with unit_of_work(db.session) as now:
        parts.leave(db.session, token=request.cookies.get(part_cookie(delegation_id), ""), now=now)
    g.actor = ANONYMOUS
    response = make_response(render_template("parts/left.html"))
    response.delete_cookie(part_cookie(delegation_id), path="/")
    response.headers["Clear-Site-Data"] = '"cache"'  # the storage may hold words of a person too
    return response


# ---- reading --------------------------------------------------------------------------------------------------------


def _places(scope: PartScope) -> range:
    return range(scope.part.first, scope.part.last + 1)


def _above(layout: Layout, first: int) -> list[layouts.Heading]:
    """Return the headings under which the first paragraph of a part stands; those in the part itself are in it."""
    return [heading for heading in layout.headings if heading.start < first < heading.end]


@blueprint.get("/<int:delegation_id>")
@declares("part.read")
def show(delegation_id: int) -> str:
    """Show the part under its headings, with what the organisation says on it, and what the colleague wrote."""
    scope = part_scope(delegation_id, "part.read")
    layout, places = layout_of(scope.part.draft_id), _places(scope)
    reader = Reader(scope.round, actor(), Facts())
    lines = [layout.lines[place] for place in places if layout.lines[place].number]
    rows = reading.list_rows(db.session, reader, [line.id for line in lines])
    frame = Frame(scope.round.id, scope.can_write, language(), delegation_id)
    return render_template(
        "parts/show.html",
        scope=scope,
        title=scope.round.consultation.title,
        why_not="" if scope.can_write else parts.sentence_on(scope.standing, scope.delegation),
        above=_above(layout, scope.part.first),
        part=part_html(layout, places, frame, reader, rows),
        paragraphs=len(lines),
        own=parts.list_own(db.session, scope.part),
        kept=len(delegated_words.list_kept(db.session, delegation_id=delegation_id)),
    )


@blueprint.get("/<int:delegation_id>/pictures/<sha256>")
@declares("part.read")
def picture(delegation_id: int, sha256: str) -> Response:
    """Send a picture that stands in the part, as it is: nothing here decodes it, and it may do nothing in the browser."""
    scope = part_scope(delegation_id, "part.read")
    paragraphs = layouts.read_paragraphs(db.session, layout_of(scope.part.draft_id), _places(scope))
    pictures = frozenset(atom.picture for paragraph in paragraphs for atom in paragraph.atoms if atom.picture)
    data, media_type = parts.get_picture(db.session, storage(), scope.round, pictures, sha256)
    response = Response(data, mimetype=media_type)
    response.headers["Content-Security-Policy"] = f"{SANDBOX}; frame-ancestors 'none'"
    response.headers["Content-Disposition"] = "inline"
    return response


# ---- writing --------------------------------------------------------------------------------------------------------


@blueprint.get("/<int:delegation_id>/comments/new")
@declares("part.write")
def new(delegation_id: int) -> Answer:
    """Show the form for a comment on a paragraph of the part, or on words in it."""
    scope = part_scope(delegation_id, "part.write")
    row = scope.get_paragraph(request.args.get("paragraph", ""))
    start, end = request.args.get("start", 0, int), request.args.get("end", 0, int)
    if not 0 <= start < end <= len(row.text):
        start = end = 0
    return comment_form(scope, Words(row.number, start, end, row.text[start:end], wording=row.text))


@blueprint.post("/<int:delegation_id>/comments")
@declares("part.write")
def create(delegation_id: int) -> Answer:
    """Save a new comment of the organisation. On a mistake the form comes back with everything typed."""
    words = typed_words()
    try:
        with unit_of_work(db.session) as now:
            scope = part_scope(delegation_id, "part.write", now)
            comment = parts.write_comment(
                db.session,
                scope.round,
                layout_of(scope.part.draft_id),
                words,
                author_id=scope.delegation.given_by_id,
                form_key=request.form.get("form_key", "")[:KEY_LENGTH],
                by=actor(),
                now=now,
            )
            hint = comments.lacks_reason(comment)
            forget_form(scope, kept_words.place_of(paragraph=words.paragraph, start=words.start, end=words.end))
    except (Invalid, Refused) as refusal:
        return _again(delegation_id, words, refusal)
    say_saved(hint)
    return saved(_back(delegation_id, words.paragraph))


def _again(delegation_id: int, words: Words, refusal: Invalid | Refused) -> tuple[str, int]:
    """Return the form with what was typed; where the part may not even be read any more, the refusal itself is raised."""
    scope = part_scope(delegation_id, "part.read")
    return comment_form(scope, words, refusal.status, refusal=refusal.message)


def _back(delegation_id: int, number: str) -> str:
    anchor = engine.anchor_of_number(number) or None
    return url_for("parts.show", delegation_id=delegation_id, saved=1, _anchor=anchor)


@blueprint.post("/<int:delegation_id>/comments/preview")
@declares("part.write")
def preview(delegation_id: int) -> str:
    """Show a wording as inserted and deleted words."""
    scope = part_scope(delegation_id, "part.read")
    words = typed_words()
    row = scope.get_paragraph(words.paragraph)
    value = drafts.paragraph_value(row)
    edits = engine.propose(value, words.wording or "")
    return render_template("comments/_preview.html", changes=engine.show_changes(value.text, edits) if edits else ())


@blueprint.get("/<int:delegation_id>/comments/<int:comment_id>")
@declares("part.write")
def edit(delegation_id: int, comment_id: int) -> Answer:
    """Show the form with a comment that the colleague wrote and that is not handed in."""
    scope = part_scope(delegation_id, "part.write")
    comment = parts.get_comment(db.session, scope.part, comment_id)
    if comment.submission_id is not None:
        return redirect(url_for("parts.show", delegation_id=delegation_id))
    return comment_form(scope, words_of(comment), comment=comment)


@blueprint.post("/<int:delegation_id>/comments/<int:comment_id>")
@declares("part.write")
def change(delegation_id: int, comment_id: int) -> Answer:
    """Save a changed comment. If somebody of the organisation changed it meanwhile, both texts are shown."""
    words = typed_words()
    try:
        with unit_of_work(db.session) as now:
            scope = part_scope(delegation_id, "part.write", now)
            comment = parts.get_comment(db.session, scope.part, comment_id)
            parts.change_comment(
                db.session,
                scope.round,
                layout_of(scope.part.draft_id),
                comment,
                words,
                version=request.form.get("version", 0, int),
                by=actor(),
                now=now,
            )
            hint = comments.lacks_reason(comment)
            forget_form(scope, kept_words.place_of(comment_id=comment.id))
    except (Invalid, Refused) as refusal:
        scope = part_scope(delegation_id, "part.read")
        comment = parts.get_comment(db.session, scope.part, comment_id)
        theirs = comment if refusal.reason == "changed-meanwhile" else None
        return comment_form(scope, words, refusal.status, comment=comment, refusal=refusal.message, theirs=theirs)
    say_saved(hint)
    return saved(_back(delegation_id, words.paragraph))


@blueprint.post("/<int:delegation_id>/comments/<int:comment_id>/delete")
@declares("part.write")
def delete(delegation_id: int, comment_id: int) -> Response:
    """Take a comment back that the colleague wrote; the focal point can restore it."""
    with unit_of_work(db.session) as now:
        scope = part_scope(delegation_id, "part.write", now)
        comment = parts.get_comment(db.session, scope.part, comment_id)
        comments.delete_comment(db.session, scope.round, comment, by=actor(), now=now)
        name = scope.delegation.given_by.name
    flash(_("Taken back. %(name)s can restore it.", name=name))
    return redirect(url_for("parts.show", delegation_id=delegation_id))


# ---- being done, words not saved ------------------------------------------------------------------------------------


@blueprint.post("/<int:delegation_id>/done")
@declares("part.write")
def done(delegation_id: int) -> Response:
    """Say that one is done."""
    with unit_of_work(db.session) as now:
        scope = part_scope(delegation_id, "part.read", now)
        if scope.standing != "done":
            parts.check_writing(scope.standing, scope.delegation)
        parts.finish(db.session, scope.delegation, by=actor(), now=now)
        name = scope.delegation.given_by.name
    flash(_("Thank you. %(name)s sees that you are done.", name=name))
    return redirect(url_for("parts.show", delegation_id=delegation_id))


@blueprint.post("/<int:delegation_id>/resume")
@declares("part.write")
def resume(delegation_id: int) -> Response:
    """Go on writing after all."""
    with unit_of_work(db.session) as now:
        scope = part_scope(delegation_id, "part.read", now)
        if scope.standing != "done":
            parts.check_writing(scope.standing, scope.delegation)
        parts.resume(db.session, scope.delegation, by=actor(), now=now)
    return redirect(url_for("parts.show", delegation_id=delegation_id))


@blueprint.get("/<int:delegation_id>/words")
@declares("part.words")
def words(delegation_id: int) -> str:
    """List what the colleague typed and did not save; also when the part has ended: these words are theirs."""
    scope = part_scope(delegation_id, "part.words")
    kept = delegated_words.list_kept(db.session, delegation_id=delegation_id)
    why_not = "" if scope.can_write else parts.sentence_on(scope.standing, scope.delegation)
    return render_template("parts/words.html", scope=scope, kept=kept, why_not=why_not)


@blueprint.post("/<int:delegation_id>/kept")
@declares("part.words")
def keep(delegation_id: int) -> Response:
    """Keep what stands in a comment form. The page sends this while the colleague types, and also when the part ended."""
    with unit_of_work(db.session) as now:
        part_scope(delegation_id, "part.words", now)
        delegated_words.keep(
            db.session,
            delegation_id=delegation_id,
            place=request.form.get("place", ""),
            words=request.form,
            now=now,
        )
    return Response(status=204)


@blueprint.post("/<int:delegation_id>/kept/forget")
@declares("part.words")
def forget(delegation_id: int) -> Response:
    """Throw away what is kept of one form."""
    with unit_of_work(db.session) as now:
        scope = part_scope(delegation_id, "part.words", now)
        scope.forget_kept({request.form.get("place", "")})
    flash(_("Thrown away."))
    return redirect(url_for("parts.words", delegation_id=delegation_id))
