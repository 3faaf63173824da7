"""What was transmitted, for whoever has the link in a letter: a page with the files. Only pressing a button takes one."""

from flask import Blueprint, render_template
from werkzeug.wrappers import Response

from consult import clock
from consult.errors import NotFound, Refused
from consult.models import TransmittalRecipient, db
from consult.phrases import say
from consult.services import consulted, packages, recipients, transmittals
from consult.unit_of_work import unit_of_work
from consult.web.guards import declares, storage
from consult.web.sending import attachment
from consult.web.transmittals import download_name

blueprint = Blueprint("transmitted", __name__)
UNKNOWN = say("This link opens nothing. Copy the whole link out of the letter, or ask whoever sent it for a new one.")


@blueprint.get("/transmitted/<token>")
@declares("public")
def show(token: str) -> str | tuple[str, int]:
    """Show the files. Mail scanners that fetch the link use nothing up and take nothing."""
    try:
        recipient = recipients.get_by_token(db.session, token, now=clock.now())
    except (NotFound, Refused) as refusal:
        message = UNKNOWN if isinstance(refusal, NotFound) else refusal.message
        return render_template("transmitted/refused.html", refusal=message), refusal.status
    return _page(recipient, token)


def _page(recipient: TransmittalRecipient, token: str) -> str:
    transmittal = recipient.transmittal
    deadline = transmittal.round.deadline
    return render_template(
        "transmitted/show.html",
        transmittal=transmittal,
        recipient=recipient,
        token=token,
        lead=consulted.leading_names(db.session, transmittal.round),
        zone=deadline.zone if deadline else "UTC",
        old=transmittal.replaces,
        newer=transmittals.find_replacement(db.session, transmittal),
        titles=packages.TITLES,
        package=packages.PACKAGE,
    )


@blueprint.post("/transmitted/<token>/<name>")
@declares("public")
def take(token: str, name: str) -> Response | tuple[str, int]:
    """Send a file, and record who took it and when."""
    try:
        with unit_of_work(db.session) as now:
            recipient = recipients.get_by_token(db.session, token, now=now)
            file = recipients.take_file(db.session, storage(), recipient, name, now=now)
            filename = download_name(recipient.transmittal, name)
    except (NotFound, Refused) as refusal:
        message = UNKNOWN if isinstance(refusal, NotFound) else refusal.message
        return render_template("transmitted/refused.html", refusal=message), refusal.status
    return attachment(file.data, filename, file.media_type)
