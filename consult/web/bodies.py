"""The register of bodies, for the administrator."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from consult.errors import Invalid
from consult.models import Body, db
from consult.services import bodies
from consult.services.bodies import Entry
from consult.unit_of_work import unit_of_work
from consult.web.guards import actor, declares

blueprint = Blueprint("bodies", __name__, url_prefix="/administration/bodies")
Answer = Response | str | tuple[str, int]


def _typed() -> Entry:
    form = request.form
    return Entry(form.get("name", ""), form.get("addresses", ""), form.get("language", ""), form.get("delivery", ""))


@blueprint.get("")
@declares("administer")
def index() -> str:
    """List the bodies, with a form for one more."""
    return _index(Entry("", "", "en", "links"))


def _index(typed: Entry, refusal: str = "") -> str:
    listed = bodies.list_bodies(db.session)
    return render_template("administration/bodies.html", bodies=listed, typed=typed, refusal=refusal)


@blueprint.post("")
@declares("administer")
def add() -> Answer:
    """Add a body; on a mistake show the form again."""
    typed = _typed()
    try:
        with unit_of_work(db.session) as now:
            name = bodies.add_body(db.session, typed, by=actor(), now=now).name
    except Invalid as refusal:
        return _index(typed, refusal.message), refusal.status
    flash(_("%(name)s has been added.", name=name))
    return redirect(url_for("bodies.index"))


@blueprint.get("/<int:body_id>")
@declares("administer")
def show(body_id: int) -> str:
    """Show a body, with a form to change it."""
    body = bodies.get_body(db.session, body_id)
    return _show(body, Entry(body.name, "\n".join(body.addresses), body.language, body.delivery))


def _show(body: Body, typed: Entry, refusal: str = "", *, is_active: bool | None = None) -> str:
    is_active = body.is_active if is_active is None else is_active
    return render_template("administration/body.html", body=body, typed=typed, refusal=refusal, is_active=is_active)


@blueprint.post("/<int:body_id>")
@declares("administer")
def change(body_id: int) -> Answer:
    """Change a body; on a mistake show the form again."""
    typed, is_active = _typed(), request.form.get("active") == "yes"
    try:
        with unit_of_work(db.session) as now:
            body = bodies.get_body(db.session, body_id)
            bodies.change_body(db.session, body, typed, is_active=is_active, by=actor(), now=now)
    except Invalid as refusal:
        return _show(bodies.get_body(db.session, body_id), typed, refusal.message, is_active=is_active), refusal.status
    flash(_("Changed: %(name)s.", name=typed.name))
    return redirect(url_for("bodies.index"))
