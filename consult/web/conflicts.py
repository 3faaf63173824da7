"""Conflicts: what is disputed, one by one: the variants side by side, one choice for all, and what comes of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from consult import engine
from consult.errors import ConsultError, Invalid, Refused
from consult.models import db
from consult.rules.permissions import may
from consult.services import conflicts, dispositions
from consult.services.conflicts import COMBINE, OWN, TAKE, Choice, Dispute, Matter
from consult.services.dispositions import Numbered
from consult.services.entries import list_entries
from consult.unit_of_work import unit_of_work
from consult.web.guards import actor, declares, person
from consult.web.saved_forms import tell_saved
from consult.web.scope import Scope, round_scope

blueprint = Blueprint("conflicts", __name__)
Answered = str | tuple[str, int]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a choice will do: the paragraph as it will read, and the decision on each comment; or why it cannot be."""

    changes: tuple[engine.Change, ...] = ()
    decisions: tuple[tuple[Numbered, str], ...] = ()
    refusal: str = ""

    @property
    def is_gone(self) -> bool:
        """Whether nothing of the paragraph is left."""
        return not any(change.kind != "deleted" and change.text.strip() for change in self.changes)


def _may_decide(scope: Scope) -> bool:
    allowed = may(actor(), "disposition.decide", scope.facts).allowed
    return allowed and not scope.facts.is_open and scope.round.stage != "decided"


def _following(disputes: Sequence[Dispute], number: int) -> Dispute | None:
    """Return the first undecided dispute behind a number, else the first of all; None where all others are decided."""
    left = [d for d in disputes if not d.is_decided and d.number != number]
    return next((d for d in left if d.number > number), left[0] if left else None)


# ---- all of them ----------------------------------------------------------------------------------------------------


@blueprint.get("/rounds/<int:round_id>/conflicts")
@declares("disposition.see")
def index(round_id: int) -> str | Response:
    """List what is disputed in text order. With `paragraph`, a printed number, go to the first conflict in it.

    Accepted changes can contradict each other where no proposals do; then the comments on the paragraph are shown.
    """
    scope = round_scope(round_id, "disposition.see")
    disputes = conflicts.list_disputes(db.session, scope.round, scope.draft, list_entries(db.session, scope.round))
    wanted = request.args.get("paragraph", "")
    if wanted:
        found = [d for d in disputes if d.paragraph.number == wanted]
        first = next((d for d in found if not d.is_decided), found[0] if found else None)
        if first is None:
            return redirect(url_for("dispositions.index", round_id=round_id, paragraph=wanted))
        return redirect(url_for("conflicts.show", round_id=round_id, number=first.number))
    following = _following(disputes, 0)
    can_decide = _may_decide(scope)
    return render_template(
        "conflicts/index.html", scope=scope, disputes=disputes, following=following, can_decide=can_decide
    )


# ---- one of them ----------------------------------------------------------------------------------------------------


@blueprint.get("/rounds/<int:round_id>/conflicts/<int:number>")
@declares("disposition.see")
def show(round_id: int, number: int) -> str:
    """Show one conflict: its variants side by side, who wants each and why, and the choice made or to be made."""
    scope = round_scope(round_id, "disposition.see")
    disputes, matter = _look_at(scope, number)
    return _page(scope, disputes, matter, conflicts.choice_made(matter.dispute))


def _look_at(scope: Scope, number: int) -> tuple[list[Dispute], Matter]:
    entries = list_entries(db.session, scope.round)
    disputes = conflicts.list_disputes(db.session, scope.round, scope.draft, entries)
    return disputes, conflicts.look_at(db.session, scope.round, scope.draft, entries, disputes, number)


def _page(
    scope: Scope, disputes: Sequence[Dispute], matter: Matter, choice: Choice | None, refusal: str = "", given: str = ""
) -> str:
    places = range(len(matter.dispute.variants))
    changes = [conflicts.variant_changes(matter, (place,)) or () for place in places]
    texts = [_text_of(theirs) for theirs in changes]
    pairs = conflicts.list_pairs(matter)
    given = given or texts[0]
    return render_template(
        "conflicts/show.html",
        scope=scope,
        disputes=disputes,
        matter=matter,
        dispute=matter.dispute,
        changes=changes,
        texts=texts,
        pairs=pairs,
        choice=choice or Choice(""),
        given=given,
        typed=request.form,
        outlook=_outlook(matter, choice) if choice else None,
        refusal=refusal,
        following=_following(disputes, matter.dispute.number),
        can_decide=_may_decide(scope),
        may_decide=may(actor(), "disposition.decide", scope.facts).allowed,
    )


