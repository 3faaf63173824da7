"""Values survive JSON; what does not fit is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consult import engine
from consult.errors import Invalid
from consult.phrases import Phrase, say, say_many

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


def test_a_sentence_comes_back_with_its_pattern_and_values() -> None:
    inner = say("the whole draft")
    for phrase in (
        say("“%(words)s” is 100 %% of %(what)s.", words="Ж %s", what=inner),
        say("Less than 5 % matched."),
        say_many("%(num)s change by %(name)s", "%(num)s changes by %(name)s", 2, name="MDA"),
    ):
        back = engine.from_json(engine.Notice, json.loads(json.dumps(engine.to_json(engine.Notice("a", phrase)))))
        assert isinstance(back.message, Phrase)
        assert (back.message, back.message.pattern, back.message.many) == (phrase, phrase.pattern, phrase.many)
        assert back.message.values == phrase.values
    assert engine.from_json(engine.Notice, {"code": "a", "message": "as it was stored once"}).message.startswith("as")


@pytest.mark.parametrize(
    "stored",
    [
        {"say": "%(x)999999999s", "many": "", "values": {"x": "a"}},
        {"say": "%(x)s and %(y)s", "many": "", "values": {"x": "a"}},
        {"say": "%s", "many": "", "values": {"x": "a"}},
        {"say": "%(x)s", "many": "", "values": {"x": ["a"]}},
        {"say": "", "many": "", "values": {}},
        {"say": "one", "many": "%(num)s", "values": {"num": "5"}},
        {"say": "%(x)s", "values": {"x": "a"}},
    ],
)
def test_a_sentence_that_does_not_fit_its_values_is_refused(stored: object) -> None:
    with pytest.raises(Invalid) as refusal:
        engine.from_json(str, stored)
    assert refusal.value.reason == "wrong-data"


def test_a_report_has_plain_sentences() -> None:
    notice = engine.Notice("a", say("%(what)s is gone.", what=say("the whole draft")))
    assert engine.to_report([notice])[0]["message"] == "the whole draft is gone."
