"""Mails of a round that wait for the lead."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from consult.errors import Invalid, NotFound, Refused
from consult.models import db
from consult.phrases import say
from consult.rules.permissions import may
from consult.services import quarantine
from consult.unit_of_work import unit_of_work
from consult.web.guards import actor, declares, person, storage
from consult.web.scope import round_scope
from consult.web.sending import attachment

blueprint = Blueprint("quarantine", __name__)
MEDIA_TYPE = "message/rfc822"


@blueprint.get("/rounds/<int:round_id>/mail")
@declares("mail.see")
def index(round_id: int) -> str:
    """Show which mails wait: from whom, since when, about what, and why."""
    return _page(round_id)


def _page(round_id: int, refusal: str = "") -> str:
    scope = round_scope(round_id, "mail.see")
    return render_template(
        "quarantine/index.html",
        scope=scope,
        mails=quarantine.list_of_round(db.session, scope.round),
        why=quarantine.WHY,
        organisations=[o for o in quarantine.list_askable(db.session, scope.round) if scope.facts.is_open_for(o.id)],
        can_act=may(actor(), "mail.decide", scope.facts).allowed,
        refusal=refusal,
        typed=request.form,
    )


@blueprint.get("/rounds/<int:round_id>/mail/<int:mail_id>/mail.eml")
@declares("mail.see")
def fetch(round_id: int, mail_id: int) -> Response:
    """Send a mail as it came, to be saved and never shown in place."""
    scope = round_scope(round_id, "mail.see")
    mail = quarantine.get_waiting(db.session, scope.round, mail_id)
    return attachment(quarantine.read_raw(db.session, storage(), mail), f"mail {mail.id}.eml", MEDIA_TYPE)


@blueprint.post("/rounds/<int:round_id>/mail/<int:mail_id>")
@declares("mail.decide")
def decide(round_id: int, mail_id: int) -> Response | tuple[str, int]:
    """Take a mail in for an organisation, or put it aside."""
    act = request.form.get("act", "")
    try:
        with unit_of_work(db.session) as now:
            scope = round_scope(round_id, "mail.decide", now)
            mail = quarantine.get_waiting(db.session, scope.round, mail_id)
            if act == "take in":
                wanted = request.form.get("organisation", 0, int)
                taken = quarantine.take_in(db.session, scope.round, mail, wanted, by=actor(), now=now)
                told = _("The mail is read for %(name)s, which is told to confirm what is in it.", name=taken.name)
            elif act == "discard":
                quarantine.discard(db.session, scope.round, mail, by=actor(), person=person(), now=now)
                told = _("The mail was put aside. It stays on record.")
            else:
                raise NotFound(say("There is no such act."))
    except (Invalid, Refused) as refusal:
        return _page(round_id, refusal.message), refusal.status
    flash(told)
    return redirect(url_for("quarantine.index", round_id=round_id))
