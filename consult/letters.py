"""templates/mail/<kind>/ and facts -> a Letter: subject, text and simple HTML."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import jinja2

from consult import paths


@dataclass(frozen=True, slots=True)
class Letter:
    """A composed mail without a recipient."""

    kind: str
    subject: str
    text: str
    html: str


def when(instant: datetime, zone: str) -> str:
    """Return an instant as people of a zone read it: 27 Nov 2026, 17:00 (Europe/Vienna)."""
    local = instant.astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%b %Y, %H:%M} ({zone})"


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(paths.TEMPLATES / "mail"),
        autoescape=jinja2.select_autoescape(("html",), default=False),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["when"] = when
    return environment


def write_letter(kind: str, facts: Mapping[str, Any]) -> Letter:
    """Return the letter of a kind. A fact the template names and nobody gave is an error, not a gap in the letter."""
    environment = _environment()
    subject = " ".join(environment.get_template(f"{kind}/subject.txt").render(facts).split())
    text = environment.get_template(f"{kind}/body.txt").render(facts).strip() + "\n"
    html = environment.get_template(f"{kind}/body.html").render(facts).strip() + "\n"
    return Letter(kind, subject, text, html)
