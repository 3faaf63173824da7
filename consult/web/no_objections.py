"""No-objection rounds: announcing, the page of the round with its record, answering, withdrawing, signing off."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from consult import clock
from consult.errors import ConsultError, Forbidden, Invalid, NotFound, Refused
from consult.models import NoObjectionAnswer, Organisation, db
from consult.phrases import say
from consult.rules.calendar import zone_names
from consult.rules.no_objections import FIRST, FIXED, RULE, STANDS, TOLD, check_over
from consult.rules.permissions import may
from consult.services import (
    consultations,
    files,
    no_objection_announcements,
    no_objection_records,
    no_objections,
    organisations,
    quarantine,
)
from consult.services.files import DOCX
from consult.services.no_objection_announcements import Terms
from consult.services.no_objection_records import Record
from consult.services.no_objections import Words
from consult.unit_of_work import unit_of_work
from consult.web.consultations import places_typed, proposal
from consult.web.guards import actor, declares, person, settings, storage
from consult.web.languages import language
from consult.web.scope import Scope, round_scope
from consult.web.sending import attachment

blueprint = Blueprint("no_objections", __name__)


# ---- announcing -----------------------------------------------------------------------------------------------------


@blueprint.get("/rounds/<int:round_id>/no-objection/set-up")
@declares("round.circulate")
def set_up(round_id: int) -> str | Response:
    """Ask whom to ask and until when."""
    scope = round_scope(round_id, "round.circulate")
    if scope.round.stage != "planned":
        return redirect(url_for("rounds.board", round_id=round_id))
    no_objection_announcements.check_may_announce(db.session, scope.round)
    return _set_up_page(scope, proposal(scope))


def _set_up_page(scope: Scope, typed: dict[str, str], refusal: str = "") -> str:
    leading = {o for o, place in scope.facts.places.items() if place == "lead"}
    return render_template(
        "no_objections/set_up.html",
        scope=scope,
        organisations=[o for o in organisations.list_organisations(db.session) if o.id not in leading],
        places=consultations.PLACES,
        zones=sorted(zone_names()),
        typed=typed,
        refusal=refusal,
        rule=RULE,
        told=TOLD,
        fixed=FIXED,
        settings=settings(),
    )


@blueprint.post("/rounds/<int:round_id>/no-objection/set-up")
@declares("round.circulate")
def announce(round_id: int) -> Response | tuple[str, int]:
    """Freeze the text and announce the round; on a mistake show the form again with everything typed."""
    form = request.form
    scope = round_scope(round_id, "round.circulate")
    no_objection_announcements.check_may_announce(db.session, scope.round)
    frozen = no_objection_announcements.freeze_text(db.session, storage(), scope.round)
    places = places_typed(form)
    try:
        with unit_of_work(db.session) as now:
            scope = round_scope(round_id, "round.circulate", now)
            for organisation in places:
                organisations.get_organisation(db.session, organisation)
            no_objection_announcements.announce(
                db.session,
                storage(),
                scope.round,
                Terms(
                    places,
                    form.get("wall", ""),
                    form.get("zone", ""),
                    form.get("starts", ""),
                    form.get("invitation", ""),
                    "text-in-letters" in form,
                ),
                frozen=frozen,
                by=actor(),
                person=person(),
                reminder_days=settings().reminder_days,
                base_url=settings().base_url,
                now=now,
            )
    except Invalid as refusal:
        typed = {**form.to_dict(), "sent": "yes"}
        return _set_up_page(round_scope(round_id, "round.circulate"), typed, refusal.message), refusal.status
    flash(_("The no-objection round is announced. Everybody is told."))
    return redirect(url_for("no_objections.show", round_id=round_id))


# ---- the round ------------------------------------------------------------------------------------------------------


@blueprint.get("/rounds/<int:round_id>/no-objection")
@declares("no-objection.see")
def show(round_id: int) -> str:
    """Show where the round stands: to each what it has said itself, to the lead all, and to all the record at the end."""
    return _page(round_scope(round_id, "no-objection.see"))


def _page(scope: Scope, refusal: str = "") -> str:
    record = no_objection_records.read_record(db.session, scope.round, scope.now)
    own = [standing for standing in record.standings if standing.organisation.id in actor().contributor_of]
    answering = [standing for standing in own if standing.organisation.id in actor().focal_point_of]
    can_lead = may(actor(), "no-objection.lead", scope.facts).allowed
    sees_all = may(actor(), "no-objection.standings", scope.facts).allowed
    undelivered, mails = quarantine.count_waiting(db.session, scope.round, now=scope.now) if sees_all else (0, 0)
    wanted = request.values.get("organisation", 0, int)
    chosen = next((standing for standing in answering if standing.organisation.id == wanted), None)
    return render_template(
        "no_objections/show.html",
        scope=scope,
        record=record,
        own=own,
        answering=answering,
        chosen=chosen or (answering[0] if answering else None),
        paragraph=_paragraph(scope),
        changes_of=no_objections.changes_of,
        sees_all=record.is_over or sees_all,
        can_lead=can_lead,
        undelivered=undelivered,
        mails=mails,
        after_signature=no_objection_records.told_after_signature(record),
        can_follow=may(actor(), "round.follow", scope.facts).allowed and scope.round.stage == "decided",
        rule=RULE,
        told=TOLD,
        fixed=FIXED,
        unsigned=no_objection_records.UNSIGNED,
        typed=request.form,
        refusal=refusal,
    )


def _paragraph(scope: Scope) -> object:
    """Return the paragraph that is asked for, whose text the form for an amendment begins with; None for none."""
    number = request.values.get("paragraph", "").strip()
    try:
        return scope.get_paragraph(number) if number else None
    except NotFound:
        return None


@blueprint.post("/rounds/<int:round_id>/no-objection/answers")
@declares("no-objection.answer")
def answer(round_id: int) -> Response | tuple[str, int]:
    """Take an organisation's answer. One that comes too late is kept, and said to be late."""
    form = request.form
    words = Words(form.get("answer", ""), form.get("text", ""), form.get("paragraph", ""), form.get("wording", ""))
    try:
        with unit_of_work(db.session) as begun:
            scope = round_scope(round_id, "no-objection.answer", begun)
            now = max(begun, clock.now())  # whoever had to wait for others is at the time when the waiting is over
            made = no_objections.answer(
                db.session,
                scope.round,
                words,
                organisation_id=_own(scope).id,
                person=person(),
                form_key=form.get("form_key", ""),
                base_url=settings().base_url,
                by=actor(),
                now=now,
            )
            told = _told(made)
    except (Invalid, Refused) as refusal:
        return _page(round_scope(round_id, "no-objection.see"), refusal.message), refusal.status
    flash(told)
    return redirect(url_for("no_objections.show", round_id=round_id))


