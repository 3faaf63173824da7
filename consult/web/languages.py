"""The language of a page: the person's own, else the one chosen in this browser, else the browser's first that we know."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from babel.support import NullTranslations
from flask import Blueprint, Flask, g, redirect, request, url_for
from flask_babel import Babel, Domain
from jinja2 import pass_context, pass_eval_context
from jinja2.nodes import EvalContext
from jinja2.runtime import Context
from markupsafe import Markup, escape
from werkzeug.wrappers import Response

from consult import catalogues
from consult.catalogues import LANGUAGES, SOURCE, catalogue, counted, say_in
from consult.errors import Invalid
from consult.models import db
from consult.phrases import say
from consult.rules.names import name_of
from consult.rules.permissions import ANONYMOUS
from consult.services import people
from consult.unit_of_work import unit_of_work
from consult.web.guards import actor, declares, person, settings

blueprint = Blueprint("languages", __name__)
COOKIE = "consult_language"
A_YEAR = 365 * 24 * 3600
HERE = "consult.language"  # in the request's own environment: it is found out once


def language() -> str:
    """Return the language of this request."""
    found = request.environ.get(HERE)
    if found is None:
        actor_ = getattr(g, "actor", ANONYMOUS)
        chosen = chosen_language() if actor_.part is not None else ""  # a colleague's choice lasts in this browser only
        found = chosen or actor_.language or asked_language() or SOURCE
        request.environ[HERE] = found
    return str(found)


def asked_language() -> str:
    """Return the language that was chosen in this browser or that it asks for; "" where it asks for none of ours."""
    return chosen_language() or request.accept_languages.best_match(LANGUAGES) or ""


def chosen_language() -> str:
    """Return the language that was chosen in this browser; "" for none."""
    chosen = request.cookies.get(COOKIE, "")
    return chosen if chosen in LANGUAGES else ""


def said(message: str) -> str:
    """Return a sentence in the language of this request. What is no Phrase is returned as it is."""
    return say_in(language(), message)


def named(word: str, kind: str) -> str:
    """Return what a stored word (a type, a decision, a state) is called in the language of this request."""
    return said(name_of(word, kind))


def initial(words: str) -> str:
    """Return words with a capital at their beginning, the rest as it is."""
    return words[:1].upper() + words[1:]


def when(instant: Any, zone: str) -> str:
    """Return an instant as people of a zone read it in the language of this request."""
    return catalogues.when(instant, zone, language())


def exactly(instant: Any, zone: str) -> str:
    """Return an instant to the second, in a zone and in UTC, in the language of this request."""
    return catalogues.exactly(instant, zone, language())


def when_there(instant: Any, zone: str, there: str) -> str:
    """Return an instant as people in another zone read it in the language of this request; "" where it is the same zone."""
    return catalogues.when_there(instant, zone, there, language())


def when_in_full(instant: Any, zone: str) -> str:
    """Return an instant with its day of the week in the language of this request."""
    return catalogues.when_in_full(instant, zone, language())


def day_in_words(day: Any) -> str:
    """Return a day in the language of this request."""
    return catalogues.day_in_words(day, language())


def country_in_words(code: str) -> str:
    """Return the name of a country in the language of this request."""
    return catalogues.country_in_words(code, language())


def in_order(items: Any, attribute: str = "name") -> list[Any]:
    """Return items by name in the order of this request's language."""
    return catalogues.in_order(items, attribute, language())


# ---- choosing -------------------------------------------------------------------------------------------------------


@blueprint.post("/language")
@declares("public")
def choose() -> Response:
    """Keep the choice: in this browser, and for a person who is signed in also for letters and other browsers."""
    chosen = request.form.get("language", "")
    if chosen not in LANGUAGES:
        raise Invalid(say("Choose one of the languages on the page."), "unknown-language")
    if actor().person_id is not None:
        with unit_of_work(db.session) as now:
            people.set_language(db.session, person=person(), language=chosen, by=actor(), now=now)
    response = redirect(people.safe_path(request.form.get("next", "")) or url_for("home.show"))
    response.set_cookie(
        COOKIE, chosen, max_age=A_YEAR, httponly=True, secure=settings().is_https, samesite="Lax", path="/"
    )
    return response


# ---- templates ------------------------------------------------------------------------------------------------------


class Catalogues(Domain):  # type: ignore[misc]
    """Where Flask-Babel's gettext looks: in our catalogues, in the language of the request."""

    def get_translations(self) -> NullTranslations:
        """Return the catalogue of this request's language."""
        return catalogue(language())


@pass_eval_context
def _gettext(context: EvalContext, pattern: str, /, **values: Any) -> str:
    here = language()
    return _filled(context, here, catalogue(here).ugettext(pattern), values)


@pass_eval_context
def _ngettext(context: EvalContext, one: str, many: str, num: int, /, **values: Any) -> str:
    here = language()
    values["num"] = num
    return _filled(context, here, catalogue(here).ungettext(one, many, num), values)


def _filled(context: EvalContext, here: str, pattern: str, values: dict[str, Any]) -> str:
    """Return a sentence with its values; in HTML the sentence may have tags and the values are escaped."""
    for name, value in values.items():
        if type(value) is int:
            values[name] = counted(here, name, value)
        elif context.autoescape:
            values[name] = escape(value)
    filled = pattern % values
    return Markup(filled) if context.autoescape else filled  # noqa: S704 - a sentence of ours, its values are escaped


FILTERS = (said, named, initial, when, when_there, when_in_full, exactly, day_in_words, country_in_words, in_order)


def in_templates(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a filter that is asked for every request anew: one of a constant would be asked once, for all languages."""

    @pass_context
    @wraps(function)
    def asked(context: Context, /, *arguments: Any, **named: Any) -> Any:
        return function(*arguments, **named)

    return asked


def add_to(app: Flask) -> None:
    """Let templates write {{ _("…") }}, {{ ngettext("…", "…", n) }}, {{ message|said }}, {{ word|named("type") }}."""
    babel = Babel(app, locale_selector=language)
    babel.domain_instance = Catalogues()
    app.jinja_env.globals.update(
        _=_gettext, gettext=_gettext, ngettext=_ngettext, language=language, languages=LANGUAGES
    )
    app.jinja_env.filters.update({filter_.__name__: in_templates(filter_) for filter_ in FILTERS})
