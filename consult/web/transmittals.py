"""Transmittals of a round: the lead prepares a package, a second person confirms it, and it is sent to bodies."""

from dataclasses import replace

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from consult.errors import ConsultError, Invalid, Refused
from consult.models import Transmittal, db
from consult.phrases import say
from consult.rules import symbols
from consult.rules.permissions import may, require
from consult.services import consulted, drafts, packages, recipients, transmittals
from consult.services.recipients import Limits
from consult.unit_of_work import unit_of_work
from consult.web.guards import actor, declares, person, settings, storage
from consult.web.scope import Scope, round_scope
from consult.web.sending import attachment

blueprint = Blueprint("transmittals", __name__)
Answer = Response | str | tuple[str, int]
CUSTOM = "custom"


@blueprint.get("/rounds/<int:round_id>/transmittals")
@declares("transmittal.see")
def index(round_id: int) -> str:
    """List what was prepared and sent, and say whether something can be prepared now."""
    scope = round_scope(round_id, "transmittal.see")
    listed = transmittals.list_transmittals(db.session, scope.round)
    standings = [transmittals.standing(db.session, one) for one in listed]
    waits = any(standing in transmittals.WAITING for standing in standings)
    return render_template(
        "transmittals/index.html",
        scope=scope,
        transmittals=list(zip(listed, standings, strict=True)),
        refusal=say("A package waits to be confirmed or sent. Withdraw it before you prepare another.")
        if waits
        else _why_not(scope),
        zone=_zone(scope),
        can_prepare=may(actor(), "transmittal.prepare", scope.facts).allowed,
    )


def _why_not(scope: Scope) -> str:
    try:
        transmittals.check_may_prepare(db.session, scope.round)
    except Refused as refusal:
        return refusal.message
    return ""


def _zone(scope: Scope) -> str:
    return scope.round.deadline.zone if scope.round.deadline else "UTC"


# ---- preparing ------------------------------------------------------------------------------------------------------


@blueprint.get("/rounds/<int:round_id>/transmittals/new")
@declares("transmittal.prepare")
def new(round_id: int) -> str:
    """Ask for symbol, language line, mark, text, and where the clean text comes from."""
    scope = round_scope(round_id, "transmittal.prepare")
    return _new_page(scope, why_not=_why_not(scope))


def _new_page(scope: Scope, refusal: str = "", why_not: str = "") -> str:
    replaces_id = request.values.get("replaces", 0, int)
    old = transmittals.get_transmittal(db.session, scope.round, replaces_id) if replaces_id else None
    return render_template(
        "transmittals/new.html",
        scope=scope,
        old=old,
        lines=symbols.LINES,
        marks=settings().transmittal_marks,
        symbol=_proposed_symbol(scope, old),
        typed=request.form,
        refusal=refusal,
        why_not=why_not,
        zone=_zone(scope),
    )


def _proposed_symbol(scope: Scope, old: Transmittal | None) -> str:
    """Return the reference of the consultation where it is a symbol; for a correction the symbol before."""
    proposed = old.symbol if old else scope.round.consultation.reference
    return proposed if symbols.SYMBOL.fullmatch(proposed) else ""


@blueprint.post("/rounds/<int:round_id>/transmittals")
@declares("transmittal.prepare")
def prepare(round_id: int) -> Answer:
    """Make the package and freeze it; on a mistake show the form again with everything typed."""
    scope = round_scope(round_id, "transmittal.prepare")
    replaces_id = request.form.get("replaces", 0, int)
    try:
        cover = _typed_cover()
        basis = transmittals.read_basis(db.session, storage(), scope.round, upload=_upload(), replaces_id=replaces_id)
        by = consulted.leading_organisation(db.session, scope.round, person())
        db.session.rollback()  # making the files takes seconds: nothing is held meanwhile
        package = packages.make_package(basis, cover, by=by, now=scope.now)
        with unit_of_work(db.session) as now:
            scope = round_scope(round_id, "transmittal.prepare", now)
            number = transmittals.keep_transmittal(
                db.session, storage(), scope.round, basis=basis, cover=cover, package=package,
                replaces_id=replaces_id, by=actor(), person=person(), now=now,
            ).id  # fmt: skip
    except (Invalid, Refused) as refusal:
        return _new_page(round_scope(round_id, "transmittal.prepare"), refusal.message), refusal.status
    flash(_("The package is frozen. Now a second person looks at it and confirms it."))
    return redirect(url_for("transmittals.show", round_id=round_id, transmittal_id=number))


