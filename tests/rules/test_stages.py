"""The stages of a round and its moves."""

import pytest

from consult.errors import Refused
from consult.models import STAGES
from consult.rules.stages import BECAUSE, MOVES, check_move, may_move


def test_a_round_moves_one_step_at_a_time_and_may_be_consolidated_again() -> None:
    allowed = {(stage, to) for stage in STAGES for to in STAGES if may_move(stage, to)}
    assert allowed == {
        ("planned", "open"),
        ("open", "closed"),
        ("open", "cancelled"),
        ("closed", "consolidated"),
        ("consolidated", "consolidated"),
        ("consolidated", "decided"),
    }


@pytest.mark.parametrize("stage", STAGES)
def test_a_move_that_is_not_allowed_is_refused_with_where_the_round_stands(stage: str) -> None:
    for to in set(STAGES) - set(MOVES[stage]):
        with pytest.raises(Refused) as refused:
            check_move(stage, to)
        assert refused.value.message == BECAUSE[stage]
    for to in MOVES[stage]:
        check_move(stage, to)
