"""Letters of a no-objection round: the announcement, that the time runs out, and how it ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from consult.models import NoObjectionAnswer, Organisation, Round
from consult.rules.names import name_of
from consult.rules.no_objections import FIXED, RULE, TOLD
from consult.services import invitations, outbox
from consult.unit_of_work import AnySession

EVERYBODY = ("lead", "co-lead", "consulted", "observer")
PAGE = "no-objection"


@dataclass(frozen=True, slots=True)
class Ending:
    """How a round ended: its state, the answer that ended it if one did, and its amendment in sentences."""

    state: str
    first: NoObjectionAnswer | None
    changes: Sequence[str]


def announce(session: AnySession, round_: Round, *, base_url: str, now: datetime) -> None:
    """Tell everybody who takes part but the lead that the round is announced, with its rule."""
    held = round_.no_objection
    if held is None:
        raise RuntimeError("only a no-objection round is announced")
    asked = {o.id for o in invitations.organisations_with(session, round_, invitations.ASKED)}
    facts: dict[str, Any] = {
        "starts": held.starts_at if held.starts_at > now else None,
        "zone": round_.deadline.zone if round_.deadline else "UTC",
        "expires": round_.deadline.at if round_.deadline else now,
        "sha256": held.file_sha256,
        "invitation": round_.invitation,
        "rule": RULE,
        "told": TOLD,
        "fixed": FIXED,
        "with_text": held.text_in_letters,
    }
    for organisation in invitations.organisations_with(session, round_, EVERYBODY[1:]):
        invitations.send(
            session, round_, "no-objection", [organisation], occasion="announced", base_url=base_url, now=now, page=PAGE,
            observes=organisation.id not in asked, **facts,
        )  # fmt: skip


def remind(
    session: AnySession, round_: Round, organisation: Organisation, *, occasion: str, base_url: str, now: datetime
) -> None:
    """Tell an organisation that the time runs out: nothing else, and nothing of what others have answered."""
    expires = round_.deadline.at if round_.deadline else now
    invitations.send(
        session, round_, "no-objection-reminder", [organisation], occasion=occasion, base_url=base_url,
        now=now, page=PAGE, expires=expires,
    )  # fmt: skip


def withdraw_reminders(session: AnySession, round_: Round, organisation_id: int | None = None) -> None:
    """Take back what has not left the outbox yet and says that the time runs out: somebody has answered, or it is over."""
    of_whom = "" if organisation_id is None else f"{organisation_id}:"
    outbox.withdraw(session, f"no-objection-reminder:{round_.id}:{of_whom}")


def tell_end(session: AnySession, round_: Round, ending: Ending, *, base_url: str, now: datetime) -> None:
    """Tell everybody who takes part, the lead too, how the round has ended."""
    held, first = round_.no_objection, ending.first
    with_text = held is not None and held.text_in_letters
    facts: dict[str, Any] = {
        "state": ending.state,
        "zone": round_.deadline.zone if round_.deadline else "UTC",
        "expires": round_.deadline.at if round_.deadline else now,
        "who": first.organisation.name if first else "",
        "at": first.at if first else now,
        "answer": name_of(first.kind, "answer") if first else "",
        "paragraph": first.paragraph.number if first and first.paragraph else "",
        "words": first.text if first and with_text else "",
        "changes": list(ending.changes) if with_text else [],
        "reason": held.withdrawal_reason if held else "",
    }
    everybody = {o.id: o for o in invitations.organisations_with(session, round_, EVERYBODY)}
    invitations.send(
        session, round_, "no-objection-end", everybody.values(), occasion=ending.state, base_url=base_url, now=now,
        page=PAGE, **facts,
    )  # fmt: skip
