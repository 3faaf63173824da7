"""Three weeks of a round with 24 organisations: who does what when, and every letter, state and entry that must come of it."""

import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

import vobject
from lxml import html

from consult.models import Body, Organisation, Round, TransmittalDownload, db
from consult.unit_of_work import unit_of_work
from tests import factories
from tests.engine.specimens import specimen_draft
from tests.long.places import ZONE, Answer, Place, Visitor

LEAD = "LEAD"
ASKED = tuple(f"O{number:02}" for number in range(1, 24))  # 23, and the lead: 24 organisations
OK, SAVED = 200, 302


class Journey:
    """The people, and what they do."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.organisations: dict[str, int] = {}
        self.people: dict[str, int] = {}
        self.addresses: dict[str, str] = {}
        self.visitors: dict[str, Visitor] = {}
        self.bodies: dict[str, int] = {}
        self.round_id = self.first_round = 0
        self.read = 0

    # ---- who there is -----------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Make the organisations, one focal point each, a second one for the lead."""
        with self.place.app.app_context(), unit_of_work(db.session):
            for code in (LEAD, *ASKED):
                made = factories.an_organisation(
                    db.session, code=code, name=f"Mission {code}", time_zone="Europe/Vienna"
                )
                self.organisations[code] = made.id
                self._person(code, made)
                if code == LEAD:
                    self._person("SECOND", made)
            for name, delivery in (("ODIHR", "links"), ("CPC", "both")):
                body = Body(name=name, addresses=[f"{name.lower()}@osce.example.org"], language="en", delivery=delivery)
                db.session.add(body)
                db.session.flush()
                self.bodies[name], self.addresses[body.addresses[0]] = body.id, name

    def _person(self, name: str, organisation: Organisation) -> None:
        made = factories.a_person(db.session, organisation=organisation)
        self.people[name], self.addresses[made.email] = made.id, name

    def of(self, name: str) -> Visitor:
        """Return somebody, signed in; after days one signs in anew."""
        self.visitors[name] = self.place.visitor(self.people[name])
        return self.visitors[name]

    # ---- what is done -----------------------------------------------------------------------------------------------

    def submit(self, name: str, page: str, to: str = "", status: int = SAVED, /, **typed: Any) -> Answer:
        """Fill in a form of a page as a browser does, with everything the page has put into it, and send it."""
        numbers = {"r": self.round_id, "f": self.first_round}
        visitor, page = self.of(name), page.format(**numbers)
        shown = visitor.get(page)
        assert shown.status == OK, (name, page, shown.status)
        address = (to or page).format(**numbers)
        form = form_to(shown.text, address)
        answer = visitor.post(address, {**form, **typed})
        assert answer.status == status, (name, address, answer.status, _told(answer))
        return answer

    def open_round(self, wall: str) -> None:
        """The lead uploads the draft and circulates it."""
        draft = (io.BytesIO(specimen_draft()), "draft.docx")
        answer = self.submit(LEAD, "/consultations/new", title="Draft statement", draft=draft)
        self.round_id = self.first_round = int(re.findall(r"/rounds/(\d+)/", answer.location)[0])
        places = {f"place-{self.organisations[code]}": "consulted" for code in ASKED}
        self.submit(LEAD, "/rounds/{r}/set-up", "/rounds/{r}/circulate", wall=wall, zone="Europe/Vienna", **places)

    def comment(self, code: str, **words: str) -> None:
        """Somebody comments on a paragraph."""
        typed = {"type": "general", "reason": f"Says {code}.", **words}
        self.submit(code, "/rounds/{r}/comments/new?paragraph=3", "/rounds/{r}/comments", **typed)

    def hand_in(self, code: str, position: str = "comments", status: int = SAVED) -> None:
        """A focal point hands in what the page shows."""
        page = "/rounds/{r}/submission?waiting=with"
        self.submit(code, page, "/rounds/{r}/submission", status, position=position)

    def answer(self, codes: Iterable[str]) -> None:
        """Some comment and hand in."""
        for code in codes:
            self.comment(code)
            self.hand_in(code)

    def grant_extension(self, code: str, wall: str) -> None:
        """The lead gives an organisation the time it has asked for."""
        typed = {"organisation": str(self.organisations[code]), "wall": wall, "reason": "Granted."}
        self.submit(LEAD, "/rounds/{r}/extensions", "", **typed)

    def mail_in(self, code: str, words: str) -> None:
        """Somebody answers the invitation by mail, as mail programs do."""
        letter = next(m for m in self.place.office.messages if self.addresses[_address(m["To"])] == code)
        raw = (
            f"From: {letter['To']}\nTo: {letter['Reply-To']}\nSubject: Re: {letter['Subject']}\n"
            f"In-Reply-To: {letter['Message-ID']}\nMessage-ID: <{code}@missions.example.org>\nMIME-Version: 1.0\n"
            f"Content-Type: text/plain; charset=utf-8\n\n{words}\nOn Monday, consult wrote:\n> Please comment.\n"
        )
        self.place.mailbox.put(raw.encode())

    def confirm_mail(self, code: str) -> None:
        """Somebody keeps what was found in the mail."""
        page = self.of(code).get(f"/rounds/{self.round_id}/comments").text
        received = re.findall(r'href="(/rounds/\d+/received/\d+)"', page)[0]
        self.submit(code, received, f"{received}/keep")

    def announce_no_objection(self, wall: str) -> None:
        """The lead makes the next draft of what was decided, and asks whether anybody objects to it."""
        answer = self.submit(LEAD, "/rounds/{r}/next")
        self.round_id = int(re.findall(r"/rounds/(\d+)/", answer.location)[0])
        places = {f"place-{self.organisations[code]}": "consulted" for code in ASKED}
        page = "/rounds/{r}/no-objection/set-up"
        self.submit(LEAD, page, page, wall=wall, zone="Europe/Vienna", **places)

    def be_late(self, code: str) -> None:
        """Somebody sends a late answer, and the lead accepts it."""
        words = {"reason": f"Says {code}, late.", "type": "general", "position": "comments"}
        self.submit(code, "/rounds/{r}/late", "", **words)
        page = self.of(LEAD).get(f"/rounds/{self.round_id}/late-answers").text
        address = re.findall(r'action="(/rounds/\d+/late-answers/\d+)"', page)[0]
        self.submit(LEAD, "/rounds/{r}/late-answers", address, act="accept", reason="The post was late.")

    def enter_on_behalf(self, code: str) -> None:
        """The lead enters what an organisation has written in a letter, with the letter."""
        proof = (io.BytesIO(b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"), "letter.pdf")
        self.submit(
            LEAD, f"/rounds/{self.round_id}/on-behalf?organisation={self.organisations[code]}", "/rounds/{r}/on-behalf",
            organisation=str(self.organisations[code]), type="general",
            reason="They agree.", position="comments", note="By letter of 16 November.", proof=proof,
        )  # fmt: skip

    def transmit(self) -> None:
        """The lead makes the package of the first round, a second person confirms it, and it is sent to two bodies."""
        made = self.submit(
            LEAD, "/rounds/{f}/transmittals/new", "/rounds/{f}/transmittals", symbol="SEC.GAL/116/26", words="Dear all.",
            language_line="Original: ENGLISH", mark="",
        )  # fmt: skip
        page = urlsplit(made.location).path
        digest = _package_digest(self.of("SECOND").get(page).text)
        self.submit("SECOND", page, f"{page}/confirm", beginning=digest[:8])
        self.submit(LEAD, page, f"{page}/send", body=[str(number) for number in self.bodies.values()])

    def take_files(self, body: str) -> int:
        """A body opens the link in its letter and takes every file; returned is how many downloads are on record."""
        letter = next(m for m in reversed(self.place.office.messages) if self.addresses[_address(m["To"])] == body)
        text = letter.get_body(("plain",)).get_content()
        path = urlsplit(re.findall(r"http://\S+/transmitted/\S+", text)[0]).path
        visitor = self.place.stranger()
        page = visitor.get(path).text
        for address in re.findall(r'action="(/transmitted/[^"]+)"', page):
            taken = visitor.post(address, form_to(page, address))
            assert (taken.status, bool(taken.data)) == (OK, True), address
        with self.place.app.app_context():
            count = db.session.query(TransmittalDownload).count()
            db.session.remove()
        return count

    # ---- what has come of it ----------------------------------------------------------------------------------------

    def letters(self) -> dict[str, list[str]]:
        """Return who got letters since the last time this was asked, by their kind."""
        self.place.work()
        fresh = self.place.office.messages[self.read :]
        self.read = len(self.place.office.messages)
        found: dict[str, list[str]] = {}
        for message in fresh:
            kind = self._kind(str(message["Message-ID"]))
            if kind != "sign-in":
                found.setdefault(kind, []).append(self.addresses[_address(message["To"])])
        return {kind: sorted(names) for kind, names in found.items()}

    def _kind(self, message_id: str) -> str:
        with self.place.app.app_context():
            query = db.text("SELECT kind FROM outbox_letter WHERE message_id = :number")
            kind = db.session.execute(query, {"number": message_id}).scalar()
            db.session.remove()
        return str(kind)

    def stage(self) -> str:
        with self.place.app.app_context():
            stage = db.session.get_one(Round, self.round_id).stage
            db.session.remove()
        return stage

    def calendar_of(self, code: str) -> list[tuple[str, int, str]]:
        """Return what the letters to somebody put into their calendar, as another library reads it, in the order it came."""
        found = []
        for message in self.place.office.messages:
            if self.addresses[_address(message["To"])] != code:
                continue
            for part in message.walk():
                if part.get_content_type() == "text/calendar":
                    calendar = vobject.readOne(part.get_content())
                    event = calendar.vevent
                    told = event.dtstart.value.astimezone(ZONE).strftime("%d %b %H:%M")
                    assert calendar.method.value == "REQUEST"
                    round_number = event.uid.value.split("-")[1]
                    found.append((round_number, int(event.sequence.value), told))
        return found

    def every_letter_came_once(self) -> None:
        counted = Counter(str(message["Message-ID"]) for message in self.place.office.messages)
        assert set(counted.values()) == {1}


def _address(field: Any) -> str:
    return str(field).rpartition("<")[2].rstrip(">")


def _told(answer: Answer) -> list[str]:
    return re.findall(r'role="alert"[^>]*>([^<]+)', answer.text)[:3]


def form_to(page: str, address: str) -> dict[str, Any]:
    """Return what a form of a page holds that is sent to an address, without its buttons."""
    for form in html.fromstring(page).forms:
        is_it = not form.action or urlsplit(form.action).path == urlsplit(address).path
        if is_it and form.method == "POST":
            found: dict[str, Any] = {}
            beside = form.xpath(f"//input[@form='{form.get('id')}'][@checked]") if form.get("id") else []
            for name, value in [*form.form_values(), *((box.get("name"), box.get("value")) for box in beside)]:
                found.setdefault(name, []).append(value)
            return {name: values if len(values) > 1 else values[0] for name, values in found.items()}
    raise AssertionError(f"the page has no form that is sent to {address}")


# ---- the three weeks ------------------------------------------------------------------------------------------------

LEADS = [LEAD, "SECOND"]
EVERYBODY = [LEAD, *ASKED, "SECOND"]
FIRST_TEN, REST = list(ASKED[:10]), list(ASKED[10:])

# what is done at which time -> who gets which letters because of it, and the stage the round is in then
TABLE: dict[str, tuple[dict[str, list[str]], str]] = {
    "circulated": ({"invitation": list(ASKED)}, "open"),
    "ten have answered": ({"receipt": FIRST_TEN}, "open"),
    "the deadline is moved": ({"digest": LEADS, "moved": EVERYBODY}, "open"),
    "no worker for three days": ({"digest": LEADS, "reminder": REST}, "open"),
    "more time is asked for": ({"extension": LEADS}, "open"),
    "it is granted, and a mail comes in": ({"extension": ["O12"], "received": ["O11"]}, "open"),
    "two working days before": ({"digest": LEADS, "receipt": ["O11"], "reminder": REST[1:]}, "open"),
    "four hours before": (
        {"digest": sorted(LEADS * 2), "receipt": list(ASKED[12:20]), "reminder": ["O21", "O22", "O23"]}, "open",
    ),
    "the deadline": ({"closing": EVERYBODY, "reminder": ["O12"]}, "closed"),
    "a late answer is accepted": ({"answer": [LEAD, "O21", "SECOND"]}, "closed"),
    "the lead enters an answer": ({"answer": ["O22"]}, "closed"),
    "its own deadline": ({"receipt": ["O12"], "reminder": ["O12"]}, "closed"),
    "consolidated": ({"consolidated": LEADS}, "consolidated"),
    "decided and released": ({"released": list(ASKED)}, "consolidated"),
    "finished": ({"consolidated": list(ASKED)}, "decided"),
    "announced": ({"no-objection": list(ASKED)}, "open"),
    "one says no objection": ({"no-objection-reminder": list(ASKED[1:])}, "open"),
    "the time is over": ({"no-objection-end": EVERYBODY}, "decided"),
    "signed": ({}, "decided"),
    "transmitted": ({"transmittal": ["CPC", "ODIHR"]}, "decided"),
    "taken": ({}, "decided"),
}  # fmt: skip

# what the letters to somebody put into their calendar: which round, how often it was changed, and until when
CALENDARS = {
    "O01": [("1", 0, "13 Nov 12:00"), ("1", 1, "16 Nov 12:00"), ("2", 0, "23 Nov 10:00")],
    "O12": [("1", 0, "13 Nov 12:00"), ("1", 1, "16 Nov 12:00"), ("1", 2, "18 Nov 12:00"), ("2", 0, "23 Nov 10:00")],
}


def play(journey: Journey) -> Iterator[str]:
    """Go through the three weeks; after each step its name is given, and what has come of it is looked at."""
    at = journey.place.at
    at("2026-11-02 09:00")
    journey.settle()
    journey.open_round("2026-11-13T12:00")
    yield "circulated"
    at("2026-11-04 10:00")
    journey.answer(FIRST_TEN)
    yield "ten have answered"
    at("2026-11-05 10:00")
    journey.submit(LEAD, "/rounds/{r}/deadline", wall="2026-11-16T12:00")
    yield "the deadline is moved"
    at("2026-11-10 09:00")
    yield "no worker for three days"
    journey.submit("O12", "/rounds/{r}/extension", wall="2026-11-18T12:00", reason="We wait for the ministry.")
    yield "more time is asked for"
    journey.grant_extension("O12", "2026-11-18T12:00")
    journey.mail_in("O11", "We can support the draft.\n\nPara 3: one working day is enough.\n")
    yield "it is granted, and a mail comes in"
    journey.confirm_mail("O11")
    journey.hand_in("O11")
    at("2026-11-12 12:01")
    yield "two working days before"
    at("2026-11-13 10:00")
    journey.answer(ASKED[12:20])
    at("2026-11-16 08:01")
    yield "four hours before"
    at("2026-11-16 12:00")
    yield "the deadline"
    at("2026-11-16 13:00")
    journey.be_late("O21")
    yield "a late answer is accepted"
    journey.enter_on_behalf("O22")
    yield "the lead enters an answer"
    at("2026-11-18 10:00")
    journey.answer(["O12"])
    yield "its own deadline"
    at("2026-11-18 14:00")
    journey.submit(LEAD, "/rounds/{r}/board", "/rounds/{r}/consolidate")
    yield "consolidated"
    many = "/rounds/{r}/decisions/many"
    journey.submit(LEAD, f"{many}?all=every", many, decision="noted", reason="Noted.")
    journey.submit(LEAD, "/rounds/{r}/decisions", "/rounds/{r}/decisions/release")
    yield "decided and released"
    journey.submit(LEAD, "/rounds/{r}/board", "/rounds/{r}/finish")
    yield "finished"
    yield from play_the_end(journey)


def play_the_end(journey: Journey) -> Iterator[str]:
    """Go on from the decided text: whether anybody objects to it, then to the bodies."""
    at = journey.place.at
    at("2026-11-19 09:00")
    journey.announce_no_objection("2026-11-23T10:00")
    yield "announced"
    at("2026-11-19 09:30")
    journey.submit("O01", "/rounds/{r}/no-objection", "/rounds/{r}/no-objection/answers", answer="concur")
    at("2026-11-20 09:00")
    yield "one says no objection"
    at("2026-11-23 10:00")
    yield "the time is over"
    journey.submit(LEAD, "/rounds/{r}/no-objection", "/rounds/{r}/no-objection/signature")
    yield "signed"
    at("2026-11-23 11:00")
    journey.transmit()
    yield "transmitted"
    assert journey.take_files("ODIHR") == journey.take_files("ODIHR") / 2 > 0
    yield "taken"


def played(journey: Journey) -> dict[str, tuple[dict[str, list[str]], str]]:
    """Play it, and return what came of each step."""
    return {step: (journey.letters(), journey.stage()) for step in play(journey)}


def _package_digest(page: str) -> str:
    """Return the digest of the package, the first that the page shows, in whatever groups it is shown."""
    shown = re.sub(r"\s+", "", " ".join(html.fromstring(page).xpath("//code/text() | //code//*/text()")))
    return re.findall(r"[0-9a-f]{64}", shown)[0]
