"""The language of a page: what gettext says, and sentences from below said in it."""

from flask import Flask, request
from flask_babel import Babel, gettext, ngettext

from consult.phrases import Phrase
from consult.rules.names import name_of

LANGUAGES = ("en", "fr", "de", "it", "ru", "es")


def language() -> str:
    """Return the language of this request."""
    return request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]


def said(message: str) -> str:
    """Return a sentence in the language of this request. What is no Phrase is returned as it is."""
    if not isinstance(message, Phrase):
        return message
    values = {name: said(value) if isinstance(value, str) else value for name, value in message.values.items()}
    if message.many:
        return str(ngettext(message.pattern, message.many, values.pop("num"), **values))
    return str(gettext(message.pattern, **values))


def named(word: str, kind: str) -> str:
    """Return what a stored word (a type, a decision, a state) is called in the language of this request."""
    return said(name_of(word, kind))


def initial(words: str) -> str:
    """Return words with a capital at their beginning, the rest as it is."""
    return words[:1].upper() + words[1:]


def add_to(app: Flask) -> None:
    """Let templates write {{ _("…") }}, {{ ngettext("…", "…", n) }} and {{ message|said }}, {{ word|named("type") }}."""
    Babel(app, locale_selector=language)
    app.jinja_env.filters.update(said=said, named=named, initial=initial)
    app.jinja_env.globals["language"] = language
