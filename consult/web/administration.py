"""Administrators: organisations, people, letters, the audit. They see nothing of what anybody wrote on a draft."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from consult import clock
from consult.errors import NotFound
from consult.models import db
from consult.phrases import say
from consult.rules.calendar import zone_names
from consult.services import audit, organisations, outbox, people, troubles
from consult.unit_of_work import unit_of_work
from consult.web.guards import actor, declares, settings
from consult.web.letters import tell

blueprint = Blueprint("administration", __name__, url_prefix="/administration")


@blueprint.get("/organisations")
@declares("administer")
def show_organisations() -> str:
    """List the organisations, with a form for one more."""
    listed = organisations.list_organisations(db.session)
    return render_template(
        "administration/organisations.html",
        organisations=listed,
        zones=sorted(zone_names()),
        settings=settings(),
    )


@blueprint.post("/organisations")
@declares("administer")
def add_organisation() -> Response:
    """Add an organisation."""
    form = request.form
    with unit_of_work(db.session) as now:
        organisations.add_organisation(
            db.session,
            code=form.get("code", ""),
            name=form.get("name", ""),
            time_zone=form.get("time_zone", ""),
            by=actor(),
            now=now,
        )
    flash(_("%(name)s has been added.", name=form.get("name", "")))
    return redirect(url_for("administration.show_organisations"))


@blueprint.get("/people")
@declares("administer")
def show_people() -> str:
    """List everybody with their roles."""
    return render_template(
        "administration/people.html",
        people=people.list_people(db.session),
        organisations=organisations.list_organisations(db.session),
    )


@blueprint.post("/people")
@declares("administer")
def add_person() -> Response:
    """Add a person, with a role if one is chosen."""
    form = request.form
    with unit_of_work(db.session) as now:
        person = people.add_person(
            db.session,
            email=form.get("email", ""),
            name=form.get("name", ""),
            language=form.get("language", ""),
            by=actor(),
            now=now,
        )
        if form.get("organisation"):
            organisation = organisations.get_organisation(db.session, form.get("organisation", 0, int))
            people.appoint(
                db.session,
                person=person,
                organisation_id=organisation.id,
                role=form.get("role", ""),
                by=actor(),
                now=now,
            )
    flash(_("%(name)s has been added.", name=form.get("name", "")))
    return redirect(url_for("administration.show_people"))


@blueprint.get("/people/<int:person_id>")
@declares("administer")
def show_person(person_id: int) -> str:
    """Show somebody's roles, with forms to change them."""
    return render_template(
        "administration/person.html",
        person=people.get_person(db.session, person_id),
        organisations=organisations.list_organisations(db.session),
    )


@blueprint.post("/people/<int:person_id>")
@declares("administer")
def change_person(person_id: int) -> Response:
    """Appoint, end an appointment, end or restore access, choose a language."""
    form = request.form
    with unit_of_work(db.session) as now:
        person = people.get_person(db.session, person_id)
        act = form.get("act", "")
        if act in ("appoint", "end"):
            organisation = organisations.get_organisation(db.session, form.get("organisation", 0, int))
            if act == "appoint":
                people.appoint(
                    db.session,
                    person=person,
                    organisation_id=organisation.id,
                    role=form.get("role", ""),
                    by=actor(),
                    now=now,
                )
            else:
                people.end_appointment(db.session, person=person, organisation_id=organisation.id, by=actor(), now=now)
        elif act in ("deactivate", "activate"):
            people.set_active(db.session, person=person, is_active=act == "activate", by=actor(), now=now)
        elif act == "language":
            people.set_language(db.session, person=person, language=form.get("language", ""), by=actor(), now=now)
        else:
            raise NotFound(say("There is no such act."))
        flash(_("Changed: %(name)s.", name=person.name))
    return redirect(url_for("administration.show_person", person_id=person_id))


@blueprint.get("/mail")
@declares("administer")
def show_mail() -> str:
    """List the letters with their states."""
    return render_template(
        "administration/mail.html",
        letters=outbox.list_latest(db.session),
        troubles=troubles.list_all(db.session, now=clock.now()),
        as_files=not settings().mail_server,
        frozen=outbox.find_freeze(db.session),
    )


@blueprint.get("/mail/<int:letter_id>")
@declares("administer")
def show_letter(letter_id: int) -> str:
    """Show a letter where letters are only written to files. A letter that is a key is never shown."""
    letter = outbox.get_letter(db.session, letter_id)
    if letter is None or settings().mail_server or letter.kind in outbox.UNSHOWN_KINDS | outbox.LINKED:
        raise NotFound(say("This letter cannot be shown."))
    return render_template("administration/letter.html", letter=letter)


@blueprint.post("/mail/<int:letter_id>")
@declares("administer")
def decide_on_letter(letter_id: int) -> Response:
    """Send a letter again that failed or is in doubt, know that it arrived, or let it go."""
    act = request.form.get("act", "")
    with unit_of_work(db.session) as now:
        tell(troubles.decide(db.session, letter_id, act, by=actor(), now=now), act)
    return redirect(url_for("administration.show_mail"))


@blueprint.get("/audit")
@declares("administer")
def show_audit() -> str:
    """Show the latest entries and whether the chain holds."""
    return render_template(
        "administration/audit.html", entries=audit.list_latest(db.session), first_bad=audit.verify(db.session)
    )
