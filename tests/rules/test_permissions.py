"""Laws of the permissions: what a colleague with a delegated part may do, whatever the round is like."""

import itertools
from collections.abc import Iterator

import pytest

from consult.rules.permissions import ACTIONS, ANONYMOUS, Actor, Facts, Part, may

PART = Part(delegation_id=7, organisation_id=3, round_id=1, draft_id=1, first=2, last=5)
COLLEAGUE = Actor(None, name="Ana", part=PART)
OF_A_PART = frozenset(("part.words", "part.read", "part.write"))
PLACES = ({}, {3: "consulted"}, {3: "lead"}, {3: "co-lead"}, {3: "observer"}, {4: "consulted"})


def all_facts(**own: object) -> Iterator[Facts]:
    """Yield every kind of round, with comments of the colleague's own organisation and of another in it."""
    stages = ("planned", "open", "closed", "consolidated", "decided", "cancelled")
    visibilities = ("closed", "after own submission", "open")
    flags = itertools.product((False, True), repeat=3)
    for places, stage, visibility, (circulated, is_open, submitted), organisation in itertools.product(
        PLACES, stages, visibilities, tuple(flags), (None, 3, 4)
    ):
        yield Facts(
            places=places, stage=stage, visibility=visibility, is_circulated=circulated, is_open=is_open,
            is_submitted=submitted, submitted=frozenset((3,)) if submitted else frozenset(), releases=int(submitted),
            organisation_id=organisation, **own,
        )  # fmt: skip


@pytest.mark.parametrize("action", sorted(ACTIONS.keys() - OF_A_PART - {"public"}))
def test_a_colleague_with_a_part_does_and_sees_nothing_else(action: str) -> None:
    for facts in (*all_facts(), *all_facts(delegation_id=PART.delegation_id, place=3)):
        decision = may(COLLEAGUE, action, facts)
        assert (decision.allowed, decision.visible) == (False, False), facts


@pytest.mark.parametrize("action", sorted(OF_A_PART))
def test_a_part_exists_for_its_colleague_alone(action: str) -> None:
    people = (
        ANONYMOUS,
        Actor(1, is_administrator=True, contributor_of=frozenset((3,)), focal_point_of=frozenset((3,))),
        Actor(None, part=Part(8, 3, 1, 1, 2, 5)),
    )
    for facts in all_facts(delegation_id=PART.delegation_id):
        assert not any(may(other, action, facts).visible for other in people)
        assert may(COLLEAGUE, action, facts).allowed == (facts.organisation_id in (None, 3))
    assert not any(may(COLLEAGUE, action, facts).visible for facts in all_facts())


def test_a_part_reaches_from_its_first_to_its_last_paragraph() -> None:
    held = [place for place in range(9) if may(COLLEAGUE, "part.read", Facts(delegation_id=7, place=place)).allowed]
    assert held == [2, 3, 4, 5]
