"""Opening a consultation: upload, set up, circulate."""

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from consult import engine
from consult.errors import ConsultError, Forbidden, Invalid
from consult.models import VISIBILITIES, Organisation, db
from consult.phrases import say
from consult.rules.calendar import zone_names
from consult.rules.permissions import Facts, require
from consult.services import carrying, consultations, drafts, organisations
from consult.unit_of_work import unit_of_work
from consult.web.guards import actor, declares, person, settings, storage
from consult.web.reckoning import Foreseen, entered_but_wall, foresee, is_asked_by_script
from consult.web.scope import Scope, round_scope

blueprint = Blueprint("consultations", __name__)


@blueprint.get("/consultations/new")
@declares("consultation.open")
def new() -> str:
    """Ask for the draft."""
    return _new_page({})


def _new_page(typed: dict[str, str], refusal: str = "") -> str:
    leading = [db.session.get_one(Organisation, o) for o in sorted(actor().focal_point_of)]
    return render_template("consultations/new.html", organisations=leading, typed=typed, refusal=refusal)


@blueprint.post("/consultations/new")
@declares("consultation.open")
def open_consultation() -> Response | tuple[str, int]:
    """Read the draft in a process of its own, then open the consultation. A file that cannot be used stores nothing."""
    require(actor(), "consultation.open", Facts())
    try:
        round_id = _open()
    except (Invalid, Forbidden) as refusal:
        return _new_page(request.form.to_dict(), _with_code(refusal)), refusal.status
    return redirect(url_for("consultations.set_up", round_id=round_id))


def _with_code(refusal: ConsultError) -> str:
    return say("%(message)s (%(code)s)", message=refusal.message, code=refusal.reason)


def _open() -> int:
    upload = request.files.get("draft")
    if upload is None or not upload.filename:
        raise Invalid(say("Choose the Word file of the draft."), "no-file")
    taken = drafts.read_upload(upload.read(), request.form.get("own-changes", drafts.REFUSE))
    with unit_of_work(db.session) as now:
        round_ = consultations.open_consultation(
            db.session,
            storage(),
            title=request.form.get("title", ""),
            reference=request.form.get("reference", ""),
            organisation_id=request.form.get("organisation", 0, int),
            filename=upload.filename,
            upload=taken,
            by=actor(),
            person=person(),
            now=now,
        )
        return round_.id


@blueprint.get("/rounds/<int:round_id>/set-up")
@declares("round.circulate")
def set_up(round_id: int) -> str | Response:
    """Show the numbered paragraphs and ask for the terms."""
    scope = round_scope(round_id, "round.circulate")
    if scope.round.stage != "planned":
        return redirect(url_for("rounds.board", round_id=round_id))
    return _set_up_page(scope, {})


def _set_up_page(scope: Scope, typed: dict[str, str], refusal: str = "") -> str:
    leading = {o for o, place in scope.facts.places.items() if place == "lead"}
    draft = drafts.as_value(scope.draft)
    return render_template(
        "consultations/set_up.html",
        scope=scope,
        draft=draft,
        blocks=engine.render_draft(draft.paragraphs),
        organisations=[o for o in organisations.list_organisations(db.session) if o.id not in leading],
        places=consultations.PLACES,
        visibilities=VISIBILITIES,
        zones=sorted(zone_names()),
        typed=typed or proposal(scope),
        refusal=refusal,
        carried=carrying.list_carried(db.session, scope.round),
        settings=settings(),
        foreseen=_foresee(scope, typed) if typed else None,
    )


def _foresee(scope: Scope, typed: Mapping[str, str]) -> Foreseen:
    asked = [number for number, place in places_typed(typed).items() if place in ("co-lead", "consulted")]
    return foresee(scope, typed, asked)


@blueprint.post("/rounds/<int:round_id>/set-up")
@declares("round.circulate")
def foresee_deadline(round_id: int) -> str | Response:
    """Show what the deadline that is typed comes to: on the form by itself, or, without a script, as the whole page."""
    scope = round_scope(round_id, "round.circulate")
    if scope.round.stage != "planned":
        return redirect(url_for("rounds.board", round_id=round_id))
    if is_asked_by_script():
        return render_template("rounds/_outlook.html", foreseen=_foresee(scope, request.form))
    return _set_up_page(scope, request.form.to_dict())


def proposal(scope: Scope) -> dict[str, str]:
    """Return what the form proposes: who took part in the round before, and who saw whose comments in it."""
    places = {f"place-{organisation}": place for organisation, place in scope.facts.places.items()}
    return {"visibility": scope.round.visibility, **places}


def places_typed(form: Mapping[str, str]) -> dict[int, str]:
    """Return who shall take part, and how, as the form says it."""
    return {
        int(name.removeprefix("place-")): value
        for name, value in form.items()
        if name.startswith("place-") and value and name.removeprefix("place-").isdigit()
    }


@blueprint.post("/rounds/<int:round_id>/circulate")
@declares("round.circulate")
def circulate(round_id: int) -> Response | tuple[str, int]:
    """Open the round and invite everybody; on a mistake show the form again with everything typed."""
    form = request.form
    places = places_typed(form)
    terms = consultations.Terms(
        places,
        form.get("wall", ""),
        form.get("zone", ""),
        form.get("visibility", ""),
        form.get("invitation", ""),
        seen=form.get("seen", ""),
        **entered_but_wall(form),
    )
    try:
        with unit_of_work(db.session) as now:
            scope = round_scope(round_id, "round.circulate", now)
            for organisation in places:
                organisations.get_organisation(db.session, organisation)
            consultations.circulate(
                db.session,
                scope.round,
                terms,
                by=actor(),
                reminder_days=settings().reminder_days,
                base_url=settings().base_url,
                now=now,
            )
    except Invalid as refusal:
        return _set_up_page(round_scope(round_id, "round.circulate"), form.to_dict(), refusal.message), 422
    except ConsultError:
        raise
    flash(_("The draft has been circulated. The invitations are on their way."))
    return redirect(url_for("rounds.board", round_id=round_id))
