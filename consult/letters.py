"""templates/mail/<kind>/ and facts -> a Letter in the language of its reader: subject, text and simple HTML.

What several letters have in common stands in templates/mail-parts/.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import jinja2

from consult import paths
from consult.catalogues import SOURCE, catalogue, exactly, say_in, when


@dataclass(frozen=True, slots=True)
class Letter:
    """A composed mail without a recipient."""

    kind: str
    subject: str
    text: str
    html: str


@cache
def _environment(language: str) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader((paths.TEMPLATES / "mail", paths.TEMPLATES / "mail-parts")),
        autoescape=jinja2.select_autoescape(("html",), default=False),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    words = catalogue(language)
    environment.install_gettext_callables(words.ugettext, words.ungettext, newstyle=True)  # type: ignore[attr-defined]
    environment.filters["when"] = partial(when, language=language)
    environment.filters["exactly"] = partial(exactly, language=language)
    environment.filters["said"] = partial(say_in, language)
    return environment


def write_letter(kind: str, facts: Mapping[str, Any], language: str = SOURCE) -> Letter:
    """Return the letter of a kind. A fact the template names and nobody gave is an error, not a gap in the letter."""
    environment = _environment(language)
    subject = " ".join(environment.get_template(f"{kind}/subject.txt").render(facts).split())
    text = environment.get_template(f"{kind}/body.txt").render(facts).strip() + "\n"
    html = environment.get_template(f"{kind}/body.html").render(facts).strip() + "\n"
    return Letter(kind, subject, text, html)