def _own(scope: Scope) -> Organisation:
    """Return the organisation that the answer is of, if the person may answer for it."""
    asked = {o.id: o for o in no_objections.list_asked(db.session, scope.round) if o.id in actor().focal_point_of}
    if not asked:
        raise Forbidden(say("Your organisation is not among those that are asked in this round."))
    wanted = request.form.get("organisation", 0, int)
    return asked[wanted] if wanted in asked else next(iter(asked.values()))


def _told(made: NoObjectionAnswer) -> str:
    name = made.organisation.name
    if made.effect == STANDS:
        return str(_("Noted: %(organisation)s says expressly that it has no objection.", organisation=name))
    if made.effect == FIRST:
        return str(_("The round is over. Everybody is told at once what %(organisation)s has said.", organisation=name))
    return str(_("Kept and shown in the record. It came after the end of the round and changes nothing."))


# ---- the lead -------------------------------------------------------------------------------------------------------


@blueprint.post("/rounds/<int:round_id>/no-objection/withdrawal")
@declares("no-objection.lead")
def withdraw(round_id: int) -> Response | tuple[str, int]:
    """Withdraw the round, with a reason."""
    try:
        with unit_of_work(db.session) as begun:
            scope = round_scope(round_id, "no-objection.lead", begun)
            no_objections.withdraw(
                db.session,
                scope.round,
                reason=request.form.get("reason", ""),
                person=person(),
                base_url=settings().base_url,
                by=actor(),
                now=max(begun, clock.now()),
            )
    except (Invalid, Refused) as refusal:
        return _page(round_scope(round_id, "no-objection.see"), refusal.message), refusal.status
    flash(_("The round is withdrawn. Everybody is told."))
    return redirect(url_for("no_objections.show", round_id=round_id))


@blueprint.post("/rounds/<int:round_id>/no-objection/signature")
@declares("no-objection.lead")
def sign_off(round_id: int) -> Response | tuple[str, int]:
    """Sign the record off."""
    try:
        with unit_of_work(db.session) as now:
            scope = round_scope(round_id, "no-objection.lead", now)
            no_objection_records.sign_off(
                db.session,
                scope.round,
                organisation=_leading(scope),
                person=person(),
                base_url=settings().base_url,
                by=actor(),
                now=now,
            )
    except ConsultError as refusal:
        if not isinstance(refusal, Refused):
            raise
        return _page(round_scope(round_id, "no-objection.see"), refusal.message), refusal.status
    flash(_("The record is signed off."))
    return redirect(url_for("no_objections.show", round_id=round_id))


def _leading(scope: Scope) -> Organisation:
    places = scope.facts.places
    leading = [o for o in scope.organisations if places[o.id] in ("lead", "co-lead") and o.id in actor().focal_point_of]
    return next((o for o in leading if places[o.id] == "lead"), leading[0])


# ---- files ----------------------------------------------------------------------------------------------------------


@blueprint.get("/rounds/<int:round_id>/no-objection/text.docx")
@declares("no-objection.see")
def text(round_id: int) -> Response:
    """Send the frozen text: the very bytes whose digest is printed."""
    scope = round_scope(round_id, "no-objection.see")
    held = no_objections.get(scope.round)
    return attachment(files.read_file(db.session, storage(), held.file_sha256), held.filename, DOCX)


@blueprint.get("/rounds/<int:round_id>/no-objection/record.docx")
@declares("no-objection.see")
def record(round_id: int) -> Response:
    """Send the record, once the round is over."""
    scope = round_scope(round_id, "no-objection.see")
    found: Record = no_objection_records.read_record(db.session, scope.round, scope.now)
    check_over(found.state)
    title = f"{scope.round.consultation.title} - round {scope.round.number} - record of the no-objection round.docx"
    return attachment(no_objection_records.write_record(db.session, found, language()), title, DOCX)
