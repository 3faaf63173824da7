"""No sentence for people is left untranslated: not in a template, not in a refusal, not in a catalogue."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from jinja2 import Environment, nodes

import words
from consult.catalogues import say_in
from consult.models import VISIBILITIES
from consult.phrases import say_many
from consult.rules.names import NAMES

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html")) + sorted((ROOT / "templates").rglob("*.txt"))
GETTEXT = ("_", "gettext", "ngettext")
SPOKEN = (*GETTEXT, "say", "say_many")
READ_ALOUD = ("title", "aria-label", "aria-description", "alt", "placeholder", "label", "data-confirm")
NOT_LANGUAGE = ("consult",)  # the name of the service
FILLED = "\x00"  # in the place of what a template fills in
LETTERS = re.compile(r"[^\W\d_]{2,}")
SENTENCE = re.compile(r"[^\W\d_]{2,}[,:;]? [^\W\d_]{2,}|^[A-Z][a-z]{2,}")
STORED = {word for kind in NAMES.values() for word in kind} | {
    *VISIBILITIES,
    "light dark",
    "working days",
}  # of machines, not for people
CLASSES_OF_A_MACRO = re.compile(
    f"[a-z-]+(?: [a-z-]+)* [a-z]+-{FILLED}[\\s{FILLED}]*"
)  # as in class="{{ looks_of(p) }}"
CLASSES = re.compile(r"[a-z0-9-]+(?: [a-z0-9-]+)*")


# ---- templates ------------------------------------------------------------------------------------------------------


class RawTexts(HTMLParser):
    """Collects the words that stand in the HTML itself, as text or in an attribute that is read aloud."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside.append(tag)
        for name, value in attrs:
            if name in READ_ALOUD or (name == "value" and dict(attrs).get("type") in ("submit", "button", "reset")):
                self._note(value or "")
            elif name.startswith("data-") and SENTENCE.search(value or ""):
                self._note(value or "")  # for a script to show

    def handle_endtag(self, tag: str) -> None:
        while self._inside and self._inside.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._inside[-1:] not in (["script"], ["style"]):
            self._note(data)

    def _note(self, text: str) -> None:
        words = [word for word in LETTERS.findall(text.replace(FILLED, " ")) if word not in NOT_LANGUAGE]
        if words and not CLASSES_OF_A_MACRO.fullmatch(text.strip()):
            self.found.append(text.strip())


def raw_texts(source: str) -> list[str]:
    """Return what a template shows without asking the catalogue: words of its HTML and sentences of its code."""
    tree = Environment(extensions=["jinja2.ext.i18n"], autoescape=True).parse(source)
    html = "".join(
        part.data if isinstance(part, nodes.TemplateData) else FILLED
        for output in tree.find_all(nodes.Output)
        for part in output.nodes
    )
    parser = RawTexts()
    parser.feed(re.sub(f"(</?){FILLED}", r"\1div", html))
    return parser.found + [text for text in _constants(tree) if SENTENCE.search(text) and not _is_for_machines(text)]


def _is_for_machines(text: str) -> bool:
    return text in STORED or ("-" in text and CLASSES.fullmatch(text) is not None)


def _constants(node: nodes.Node) -> Iterator[str]:
    """Yield the strings of a template's code but those that are looked up: compared, given to gettext or to a filter."""
    if isinstance(node, nodes.Const):
        if isinstance(node.value, str):
            yield node.value
        return
    if isinstance(node, nodes.Compare | nodes.Test | nodes.Getitem):
        return
    if isinstance(node, nodes.Filter) and node.name == "named":
        return
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in (*GETTEXT, "url_for"):
        yield from (text for value in node.kwargs for text in _constants(value))
        return
    for child in node.iter_child_nodes():
        yield from _constants(child)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_shows_nothing_but_what_the_catalogue_knows(path: Path) -> None:
    assert raw_texts(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "<p>Hand in</p>",
        '<p aria-label="Main">{{ _("Hand in") }}</p>',
        '<input type="submit" value="Save">',
        '<p data-failed="It could not be saved.">{{ _("Hand in") }}</p>',
        '<p>{{ "Hand in" }}</p>',
        '<p>{{ "Change it" if d else _("Decide") }}</p>',
        '{% for a, words in (("x", "do not take it"),) %}<p>{{ words }}</p>{% endfor %}',
        '<p>{{ _("%(a)s", a="two words") }}</p>',
        '<option>{{ "" }}all</option>',
        "{% macro m() %}<b>left</b>{% endmacro %}",
    ],
)
def test_a_raw_text_is_found(source: str) -> None:
    assert len(raw_texts(source)) == 1


