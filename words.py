"""Gather every sentence for people from the templates and the code, and bring the catalogues up to it: `make words`.

A catalogue has no dates and no line numbers, so it changes only when the words do. What is new has an empty
translation, what is gone is dropped; nothing is guessed.
"""

import sys
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent
TRANSLATIONS = ROOT / "consult" / "translations"
LANGUAGES = ("fr", "de", "it", "ru", "es")
SOURCES = (("consult/**.py", "python"), ("templates/**.html", "jinja2"), ("templates/**.txt", "jinja2"))
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "say": None, "say_many": (1, 2)}
HEAD = """\
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural}\\n"

"""


def gather() -> Catalog:
    """Return all sentences of the project."""
    found = Catalog()
    folders = {"consult": SOURCES[:1], "templates": SOURCES[1:]}
    for folder, methods in folders.items():
        inside = [(pattern.partition("/")[2], method) for pattern, method in methods]
        for name, _, message, comments, context in extract_from_dir(
            str(ROOT / folder), method_map=inside, keywords=KEYWORDS
        ):
            found.add(message, None, [(f"{folder}/{name}", 0)], auto_comments=comments, context=context)
    return found


def path_of(language: str) -> Path:
    """Return where a language's catalogue is."""
    return TRANSLATIONS / language / "LC_MESSAGES" / "messages.po"


def read(language: str) -> Catalog:
    """Return a language's catalogue; an empty one where there is none yet."""
    if not path_of(language).exists():
        return Catalog(locale=language)
    with path_of(language).open("rb") as file:
        return read_po(file, locale=language)


def updated(language: str, found: Catalog) -> str:
    """Return a language's catalogue with these sentences, as it is written."""
    catalogue = read(language)
    catalogue.update(found, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    written = BytesIO()
    write_po(
        written, catalogue, width=0, omit_header=True, sort_by_file=True, ignore_obsolete=True, include_lineno=False
    )
    return HEAD.format(language=language, plural=catalogue.plural_forms) + written.getvalue().decode().strip() + "\n"


def main() -> int:
    """Write all catalogues."""
    found = gather()
    for language in LANGUAGES:
        text = updated(language, found)
        path_of(language).parent.mkdir(parents=True, exist_ok=True)
        path_of(language).write_text(text, encoding="utf-8")
    sys.stdout.write(f"{sum(1 for message in found if message.id)} sentences\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