def _typed_cover() -> packages.Cover:
    form = request.form
    mark = form.get("mark", "")
    if mark == CUSTOM:
        mark = form.get("own_mark", "")
        if not mark.strip():
            raise Invalid(say("Enter the mark, or choose one of the others."), "bad-mark")
    elif mark and mark not in settings().transmittal_marks:
        raise Invalid(say("Choose one of the marks on the page."), "bad-mark")
    return transmittals.check_cover(
        symbol=form.get("symbol", ""),
        language_line=form.get("language_line", ""),
        mark=mark,
        words=form.get("words", ""),
    )


def _upload() -> bytes:
    """Return the final text that the lead gives as a file, as it was read; b"" where the accepted wording is the text."""
    if request.form.get("text-from") != "upload":
        return b""
    file = request.files.get("text")
    if file is None or not file.filename:
        raise Invalid(say("Choose the Word file of the final text."), "no-file")
    own = drafts.ACCEPT if request.form.get("own-changes") == drafts.ACCEPT else drafts.REFUSE
    return drafts.read_upload(file.read(), own).data


# ---- looking --------------------------------------------------------------------------------------------------------


@blueprint.get("/rounds/<int:round_id>/transmittals/<int:transmittal_id>")
@declares("transmittal.see")
def show(round_id: int, transmittal_id: int) -> str:
    """Show each file with its digest, what comes next and who may do it, to whom it went, what was taken."""
    scope = round_scope(round_id, "transmittal.see")
    return _page(scope, transmittals.get_transmittal(db.session, scope.round, transmittal_id))


def _page(scope: Scope, transmittal: Transmittal, refusal: str = "") -> str:
    listed = recipients.list_recipients(db.session, transmittal)
    facts = replace(scope.facts, prepared_by_id=transmittal.prepared_by_id)
    standing = transmittals.standing(db.session, transmittal)
    can_send = may(actor(), "transmittal.send", facts).allowed and standing in ("confirmed", "sent")
    return render_template(
        "transmittals/show.html",
        scope=scope,
        transmittal=transmittal,
        standing=standing,
        newer=transmittals.find_replacement(db.session, transmittal),
        titles=packages.TITLES,
        package=packages.PACKAGE,
        recipients=listed,
        is_live=lambda recipient: recipients.is_live(recipient, scope.now),
        bodies=recipients.list_open_bodies(db.session, listed, scope.now) if can_send else (),
        confirms=may(actor(), "transmittal.confirm", facts),
        can_prepare=may(actor(), "transmittal.prepare", facts).allowed,
        can_send=can_send,
        typed=request.form,
        count=transmittals.TYPED,
        refusal=refusal,
        zone=_zone(scope),
    )


@blueprint.get("/rounds/<int:round_id>/transmittals/<int:transmittal_id>/files/<name>")
@declares("transmittal.see")
def fetch(round_id: int, transmittal_id: int, name: str) -> Response:
    """Send a file of the package, or the package."""
    scope = round_scope(round_id, "transmittal.see")
    transmittal = transmittals.get_transmittal(db.session, scope.round, transmittal_id)
    file = transmittals.get_file(db.session, storage(), transmittal, name)
    return attachment(file.data, download_name(transmittal, name), file.media_type)


def download_name(transmittal: Transmittal, name: str) -> str:
    """Return under which name a file is saved: its own, and for the package one that says what it is."""
    if name != packages.PACKAGE:
        return name
    return f"{transmittal.symbol or transmittal.round.consultation.title} - {transmittal.number}.zip"


