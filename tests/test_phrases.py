"""Sentences that remember their pattern."""

from flask import Flask

from consult.phrases import Phrase, say, say_many
from consult.web.languages import said


def test_a_phrase_is_its_english_sentence() -> None:
    phrase = say("“%(quote)s” does not stand in paragraph %(number)s.", quote="100 %", number="5")
    assert phrase == "“100 %” does not stand in paragraph 5."
    assert (phrase.pattern, phrase.values["number"]) == ("“%(quote)s” does not stand in paragraph %(number)s.", "5")


def test_a_phrase_without_values_may_hold_a_percent_sign() -> None:
    assert say("Less than 5 % of it matched.") == "Less than 5 % of it matched."


def test_a_count_chooses_its_sentence() -> None:
    assert [say_many("%(num)s comment", "%(num)s comments", n) for n in (1, 2)] == ["1 comment", "2 comments"]


def test_what_is_said_in_english_is_the_phrase_itself(app: Flask) -> None:
    inner = say("the whole draft")
    phrase = say("This is about %(what)s.", what=inner)
    with app.test_request_context():
        assert said(phrase) == "This is about the whole draft."
        assert said(say_many("%(num)s comment", "%(num)s comments", 2)) == "2 comments"
        assert said("plain") == "plain"
    assert isinstance(phrase.values["what"], Phrase)
