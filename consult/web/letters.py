"""Letters of a round that did not arrive, for the lead."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from consult.models import OutboxLetter, db
from consult.rules.permissions import may
from consult.services import troubles
from consult.unit_of_work import unit_of_work
from consult.web.guards import actor, declares
from consult.web.scope import round_scope

blueprint = Blueprint("letters", __name__)


@blueprint.get("/rounds/<int:round_id>/letters")
@declares("letter.see")
def index(round_id: int) -> str:
    """Show which of the round's letters did not arrive, why, and what to do."""
    scope = round_scope(round_id, "letter.see")
    return render_template(
        "letters/index.html",
        scope=scope,
        troubles=troubles.list_of_round(db.session, scope.round, now=scope.now),
        can_act=may(actor(), "letter.decide", scope.facts).allowed,
    )


@blueprint.post("/rounds/<int:round_id>/letters/<int:letter_id>")
@declares("letter.decide")
def decide(round_id: int, letter_id: int) -> Response:
    """Send a letter again, know that it arrived, or let it go."""
    act = request.form.get("act", "")
    with unit_of_work(db.session) as now:
        scope = round_scope(round_id, "letter.decide", now)
        letter = troubles.get_of_round(db.session, scope.round, letter_id)
        troubles.decide(db.session, letter.id, act, by=actor(), now=now)
        tell(letter, act)
    return redirect(url_for("letters.index", round_id=round_id))


def tell(letter: OutboxLetter, act: str) -> None:
    """Say what was done with a letter."""
    if act == "again":
        flash(_("The letter to %(name)s is sent again.", name=letter.recipient_name or letter.recipient))
    else:
        flash(_("The letter to %(name)s is settled.", name=letter.recipient_name or letter.recipient))
