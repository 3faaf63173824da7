"""Home: what my organisations owe, by when, what they have handed in, what they lead."""

from flask import Blueprint, render_template

from consult import clock
from consult.models import db
from consult.services import home, jobs
from consult.web.guards import actor, declares

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
@declares("home.see")
def show() -> str:
    """Show what waits for the person."""
    now = clock.now()
    items = home.list_items(db.session, actor(), now)
    return render_template("home/show.html", items=items, now=now, jobs=jobs.list_own(db.session, actor(), now=now))
