"""The language of a page: what gettext says, and sentences from below said in it."""

from flask import Flask, request
from flask_babel import Babel, gettext, ngettext

from consult.phrases import Phrase

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


def add_to(app: Flask) -> None:
    """Let templates write {{ _("…") }}, {{ ngettext("…", "…", n) }} and {{ message|said }}."""
    Babel(app, locale_selector=language)
    app.jinja_env.filters["said"] = said
    app.jinja_env.globals["language"] = language
