"""Pages and letters in the reader's language: chosen, remembered, and with no word of English left in them."""

import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import write_po
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import meta

import words
from consult import catalogues, letters, paths
from consult.catalogues import LANGUAGES
from consult.models import OutboxLetter, Person, Round, db
from consult.phrases import say
from consult.rules.faults import FAULTS
from consult.rules.permissions import COMMAND
from consult.services import invitations, people
from consult.services.letter_words import Told
from consult.unit_of_work import unit_of_work
from consult.web.languages import COOKIE as LANGUAGE_COOKIE
from tests import factories
from tests.conftest import BASE_URL
from tests.factories import START
from tests.pages import PAGES
from tests.world import REFUSALS, World, make_world

NOT_WORDS = re.compile(r"(%\(\w+\)s|%%|<[^<>]*>|&\w+;)")
MASK = "ж"


def masked(sentence: str) -> str:
    """Return a sentence in a language whose only letter is ж."""
    return "".join(
        part if NOT_WORDS.fullmatch(part) else re.sub(r"[A-Za-z]", MASK, part) for part in NOT_WORDS.split(sentence)
    )


def forget() -> None:
    catalogues.catalogue.cache_clear()
    letters._environment.cache_clear()


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Make every language the one of ж."""
    folder = tmp_path_factory.mktemp("translations")
    for language in words.LANGUAGES:
        catalogue = words.read(language)
        catalogue.update(words.gather(), no_fuzzy_matching=True)
        for message in catalogue:
            if isinstance(message.id, tuple):
                message.string = tuple(masked(message.id[-1]) for _ in range(catalogue.num_plurals))
            elif message.id:
                message.string = masked(message.id)
        (folder / language / "LC_MESSAGES").mkdir(parents=True)
        with (folder / language / "LC_MESSAGES" / "messages.po").open("wb") as file:
            write_po(file, catalogue)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paths, "TRANSLATIONS", folder)
        forget()
        yield
    forget()


class Shown(HTMLParser):
    """Collects what is shown or read aloud, but for what is marked as of another language: lang="", lang="en" …"""

    EMPTY = frozenset(("input", "br", "hr", "meta", "link", "img", "wbr", "source", "col"))
    ALOUD = ("title", "aria-label", "alt", "placeholder")

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []
        self._hidden: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        other = tag in ("script", "style", "datalist") or "lang" in given
        hidden = (other or any(self._hidden[-1:])) and given.get("lang") != "ru"
        self.told += [given[name] or "" for name in self.ALOUD if name in given and not hidden]
        if "lang" not in given:
            self.told += [value or "" for name, value in attrs if name.startswith("data-") and " " in (value or "")]
        if tag not in self.EMPTY:
            self._hidden.append(hidden)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.EMPTY and self._hidden:
            self._hidden.pop()

    def handle_data(self, data: str) -> None:
        if not any(self._hidden[-1:]):
            self.told.append(data)


def latin_words(page: str) -> set[str]:
    shown = Shown()
    shown.feed(page)
    return {word for text in shown.told for word in re.findall(r"[A-Za-z][A-Za-z'’-]+", text)}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("world"))


def names_of(world: World) -> set[str]:
    """Return the words of names: of people, organisations, consultations, files, zones; and of the service itself."""
    queries = (
        "SELECT name, code, time_zone FROM organisation",
        "SELECT name, email FROM person",
        "SELECT title, reference FROM consultation",
        "SELECT filename FROM returned_copy",
        "SELECT name, email FROM delegation",
        "SELECT filename FROM filled_matrix",
        "SELECT name FROM transmittal_file",
        "SELECT name FROM body",
        "SELECT subject, recipient, answer FROM outbox_letter",
    )
    with world.app.app_context():
        told = " ".join(str(value) for query in queries for row in db.session.execute(db.text(query)) for value in row)
    own = "consult UTC fn docx xlsx json zip consolidated matrix report next-draft draft package"
    own += " changed-meanwhile taken-back signed-out"
    typed = "perhaps"  # what the filled matrix has for a decision
    return set(re.findall(r"[A-Za-z][A-Za-z'’-]+", f"{told} {own} {typed}"))


def client_of(world: World, role: str) -> FlaskClient:
    client = world.client_of(role)
    client.set_cookie(LANGUAGE_COOKIE, "ru")
    return client


@pytest.mark.usefixtures("foreign")
@pytest.mark.parametrize("endpoint", sorted(PAGES))
def test_a_page_has_no_word_of_english_left(world: World, endpoint: str) -> None:
    for role, address in PAGES[endpoint]:
        page = client_of(world, role).get(world.address(address)).text
        assert MASK in page
        assert latin_words(page) - names_of(world) == set(), f"{role}: {address}"


@pytest.mark.usefixtures("foreign")
def test_a_refusal_has_none_either(world: World) -> None:
    for status, role, address in REFUSALS.values():
        answer = client_of(world, role).get(world.address(address))
        assert answer.status_code == status
        assert latin_words(answer.text) - names_of(world) - {"closed"} == set(), address


@pytest.mark.usefixtures("foreign")
def test_what_a_form_is_answered_has_none(world: World) -> None:
    client = client_of(world, "contributor")
    for form in ({}, {"reason": "ж"}, {"paragraph": "3", "quote": "ничего"}, {"type": "nonsense"}):
        answer = client.post(world.address("/rounds/{open}/comments"), data=form, follow_redirects=True)
        assert latin_words(answer.text) - names_of(world) == set(), form


@pytest.mark.usefixtures("foreign")
def test_a_page_is_said_anew_to_every_reader(world: World) -> None:
    world.app.jinja_env.cache.clear()  # templates are translated to Python once, by the first who asks
    texts = []
    for language in ("en", "ru", "en"):
        client = client_of(world, "focal point")
        client.set_cookie(LANGUAGE_COOKIE, language)
        texts.append(client.get(world.address("/rounds/{open}/submission")).text)
    assert ["Cannot concur</button>" in text for text in texts] == [True, False, True]
    assert [latin_words(texts[1]) - names_of(world), MASK * 3 in texts[2]] == [set(), False]


def test_what_is_left_in_english_is_noticed() -> None:
    told = '<p title="Ж">жжж Hand in<br><q lang="">words</q><i data-done="All saved"></i></p>'
    page = f'<html lang="ru">{told}<a aria-label="Main">ж</a></html>'
    assert latin_words(page) == {"Hand", "in", "Main", "All", "saved"}


# ---- which language -------------------------------------------------------------------------------------------------


def shown_in(client: FlaskClient, **headers: str) -> str:
    page = client.get("/sign-in", headers=headers, follow_redirects=True).text
    return re.findall(r'<html lang="([^"]*)"', page)[0]


def test_a_page_is_in_the_language_of_the_browser_where_we_know_it(client: FlaskClient) -> None:
    assert shown_in(client, **{"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}) == "de"
    assert shown_in(client, **{"Accept-Language": "sr,ru;q=0.8"}) == "ru"
    assert shown_in(client, **{"Accept-Language": "tlh"}) == "en"
    assert shown_in(client) == "en"


def test_every_page_offers_six_languages_by_their_own_names(client: FlaskClient) -> None:
    page = client.get("/sign-in").text
    for code, name in LANGUAGES.items():
        pressed = "true" if code == "en" else "false"
        assert f'value="{code}" lang="{code}" aria-pressed="{pressed}">{name}</button>' in page
    assert client.get("/nowhere", headers={"Cookie": ""}).text.count('name="language"') in (0, 6)


def test_a_language_chosen_before_signing_in_is_kept_and_goes_with_the_person(
    app: Flask, client: FlaskClient, sign_in: Callable[[int], FlaskClient]
) -> None:
    person = a_person(app)
    answer = client.post("/language", data={"language": "it", "next": "/sign-in"})
    assert (answer.status_code, answer.location) == (302, "/sign-in")
    assert shown_in(client, **{"Accept-Language": "fr"}) == "it"
    link = link_for(app, person)
    assert client.post(link).status_code == 302
    assert language_of(app, person) == "it"
    assert shown_in(sign_in(person), **{"Accept-Language": "fr"}) == "it"  # in another browser too


def test_the_language_of_the_browser_is_taken_for_letters_until_one_is_chosen(app: Flask) -> None:
    person = a_person(app)
    client = app.test_client()
    client.post(link_for(app, person), headers={"Accept-Language": "es-MX"})
    assert language_of(app, person) == "es"
    client.post("/language", data={"language": "de"})
    assert language_of(app, person) == "de"
    other = app.test_client()
    other.post(link_for(app, person), headers={"Accept-Language": "fr"})
    assert language_of(app, person) == "de"


def test_an_administrator_chooses_the_language_of_letters_before_anybody_has_signed_in(world: World) -> None:
    client, person = client_of(world, "administrator"), world.people["other"]
    address = f"/administration/people/{person}"
    assert client.post(address, data={"act": "language", "language": "es"}).status_code == 302
    assert language_of(world.app, person) == "es"
    assert 'value="es" lang="es" selected' in client.get(address).text
    assert client.post(address, data={"act": "language", "language": "tlh"}).status_code == 422
    client.post(address, data={"act": "language", "language": ""})
    assert language_of(world.app, person) == ""


def test_who_asks_for_nothing_has_no_language_yet(app: Flask) -> None:
    person = a_person(app)
    app.test_client().post(link_for(app, person))
    assert language_of(app, person) == ""


def test_a_language_that_nobody_offers_is_refused(client: FlaskClient) -> None:
    assert client.post("/language", data={"language": "tlh"}).status_code == 422
    client.set_cookie(LANGUAGE_COOKIE, "../../etc")
    assert shown_in(client) == "en"


def test_one_is_sent_nowhere_else_by_choosing(client: FlaskClient) -> None:
    assert client.post("/language", data={"language": "fr", "next": "//elsewhere.example"}).location == "/"


def a_person(app: Flask) -> int:
    with app.app_context():
        organisation = factories.an_organisation(db.session)
        number = factories.a_person(db.session, organisation=organisation).id
        db.session.commit()
        return number


def link_for(app: Flask, person: int) -> str:
    with app.app_context(), unit_of_work(db.session) as now:
        found = db.session.get_one(Person, person)
        return people.make_link(db.session, person=found, base_url=BASE_URL, next_path="", now=now).removeprefix(
            BASE_URL
        )


def language_of(app: Flask, person: int) -> str:
    with app.app_context():
        return db.session.get_one(Person, person).language


# ---- letters --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("foreign")
def test_a_letter_is_in_the_language_of_its_reader(world: World) -> None:
    with world.app.app_context():
        written = db.session.query(OutboxLetter).all()
        assert {letter.kind for letter in written} >= {"invitation", "closing", "consolidated"}
        assert all(
            "Dear " in letter.text for letter in written if letter.state != "cancelled"
        )  # nobody there has chosen a language
    client_of(world, "focal point").post("/language", data={"language": "ru"})
    with world.app.app_context(), unit_of_work(db.session) as now:
        round_ = db.session.get_one(Round, world.names["open"])
        assert invitations.owing(db.session, round_)
        invitations.send(
            db.session, round_, "reminder", invitations.owing(db.session, round_), occasion="test", base_url=BASE_URL,
            now=now,
        )  # fmt: skip
        reader = db.session.get_one(Person, world.people["focal point"]).email
        texts = {x.recipient: x.text for x in db.session.query(OutboxLetter) if x.kind == "reminder"}
    assert "Dear " not in texts.pop(reader)
    assert all("Dear " in text for text in texts.values())


FACTS = {
    "name": "Ж", "organisation": "Ж", "lead": "Ж", "title": "Ж", "invitation": "", "seen": "", "reason": "", "standing": "",
    "handed_in": [], "missing": [], "extended": [], "focal_points": "Ж", "letters": [("Ж", "Ж", FAULTS["refused"])],
    "attached": [], "digest": "0",
    "changes": [say("The deadline was moved.")], "was": "Ж", "link": "https://x.example/", "outcome": "https://x.example/",
    "starts": START, "expires": START, "at": START, "zone": "UTC", "words": "", "who": "Ж", "answer": "Ж",
    "handed_in_at": START, "position": "Ж", "statement": "", "shown": [Told(say("Whole draft"), "Ж", "Ж", ("Ж",), "Ж", "Ж")],
    "rule": "Ж", "told": "Ж", "fixed": "Ж", "sha256": "Ж",
    "named": [], "unknown": [], "copies": [], "refused": [],
}  # fmt: skip
STATES = ("expired", "withdrawn", "prevented", "broken")  # of a no-objection round
KINDS = sorted(path.name for path in (Path(paths.TEMPLATES) / "mail").iterdir())


@pytest.mark.usefixtures("foreign")
@pytest.mark.parametrize("kind", KINDS)
def test_a_letter_has_no_word_of_english_left(kind: str) -> None:
    for number, state in enumerate(STATES):  # of everything that is counted or is so or not
        facts = {**dict.fromkeys(wanted(kind), number), **FACTS, "state": state}
        letter = letters.write_letter(kind, facts, "ru")
        for text in (letter.subject, letter.text, re.sub(r"<[^>]*>", " ", letter.html)):
            assert not re.findall(r"[A-Za-z]{3,}", re.sub(r"https?:\S+|\bUTC\b", "", text)), text
            assert MASK in text


@pytest.mark.usefixtures("foreign")
@pytest.mark.parametrize("state", ["unplaced", "late", "quarantined", "examined"])
def test_an_answer_to_a_mail_has_no_word_of_english_left_whatever_became_of_it(state: str) -> None:
    told = {
        "state": state, "remarks": 2, "round": 1, "named": ["3"], "unknown": ["99"], "is_unsure": True,
        "copies": [{"filename": "Ж", "found": 2, "placed": 1, "not_placed": 1}],
        "refused": [{"filename": "Ж", "message": FAULTS["refused"]}, {"filename": "", "message": FAULTS["refused"]}],
    }  # fmt: skip
    letter = letters.write_letter("received", {**FACTS, **told}, "ru")
    for text in (letter.subject, letter.text, re.sub(r"<[^>]*>", " ", letter.html)):
        assert not re.findall(r"[A-Za-z]{3,}", re.sub(r"https?:\S+", "", text)), text
        assert MASK in text


def wanted(kind: str) -> set[str]:
    """Return the names of the facts a letter names."""
    environment = letters._environment("ru")
    folders = (Path(paths.TEMPLATES) / "mail" / kind, Path(paths.TEMPLATES) / "mail-parts")
    sources = [path.read_text(encoding="utf-8") for folder in folders for path in folder.iterdir()]
    return {name for source in sources for name in meta.find_undeclared_variables(environment.parse(source))}


def test_the_sign_in_letter_is_in_the_language_of_whoever_asks(app: Flask, client: FlaskClient) -> None:
    with app.app_context(), unit_of_work(db.session) as now:
        people.add_person(db.session, email="a@example.org", name="A", by=COMMAND, now=now)
        people.add_person(db.session, email="b@example.org", name="B", language="ru", by=COMMAND, now=now)
    for address in ("a@example.org", "b@example.org"):
        client.post("/sign-in", data={"email": address}, headers={"Accept-Language": "fr"})
    with app.app_context():
        french, russian = db.session.query(OutboxLetter).order_by(OutboxLetter.id)
        assert french.text == letters.write_letter("sign-in", facts_of(french, "A"), "fr").text
        assert russian.text == letters.write_letter("sign-in", facts_of(russian, "B"), "ru").text


def facts_of(letter: OutboxLetter, name: str) -> dict[str, Any]:
    return {"name": name, "link": re.findall(r"http\S+", letter.text)[0], "minutes": 15}
