"""A decided round becomes a frozen package that a second person confirms; what changes before it is sent makes it void."""

import hashlib
import io
import json
import os
import zipfile
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consult import engine
from consult.errors import ConsultError, Forbidden, Invalid, Refused
from consult.models import AuditEntry, Extension, OutboxLetter, Submission, Transmittal, db
from consult.rules.symbols import check_symbol
from consult.services import audit, consulted, dispositions, packages, transmittals
from tests.conftest import make_app
from tests.factories import DEADLINE
from tests.following import follow
from tests.story import AFTER, Story, a_story, texts_of
from tests.transmitting import COVER, a_body, confirmed, decided, prepared, second_person, sent

HOUR = timedelta(hours=1)
EXAMPLES = int(os.environ.get("PROVE_TRANSMITTALS", "6"))


@pytest.fixture
def story(session: Any, storage: Any) -> Story:
    story = decided(a_story(session, storage))
    second_person(story)
    return story


def change_a_decision(story: Story) -> None:
    item = dispositions.list_numbered(story.session, story.round)[0]
    item.disposition.reason = "Thought again."
    story.session.flush()


# ---- the package ----------------------------------------------------------------------------------------------------


@dataclass
class Made:
    """A package of real files, made once: what is in it, the draft, whose names may not be in it, the audit's head."""

    files: dict[str, bytes]
    draft: bytes
    names: list[str]
    head: str


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    app = make_app(tmp_path_factory.mktemp("package") / "instance")
    with app.app_context():
        story = decided(a_story(db.session, app.extensions["consult.storage"]))
        second_person(story)
        basis = transmittals.read_basis(db.session, story.storage, story.round)
        one, other = (packages.make_package(basis, COVER, by="Mission to Serbia", now=AFTER) for _ in range(2))
        assert one.sha256 == other.sha256, "the same input gives the same package"
        people = story.people.values()
        names = [*(person.name for person in people), *(person.email for person in people)]
        head = audit.find_head(db.session)[1]
        db.session.rollback()
        with zipfile.ZipFile(io.BytesIO(one.data)) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        return Made(files, basis.draft, names, head)


def test_the_package_holds_what_was_decided(made: Made) -> None:
    clean, redline = texts_of(made.files["2-clean-text.docx"]), made.files["3-redline.docx"]
    assert any("to prevent and combat" in text for text in clean)
    assert texts_of(redline) == clean
    assert engine.authors_of(redline) == ("Mission to Serbia",)
    assert texts_of(engine.resolve(redline, "none")) == texts_of(made.draft)
    cover = "\n".join(texts_of(made.files["1-cover-letter.docx"]))
    for words in (COVER.symbol, COVER.language_line, "Весьма срочно.", "Draft guidelines", "Mission to Serbia"):
        assert words in cover
    consulted = texts_of(made.files["6-organisations-consulted.docx"])
    at = consulted.index("Mission in Kosovo")
    assert consulted[at : at + 4] == ["Mission in Kosovo", "consulted", "Comments", "5 Nov 2026, 10:00 (Europe/Vienna)"]
    assert "was not asked" in consulted[consulted.index("Gender Adviser") :]


