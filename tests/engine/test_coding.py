"""Values survive JSON; what does not fit is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult import engine
from consult.errors import Invalid

VALUES = (
    engine.Edit,
    engine.Remark,
    engine.Paragraph,
    engine.Notice,
    engine.Conflict,
    engine.Contribution,
    engine.Unplaced,
)


@given(st.data())
def test_values_come_back_as_they_were(data: st.DataObject) -> None:
    value = data.draw(st.sampled_from(VALUES).flatmap(st.from_type))
    assert engine.from_json(type(value), json.loads(json.dumps(engine.to_json(value)))) == value


def test_bytes_survive() -> None:
    value = engine.Consolidation(b"\0\xff", (), (), ())
    assert engine.from_json(engine.Consolidation, engine.to_json(value)) == value


@pytest.mark.parametrize("data", [{}, {"code": 1, "message": "m"}, {"code": "c", "message": "m", "extra": 1}, [], None])
def test_what_does_not_fit_is_refused(data: object) -> None:
    with pytest.raises(Invalid):
        engine.from_json(engine.Notice, data)