def test_what_is_no_language_is_none() -> None:
    source = """<p class="a b" title="{{ _("Yes") }}">consult · {{ item.name }} – “{{ x|named("type") }}” 1.
    {% if place == "focal point" %}<a class="{{ 'btn btn-primary' if a }}" href="{{ url_for('a.b') }}">→</a>
    {% endif %}<input type="radio" value="accept"></p>"""
    assert raw_texts(source) == []
    assert raw_texts("{% macro looks(p) %}numbered{% if p %} listed level-{{ p }}{% endif %}{% endmacro %}") == []


# ---- code -----------------------------------------------------------------------------------------------------------

TOLD = {"NotFound": 0, "Forbidden": 0, "Refused": 0, "Invalid": 0, "Notice": 1, "flash": 0}
LAYERS = ("services", "rules", "web")


def unspoken(source: str) -> list[int]:
    """Return the lines in which somebody is told something as a plain string."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and (position := TOLD.get(getattr(node.func, "id", getattr(node.func, "attr", "")))) is not None
        and len(node.args) > position
        and any(_is_plain(part) for part in _choices(node.args[position]))
    ]


def _choices(node: ast.expr) -> list[ast.expr]:
    return [*_choices(node.body), *_choices(node.orelse)] if isinstance(node, ast.IfExp) else [node]


def _is_plain(node: ast.expr) -> bool:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SPOKEN:
        return not isinstance(node.args[0], ast.Constant)  # a pattern that cannot be gathered
    return isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp) or (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("format", "join")
    )


@pytest.mark.parametrize(
    "path", [path for layer in LAYERS for path in sorted((ROOT / "consult" / layer).glob("*.py"))], ids=lambda p: p.name
)
def test_people_are_told_nothing_that_is_not_in_the_catalogue(path: Path) -> None:
    assert unspoken(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        'raise Invalid("Choose a file.", "no-file")',
        'raise errors.Refused(f"{n} left")',
        'flash("Saved." if a else _("Not saved."))',
        'flash("Saved. " + more)',
        "raise Invalid(say(f'{n} left'))",
        'Notice("code", "The {} is gone.".format(what))',
    ],
)
def test_a_plain_string_is_found(source: str) -> None:
    assert unspoken(source) == [1]


def test_a_spoken_one_is_not() -> None:
    assert unspoken('raise Invalid(say("A %(b)s.", b=c), "code")\nflash(told)\nflash(_("Saved."), "warning")') == []


SCRIPTS = sorted((ROOT / "consult" / "static" / "script").glob("*.js"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_takes_its_sentences_from_the_page(path: Path) -> None:
    code = re.sub(
        r"^\s*//.*$|\s//\s.*$|/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL
    )
    strings = re.findall(r"\"((?:[^\"\\\n]|\\.)*)\"|'((?:[^'\\\n]|\\.)*)'|`([^`]*)`", code)
    told = [text for groups in strings for text in groups if re.search(r"[A-Z][a-z]+ [a-z]+|[a-z]+ [a-z]+[.!?…]", text)]
    assert told == []


# ---- catalogues -----------------------------------------------------------------------------------------------------

PLACE = re.compile(r"%\(\w+\)s|%%")
TAG = re.compile(r"<[^<>]*>|&\w+;")


@pytest.fixture(scope="module", name="found")
def _found() -> Catalog:
    return words.gather()


def _is_translated(message: Message | None) -> bool:
    if message is None or message.fuzzy:
        return False
    return all(message.string) if isinstance(message.string, tuple) else bool(message.string)


def translated(language: str) -> Catalog:
    """Return a catalogue that has been begun: from then on nothing may be missing in it."""
    catalogue = words.read(language)
    if not any(_is_translated(message) for message in catalogue if message.id):
        pytest.skip(f"nothing is translated into {language} yet")
    return catalogue


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_a_catalogue_is_up_to_its_sources(language: str, found: Catalog) -> None:
    ours, theirs = ({message.id for message in catalogue} for catalogue in (translated(language), found))
    assert (ours - theirs, theirs - ours) == (set(), set()), "run `make words`"


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_sentence_has_its_translation(language: str, found: Catalog) -> None:
    catalogue = translated(language)
    missing = [message.id for message in found if message.id and not _is_translated(catalogue.get(message.id))]
    assert missing == []


def test_a_sentence_counts_as_translated_in_all_its_forms_only() -> None:
    assert _is_translated(Message("a", "б"))
    assert _is_translated(Message(("a", "b"), ("в", "г", "д")))
    unfinished = (Message("a", ""), Message(("a", "b"), ("в", "", "д")), Message("a", "б", flags=["fuzzy"]), None)
    assert not any(_is_translated(message) for message in unfinished)


@pytest.mark.parametrize(
    ("count", "form"), [(1, 0), (21, 0), (2, 1), (34, 1), (0, 2), (5, 2), (11, 2), (12, 2), (111, 2)]
)
def test_russian_has_three_forms(count: int, form: int) -> None:
    translated("ru")
    source = words.read("ru").get("%(num)s comment of ours is not handed in")
    assert source is not None
    assert len(set(source.string)) == 3
    said = say_in("ru", say_many(*source.id, count))
    assert said == source.string[form] % {"num": count}


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_a_translation_has_the_places_and_tags_of_its_sentence(language: str) -> None:
    faults = [fault for message in words.read(language) if message.id for fault in _faults(message)]
    assert faults == []


def _faults(message: Message) -> Iterator[tuple[str, str]]:
    """Yield the forms of a translation that do not fit. Where one form is for one thing alone, it need not count it."""
    sources = message.id if isinstance(message.id, tuple) else (message.id,)
    forms = message.string if isinstance(message.string, tuple) else (message.string,)
    for number, form in enumerate(forms):
        allowed = sources if number == 0 and len(forms) == 2 else sources[-1:]
        if form and not any(_fits(form, source) for source in allowed):
            yield sources[-1], form


def _fits(form: str, source: str) -> bool:
    return (
        sorted(PLACE.findall(form)) == sorted(PLACE.findall(source))
        and sorted(TAG.findall(form)) == sorted(TAG.findall(source))
        and not re.search(r'["&<>]', TAG.sub("", form))
        and form == form.strip()
    )


@pytest.mark.parametrize(
    "form",
    [
        "<b>%(n)s</b> ",
        "<b>n</b>",
        "%(n)s",
        "<i>%(n)s</i>",
        '<b>"%(n)s"</b>',
        "<b>%(n)s</b> & co",
        "<b>%(m)s</b>",
        "%(n)d",
    ],
)
def test_a_translation_that_does_not_fit_is_found(form: str) -> None:
    assert list(_faults(Message("<b>%(n)s</b>", form))) == [("<b>%(n)s</b>", form)]
    assert list(_faults(Message("<b>%(n)s</b>", "« <b>%(n)s</b> »"))) == []


def test_only_a_form_for_one_thing_alone_need_not_count_it() -> None:
    source = ("one of %(a)s", "%(num)s of %(a)s")
    assert list(_faults(Message(source, ("un de %(a)s", "%(num)s de %(a)s")))) == []
    assert len(list(_faults(Message(source, ("%(num)s de %(a)s", "de %(a)s"))))) == 1
    assert len(list(_faults(Message(source, ("одно %(a)s", "%(num)s %(a)s", "%(num)s %(a)s"))))) == 1


def test_the_last_of_the_forms_is_the_one_with_all_places(found: Catalog) -> None:
    for message in found:
        if isinstance(message.id, tuple):
            one, many = (set(PLACE.findall(form)) for form in message.id)
            assert one <= many, message.id
            assert "%(num)s" in many, message.id