def test_the_manifest_has_the_digest_and_size_of_every_file(made: Made) -> None:
    told = json.loads(made.files["manifest.json"])
    for file in told["files"]:
        data = made.files[file["name"]]
        assert (file["size"], file["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
        assert f"{file['size']}\n  {file['sha256']}" in made.files["manifest.txt"].decode()
    assert {file["name"] for file in told["files"]} == made.files.keys() - {"manifest.json", "manifest.txt"}
    assert told["audit"]["digest"] == made.head
    assert told["prepared_by"] == "Mission to Serbia"


def test_no_person_is_named_in_it(made: Made) -> None:
    for name, data in made.files.items():
        for layer in _layers(data):
            assert not [person for person in made.names if person.encode() in layer], name


def _layers(data: bytes) -> list[bytes]:
    if not data.startswith(b"PK"):
        return [data]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return [archive.read(name) for name in archive.namelist()]


def test_an_organisation_that_did_not_answer_is_listed_so(session: Any, storage: Any) -> None:
    story = a_story(session, storage)
    story.hand_in("moldova", position="concur", statement="With thanks.")
    story.round.stage = "consolidated"
    answers = {answer.organisation: answer for answer in consulted.list_answers(session, story.round)}
    assert answers["Mission to Moldova"].remarks == ("With thanks.",)
    assert packages._row(answers["Mission in Kosovo"], "UTC") == [
        "Mission in Kosovo",
        "consulted",
        "no answer",
        "–",
        "",
    ]


def test_an_extension_and_what_came_late_are_said(session: Any, storage: Any) -> None:
    story = a_story(session, storage)
    story.hand_in("moldova", position="concur")
    story.hand_in("kosovo", position="concur")
    for organisation in (story.moldova, story.observer):
        session.add(
            Extension(
                round_id=story.round.id, organisation_id=organisation.id, state="granted", made_at=AFTER,
                made_by_id=story.people["lead"].id, until_at=DEADLINE + 2 * HOUR,
            )
        )  # fmt: skip
    for submission in session.query(Submission):
        submission.handed_in_at = DEADLINE + HOUR
    session.flush()
    session.refresh(story.round)
    said = {answer.organisation: answer.remarks for answer in consulted.list_answers(session, story.round)}
    assert said["Mission to Moldova"] == ("extended until 27 Nov 2026, 19:00 (Europe/Vienna)",)
    assert said["Mission in Kosovo"] == ("after the deadline",)
    assert said["Gender Adviser"] == said["Mission to Moldova"]


# ---- when it may be prepared ----------------------------------------------------------------------------------------


def test_nothing_is_prepared_before_all_is_decided_and_released(session: Any, storage: Any) -> None:
    story = decided(a_story(session, storage), finish=False)
    with pytest.raises(Refused) as unreleased:
        transmittals.check_may_prepare(session, story.round)
    assert unreleased.value.reason == "not-released"
    session.delete(dispositions.list_numbered(session, story.round)[1].disposition)
    session.flush()
    with pytest.raises(Refused, match="comment 2"):
        transmittals.check_may_prepare(session, story.round)
    story.round.stage = "closed"
    with pytest.raises(Refused) as early:
        transmittals.check_may_prepare(session, story.round)
    assert early.value.reason == "not-decided"


def test_a_round_that_another_follows_is_not_transmitted(story: Story) -> None:
    follow(story, AFTER)
    with pytest.raises(Refused) as refusal:
        transmittals.check_may_prepare(story.session, story.round)
    assert refusal.value.reason == "has-next"


def test_one_waits_at_a_time(story: Story) -> None:
    one = prepared(story)
    with pytest.raises(Refused, match="Transmittal 1 waits"):
        prepared(story)
    transmittals.withdraw(story.session, one, by=story.actor("lead"), now=AFTER)
    assert prepared(story).number == 2


def test_a_package_made_of_what_has_changed_meanwhile_is_not_kept(story: Story) -> None:
    basis = transmittals.read_basis(story.session, story.storage, story.round)
    change_a_decision(story)
    with pytest.raises(Refused) as refusal:
        transmittals.keep_transmittal(
            story.session, story.storage, story.round, basis=basis, cover=COVER, replaces_id=0,
            package=packages.Package((), b"PK", AFTER), by=story.actor("lead"), person=story.people["lead"], now=AFTER,
        )  # fmt: skip
    assert refusal.value.reason == "changed-meanwhile"


# ---- the second person ----------------------------------------------------------------------------------------------


def test_whoever_prepared_it_does_not_confirm_it(story: Story) -> None:
    one = prepared(story)
    with pytest.raises(Forbidden):
        confirmed(story, one, by="lead")
    assert confirmed(story, one)
    assert [file.name for file in one.files if not file.is_packed] == ["confirmation.json", "confirmation.txt"]
    told = json.loads(story.storage.read(one.files[-2].sha256))
    assert told["package"] == {"name": "package.zip", "size": one.package_size, "sha256": one.package_sha256}
    assert told["confirmed_by"] == "Mission to Serbia"


@pytest.mark.parametrize("typed", ["", "0" * 8, "short"])
def test_only_the_digest_shown_confirms(story: Story, typed: str) -> None:
    one = prepared(story)
    for wrong in (typed, one.package_sha256[:7], one.package_sha256[1:9]):
        with pytest.raises(Invalid):
            transmittals.confirm(
                story.session, story.storage, one, wrong, by=story.actor("second"), person=story.people["second"],
                now=AFTER,
            )  # fmt: skip
    assert one.state == "prepared"


@pytest.mark.parametrize("change", ["decision", "draft"])
def test_what_changes_after_preparing_makes_it_void(story: Story, change: str) -> None:
    one = prepared(story)
    change_a_decision(story) if change == "decision" else follow(story, AFTER)
    assert transmittals.standing(story.session, one) == "void"
    assert confirmed(story, one) is False
    assert one.state == "void"
    assert story.session.query(AuditEntry).filter_by(action="transmittal.void").count() == 1


def test_what_changes_after_confirming_keeps_it_from_being_sent(story: Story) -> None:
    one, body = prepared(story), a_body(story)
    assert confirmed(story, one)
    change_a_decision(story)
    assert sent(story, one, body) == 0
    assert (one.state, story.letters("transmittal")) == ("void", [])


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_nothing_is_sent_without_two_persons(app: Any, data: st.DataObject) -> None:
    """Whatever people do, in whatever order: a letter only goes out of what two persons have looked at."""
    from_people = st.sampled_from(("lead", "second"))
    with app.app_context():
        session = app.extensions["sqlalchemy"].session
        story = decided(a_story(session, app.extensions["consult.storage"]))
        second_person(story)
        body, one = a_body(story), prepared(story, by=data.draw(from_people))
        for _ in range(data.draw(st.integers(1, 8))):
            act, who = (
                data.draw(st.sampled_from(("confirm", "send", "withdraw", "change", "prepare"))),
                data.draw(from_people),
            )
            try:
                if act == "confirm":
                    confirmed(story, one, by=who)
                elif act == "send":
                    sent(story, one, body)
                elif act == "withdraw":
                    transmittals.withdraw(session, one, by=story.actor(who), now=AFTER)
                elif act == "change":
                    change_a_decision(story)
                else:
                    one = prepared(story, by=who)
            except ConsultError:
                pass
        session.flush()
        for each in session.query(Transmittal):
            two = each.confirmed_by_id is not None and each.confirmed_by_id != each.prepared_by_id
            assert two or each.state not in ("sent", "confirmed")
            letters = session.query(OutboxLetter).filter(OutboxLetter.key.contains(f":t{each.id}:")).count()
            assert (letters > 0) == (each.state == "sent")
        session.rollback()


# ---- symbols --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "symbol",
    ["PC.DEC/1307", "PC.DEL/1784/20", "PC.FR/17/19", "CIO.GAL/226/20", "SEC.GAL/116/19/Rev.1", "MC.DD/1/19/Rev.1",
     "PC.DEC/1/20/Rev.2/Corr.1", "  PC.DEC/1307 ", ""],
)  # fmt: skip
def test_symbols_as_they_are_seen_are_taken(symbol: str) -> None:
    assert check_symbol(symbol) == symbol.strip()


@pytest.mark.parametrize(
    "symbol",
    ["pc.dec/1307", "PC/1307", "PC.DEC", "PC.DEC/13070", "PC.DEC/1307/2020", "PC.DEC/1/20/rev.1", "PC.DEC/1307 OSCE+",
     "РС.DEC/1307", "PC.DEC/١٣", "PC.DEC/1\nX: y"],
)  # fmt: skip
def test_other_symbols_are_refused_with_an_example(symbol: str) -> None:
    with pytest.raises(Invalid, match=r"SEC\.GAL/116/19/Rev\.1"):
        check_symbol(symbol)