def _text_of(changes: Sequence[engine.Change]) -> str:
    return "".join(change.text for change in changes if change.kind != "deleted")


def _outlook(matter: Matter, choice: Choice) -> Outlook:
    try:
        answers = conflicts.answers_of(matter, choice)
        changes = conflicts.foresee(matter, answers)
    except Invalid as refusal:
        return Outlook(refusal=refusal.message)
    decided = tuple((item, answers[item.comment.id].decision) for item in matter.dispute.comments)
    return Outlook(changes, decided)


def _chosen(matter: Matter | None = None) -> tuple[Choice, str]:
    """Return the choice that the form makes, and the wording that was given to begin with.

    Whoever has not written a wording yet is given that of the variant which is chosen now.
    """
    form = request.form
    kind, _dash, place = form.get("choice", "").partition("-")
    ticked = {COMBINE: "combined", OWN: "met"}.get(kind)
    taken = form.getlist(ticked, int) if ticked else []
    if kind == TAKE and place.isascii() and place.isdigit() and len(place) < 9:
        taken = [int(place)]
    wording, given = (form.get(name, "").replace("\r\n", "\n") for name in ("wording", "given"))
    if matter is not None and kind == TAKE and wording == given and taken and taken[0] < len(matter.dispute.variants):
        wording = given = _text_of(conflicts.variant_changes(matter, taken) or ())
    return Choice(kind, frozenset(taken), wording, form.get("reason", "").replace("\r\n", "\n")), given


@blueprint.post("/rounds/<int:round_id>/conflicts/<int:number>/preview")
@declares("disposition.decide")
def preview(round_id: int, number: int) -> str:
    """Show what a choice will do, before it is saved: as a part of the page, or as the page without script."""
    scope = round_scope(round_id, "disposition.decide")
    dispositions.check_may_decide(scope.round, scope.now)
    disputes, matter = _look_at(scope, number)
    choice, given = _chosen(matter)
    if "HX-Request" in request.headers:
        return render_template("conflicts/_outlook.html", outlook=_outlook(matter, choice))
    return _page(scope, disputes, matter, choice, given=given)


@blueprint.post("/rounds/<int:round_id>/conflicts/<int:number>")
@declares("disposition.decide")
def settle(round_id: int, number: int) -> Response | Answered:
    """Decide on all comments of a conflict at once and go on to the next one that is not decided."""
    try:
        with unit_of_work(db.session) as now:
            scope = round_scope(round_id, "disposition.decide", now)
            dispute, made, disputes = conflicts.settle(
                db.session, scope.round, scope.draft, number, _chosen()[0],
                versions=_versions(), by=actor(), person=person(), now=now,
            )  # fmt: skip
            told = _told(dispute, [d.decision for d in made], sum(1 for d in disputes if not d.is_decided))
            following = _following(disputes, number)
    except (Invalid, Refused) as refusal:
        return _again(round_id, number, refusal)
    flash(told)
    if following is None:
        return tell_saved(redirect(url_for("conflicts.index", round_id=round_id)))
    return tell_saved(redirect(url_for("conflicts.show", round_id=round_id, number=following.number)))


def _again(round_id: int, number: int, refusal: ConsultError) -> Answered:
    """Return the page once more, as things now stand, with what was typed."""
    scope = round_scope(round_id, "disposition.see")
    disputes, matter = _look_at(scope, number)
    choice, given = _chosen(matter)
    return _page(scope, disputes, matter, choice, refusal.message, given), refusal.status


def _versions() -> dict[int, int]:
    """Return the versions of the decisions that the page was made with, by comment id."""
    pairs = [pair.partition(":") for pair in request.form.get("version", "").split()]
    return {
        int(c): int(v)
        for c, _colon, v in pairs
        if (c + v).isascii() and c.isdigit() and v.isdigit() and len(c + v) < 40
    }


def _told(dispute: Dispute, decisions: Sequence[str], left: int) -> str:
    taken = sum(1 for decision in decisions if decision != "not accepted")
    values = {"number": dispute.number, "accepted": taken, "others": len(decisions) - taken, "left": left}
    told = (
        _("Conflict %(number)s is decided. Comments accepted: %(accepted)s, not accepted: %(others)s.", **values),
        _("Conflicts left: %(left)s.", **values) if left else _("All conflicts are decided."),
    )
    return " ".join(told)
