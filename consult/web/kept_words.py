"""Words typed and not saved: kept quietly while a person types, listed, thrown away. Only for that person."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response

from consult.models import db
from consult.services import kept_words
from consult.unit_of_work import unit_of_work
from consult.web.guards import declares, person, person_id
from consult.web.scope import round_scope

blueprint = Blueprint("kept_words", __name__)


@blueprint.get("/form-token")
@declares("public")
def fresh_token() -> Response:
    """Give the token that forms are sent with, for a page that has been open since before the person signed in again."""
    return Response(generate_csrf(), mimetype="text/plain")


@blueprint.get("/rounds/<int:round_id>/kept")
@declares("comment.write")
def index(round_id: int) -> str:
    """List what the person typed in this round and did not save; after the closing too."""
    scope = round_scope(round_id, "comment.write")
    kept = kept_words.list_kept(db.session, round_id=round_id, person_id=person().id)
    return render_template("kept_words/index.html", scope=scope, kept=kept)


@blueprint.post("/rounds/<int:round_id>/kept")
@declares("comment.write")
def keep(round_id: int) -> Response:
    """Keep what stands in a comment form. The page sends this while the person types."""
    with unit_of_work(db.session) as now:
        scope = round_scope(round_id, "comment.write", now)
        kept_words.keep(
            db.session,
            round_id=scope.round.id,
            person_id=person_id(),
            place=request.form.get("place", ""),
            words=request.form,
            now=now,
        )
    return Response(status=204)


@blueprint.post("/rounds/<int:round_id>/kept/forget")
@declares("comment.write")
def forget(round_id: int) -> Response:
    """Throw away what is kept of one form."""
    place = request.form.get("place", "")
    with unit_of_work(db.session) as now:
        scope = round_scope(round_id, "comment.write", now)
        kept_words.forget(db.session, round_id=scope.round.id, person_id=person_id(), places={place})
    flash(_("Thrown away."))
    return redirect(url_for("kept_words.index", round_id=round_id))
