"""Opening a consultation: the draft, who is asked, until when, who sees what; then circulating it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from consult.errors import Forbidden, Invalid
from consult.models import VISIBILITIES, Consultation, Deadline, Participation, Person, Round, RoundDraft
from consult.phrases import say
from consult.rules.entering import Entry
from consult.rules.permissions import Actor
from consult.rules.stages import check_move
from consult.services import audit, deadlines, drafts, invitations, letter_plans, reckoning
from consult.storage import Storage
from consult.unit_of_work import AnySession

PLACES = ("co-lead", "consulted", "observer")


@dataclass(frozen=True, slots=True)
class Terms:
    """What a round is circulated with. `places` is organisation id -> place; the deadline is wall time and zone.

    The grace, if there shall be one, is whole hours after the deadline or a wall time in the same zone. With a `count`
    the deadline is so many working days, days, weeks or hours from now, and what that comes to was `seen`.
    """

    places: Mapping[int, str]
    wall: str
    zone: str
    visibility: str
    invitation: str
    grace_hours: str = ""
    grace_wall: str = ""
    count: str = ""
    unit: str = ""
    time: str = ""
    chosen: str = ""
    grace_chosen: str = ""
    seen: str = ""

    @property
    def entry(self) -> Entry:
        """The deadline as it was typed."""
        return Entry(**{field.name: getattr(self, field.name) for field in fields(Entry)})


def open_consultation(
    session: AnySession,
    storage: Storage,
    *,
    title: str,
    reference: str,
    organisation_id: int,
    filename: str,
    upload: drafts.Upload,
    by: Actor,
    person: Person,
    now: datetime,
) -> Round:
    """Open a consultation with a planned first round on a draft. Nobody is asked yet.

    Only a focal point of the organisation that shall lead may do this; otherwise Forbidden is raised.
    """
    if organisation_id not in by.focal_point_of:
        raise Forbidden(say("Only a focal point of the lead organisation may open a consultation for it."))
    title = " ".join(title.split()) or upload.read.title or "Untitled draft"
    consultation = Consultation(
        title=title[:300], reference=reference.strip()[:60], opened_by_id=person.id, created_at=now
    )
    consultation.participations = [Participation(organisation_id=organisation_id, place="lead")]
    session.add(consultation)
    session.flush()
    draft = drafts.keep_draft(
        session, storage, consultation=consultation, filename=filename, upload=upload, by=person, now=now
    )
    round_ = Round(consultation_id=consultation.id, number=1)
    session.add(round_)
    session.flush()
    session.add(RoundDraft(round_id=round_.id, draft_id=draft.id))
    audit.record(
        session, by=by, action="consultation.open", object_kind="round", object_id=round_.id, now=now,
        draft=draft.file_sha256, organisation=organisation_id,
        **({"uploaded": hashlib.sha256(upload.original).hexdigest()} if upload.original else {}),
    )  # fmt: skip
    return round_


def circulate(
    session: AnySession,
    round_: Round,
    terms: Terms,
    *,
    by: Actor,
    reminder_days: Sequence[int],
    base_url: str,
    now: datetime,
) -> None:
    """Open the round: set its terms, plan its reminders and closing, invite everybody.

    Raises Invalid for a deadline that is not to come or not a time, for nobody to ask, for an unknown place. The lead's
    own place stays.
    """
    check_move(round_.stage, "open")
    settled = reckoning.settle_entry(session, round_, terms.entry, seen=terms.seen, now=now)
    at, grace = settled.at, settled.grace_until
    if at <= now:
        raise Invalid(say("The deadline is in the past. Choose a day and time to come."), "deadline-past")
    if terms.visibility not in VISIBILITIES:
        raise Invalid(say("Choose who sees whose comments."), "bad-visibility")
    set_places(session, round_, terms.places)
    round_.visibility, round_.invitation = terms.visibility, terms.invitation.strip()
    round_.deadline = Deadline(at=at, zone=terms.zone, wall=settled.wall, grace_until=grace, set_at=now)
    round_.stage, round_.circulated_at = "open", now
    session.flush()
    deadlines.plan_round(session, round_, reminder_days=reminder_days, now=now)
    with_text = letter_plans.plan_of(session, round_).with_text
    invitations.invite(session, round_, base_url=base_url, now=now, with_text=with_text)
    audit.record(
        session, by=by, action="round.circulate", object_kind="round", object_id=round_.id, now=now,
        deadline=at.isoformat(), grace_until=grace and grace.isoformat(),
        organisations=sorted(terms.places), visibility=terms.visibility, **reckoning.as_facts(terms.entry),
    )  # fmt: skip


def set_places(session: AnySession, round_: Round, places: Mapping[int, str]) -> None:
    """Say who takes part and how. The lead's own place stays. Raises Invalid for nobody to ask or an unknown place."""
    if unknown := set(places.values()) - set(PLACES):
        raise Invalid(
            say("There is no such place in a consultation: %(places)s.", places=", ".join(sorted(unknown))), "bad-place"
        )
    leading = {p.organisation_id for p in round_.consultation.participations if p.place == "lead"}
    asked = {organisation: place for organisation, place in places.items() if organisation not in leading}
    if not any(place in ("co-lead", "consulted") for place in asked.values()):
        raise Invalid(say("Choose at least one organisation to consult."), "nobody-asked")
    known = {p.organisation_id: p for p in round_.consultation.participations}
    kept = [p for p in round_.consultation.participations if p.place == "lead"]
    for organisation, place in sorted(asked.items()):
        participation = known.get(organisation) or Participation(organisation_id=organisation)
        participation.place = place
        kept.append(participation)
    round_.consultation.participations = kept
    session.flush()
