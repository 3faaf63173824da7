"""What happened to our comments: each organisation's own table, on the page and as a Word file."""

from flask import Blueprint, render_template
from werkzeug.wrappers import Response

from consult.models import Organisation, db
from consult.rules.permissions import sees_others
from consult.services import outcomes
from consult.services.files import DOCX
from consult.web.guards import actor, declares
from consult.web.languages import language
from consult.web.scope import Scope, round_scope
from consult.web.sending import attachment

blueprint = Blueprint("outcomes", __name__)


def _list(scope: Scope, organisation: Organisation) -> list[outcomes.Outcome]:
    others = sees_others(actor(), scope.facts)
    return outcomes.list_outcomes(db.session, scope.round, organisation, sees_others=others)


@blueprint.get("/rounds/<int:round_id>/outcome")
@declares("outcome.see")
def show(round_id: int) -> str:
    """Show what was decided on each comment of the person's organisation, and how the paragraph now reads."""
    scope = round_scope(round_id, "outcome.see")
    organisation = scope.require("outcome.see")
    left, withdrawn = outcomes.count_without_outcome(db.session, scope.round, organisation)
    return render_template(
        "outcomes/show.html",
        scope=scope,
        organisation=organisation,
        outcomes=_list(scope, organisation),
        left=left,
        withdrawn=withdrawn,
    )


@blueprint.get("/rounds/<int:round_id>/outcome.docx")
@declares("outcome.see")
def fetch(round_id: int) -> Response:
    """Send the same table as a Word file."""
    scope = round_scope(round_id, "outcome.see")
    organisation = scope.require("outcome.see")
    found = _list(scope, organisation)
    title = f"{scope.round.consultation.title} - round {scope.round.number} - {organisation.code} - our comments.docx"
    return attachment(outcomes.write_outcomes(scope.round, organisation, found, language()), title, DOCX)