# ---- acts -----------------------------------------------------------------------------------------------------------


@blueprint.post("/rounds/<int:round_id>/transmittals/<int:transmittal_id>/confirm")
@declares("transmittal.confirm")
def confirm(round_id: int, transmittal_id: int) -> Answer:
    """Confirm a package that somebody else prepared, by the beginning of its digest."""
    try:
        with unit_of_work(db.session) as now:
            scope = round_scope(round_id, "transmittal.see", now)
            transmittal = transmittals.get_transmittal(db.session, scope.round, transmittal_id, to_write=True)
            require(actor(), "transmittal.confirm", replace(scope.facts, prepared_by_id=transmittal.prepared_by_id))
            typed = request.form.get("beginning", "")
            done = transmittals.confirm(db.session, storage(), transmittal, typed, by=actor(), person=person(), now=now)
    except (Invalid, Refused) as refusal:
        return _again(round_id, transmittal_id, refusal)
    _say(done, _("Confirmed. The package can be sent now."))
    return redirect(url_for("transmittals.show", round_id=round_id, transmittal_id=transmittal_id))


def _say(done: int | bool, words: str) -> None:
    flash(
        words
        if done
        else _("Nothing was done: what the package was made of has changed, so it is void. Prepare it anew.")
    )


def _again(round_id: int, transmittal_id: int, refusal: ConsultError) -> tuple[str, int]:
    scope = round_scope(round_id, "transmittal.see")
    transmittal = transmittals.get_transmittal(db.session, scope.round, transmittal_id)
    return _page(scope, transmittal, refusal.message), refusal.status


@blueprint.post("/rounds/<int:round_id>/transmittals/<int:transmittal_id>/send")
@declares("transmittal.send")
def send(round_id: int, transmittal_id: int) -> Answer:
    """Send letters to the chosen bodies."""
    chosen = {int(number) for number in request.form.getlist("body") if number.isdigit()}
    limits = Limits(settings().base_url, settings().transmittal_link_days, settings().largest_letter)
    try:
        with unit_of_work(db.session) as now:
            scope = round_scope(round_id, "transmittal.send", now)
            transmittal = transmittals.get_transmittal(db.session, scope.round, transmittal_id, to_write=True)
            count = recipients.send(db.session, storage(), transmittal, chosen, limits=limits, by=actor(), now=now)
    except (Invalid, Refused) as refusal:
        return _again(round_id, transmittal_id, refusal)
    _say(count, ngettext("%(num)s letter goes out.", "%(num)s letters go out.", count))
    return redirect(url_for("transmittals.show", round_id=round_id, transmittal_id=transmittal_id))


@blueprint.post("/rounds/<int:round_id>/transmittals/<int:transmittal_id>/withdraw")
@declares("transmittal.prepare")
def withdraw(round_id: int, transmittal_id: int) -> Response:
    """Withdraw what was not sent."""
    with unit_of_work(db.session) as now:
        scope = round_scope(round_id, "transmittal.prepare", now)
        transmittal = transmittals.get_transmittal(db.session, scope.round, transmittal_id, to_write=True)
        transmittals.withdraw(db.session, transmittal, by=actor(), now=now)
    flash(_("Withdrawn. It will not be sent."))
    return redirect(url_for("transmittals.index", round_id=round_id))


@blueprint.post("/rounds/<int:round_id>/transmittals/<int:transmittal_id>/recipients/<int:recipient_id>/revoke")
@declares("transmittal.send")
def revoke(round_id: int, transmittal_id: int, recipient_id: int) -> Response:
    """Take a link back."""
    with unit_of_work(db.session) as now:
        scope = round_scope(round_id, "transmittal.send", now)
        transmittal = transmittals.get_transmittal(db.session, scope.round, transmittal_id, to_write=True)
        name = recipients.revoke(db.session, transmittal, recipient_id, by=actor(), now=now).name
    flash(_("The link of %(name)s opens nothing any more.", name=name))
    return redirect(url_for("transmittals.show", round_id=round_id, transmittal_id=transmittal_id))
