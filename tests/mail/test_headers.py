"""No field of a letter can become a header, a recipient or a second mail: what is parsed back is what was meant."""

import re
import smtplib
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from consult import clock
from consult.mail import _on_the_wire
from consult.messages import CANNOT_BE_ANSWERED, Unwritable, one_line, write_message
from consult.models import OutboxLetter, db
from consult.unit_of_work import unit_of_work
from tests.mail.post import Office, deliver, mailing_app, open_office, post

HEADERS = [
    "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress", "MIME-Version",
    "Content-Type",
]  # fmt: skip
NASTY = (
    "\r", "\n", "\r\n", "\0", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\u202e", "\u200f", "\ufeff", "\ud800",
    "\r\nBcc: evil@example.org", "\n.\nMAIL FROM:<x>", "=?utf-8?q?a=0D=0ABcc:x?=", "=?utf-8?b?DQpCY2M6IHg=?=", "w" * 1200,
    "Ж" * 400, '"', "\\", "<", ">", "@", ",", ";", ":", "(", ")", "  ", "\t", "..", "=", "?", "a", "报",
)  # fmt: skip
texts = st.lists(st.one_of(st.sampled_from(NASTY), st.text(max_size=12)), max_size=8).map("".join)


def a_letter(**fields: Any) -> OutboxLetter:
    return OutboxLetter(
        **{
            "kind": "reminder", "message_id": "<0-1@example.org>", "recipient": "focal@example.org", "recipient_name": "",
            "subject": "S", "text": "T\n", "html": "<p>T</p>\n", "created_at": clock.now(), **fields,
        }
    )  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(subject=texts, name=texts, text=texts, file=texts)
@example(subject="=?utf-8?q?a=0D=0ABcc:x?=", name="=?utf-8?q?a=0D=0ABcc:x?=", text="\n.\n", file="a\r\nX: y.docx")
def test_what_is_parsed_back_is_what_was_meant(subject: str, name: str, text: str, file: str) -> None:
    body = f"About “{file}”.\n{text}"
    raw = write_message(
        a_letter(subject=subject, recipient_name=name, text=body, html=f"<p>{text}</p>"), "c@example.org"
    )
    head = raw.partition(b"\r\n\r\n")[0]
    assert all(re.match(rb"[A-Za-z-]+:|[ \t]", line) for line in head.split(b"\r\n")), head
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert raw.isascii()
    found: Any = message_from_bytes(raw, policy=policy.default)
    assert found.keys() == HEADERS
    assert found.defects == []
    assert [str(a.addr_spec) for a in found["To"].addresses] == ["focal@example.org"]
    assert str(found["Subject"]) == str(found["Subject"]).strip()
    assert _squeezed(found["Subject"]) == _squeezed(one_line(subject)[:300])
    assert _squeezed(found["To"].addresses[0].display_name) == _squeezed(one_line(name)[:200])
    assert [part.get_content_type() for part in found.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    lines = re.split(r"\r?\n", found.get_body(("plain",)).get_content())
    assert lines[-3:] == ["-- ", CANNOT_BE_ANSWERED, ""]
    assert _visible("".join(lines[:-3])) == _visible(body)


def _squeezed(text: str) -> str:
    """Blanks between words may differ where a line was folded."""
    return re.sub(r"\s+", "", str(text))


def _visible(text: str) -> str:
    return re.sub(r"\s+", "", re.sub(r"[\ud800-\udfff\0]", "\ufffd", text))


@pytest.mark.parametrize(
    "address",
    [
        "a b@example.org",
        "a@b@example.org\r\nX: y",
        "ж@example.org",
        "a@exa mple.org",
        "@example.org",
        "a@",
        "",
        "a\0@b.org",
    ],
)
def test_of_an_address_that_is_none_no_mail_can_be_made(address: str) -> None:
    with pytest.raises(Unwritable):
        write_message(a_letter(recipient=address), "c@example.org")


def test_a_subject_of_one_long_line_begins_with_its_first_word() -> None:
    subject = "For information: Draft guidelines (until 27 Nov 2026, 17:00 (Europe/Vienna))"
    found: Any = message_from_bytes(write_message(a_letter(subject=subject), "c@example.org"), policy=policy.default)
    assert found["Subject"] == subject


def test_the_same_letter_is_the_same_mail() -> None:
    letter = a_letter(subject="Ж", text="long " * 400)
    assert write_message(letter, "c@example.org") == write_message(letter, "c@example.org")


@given(st.binary(max_size=60).map(lambda b: b.replace(b"a", b"\r\n.").replace(b"b", b"\n.\n").replace(b"c", b"\r.\r")))
def test_no_line_of_a_mail_ends_it(raw: bytes) -> None:
    wire = _on_the_wire(raw)
    assert wire.endswith(b"\r\n")
    assert b"\r" not in wire.replace(b"\r\n", b"")
    assert b"\n" not in wire.replace(b"\r\n", b"")
    assert b"\r\n.\r\n" not in b"\r\n" + wire
    lines = [line[1:] if line.startswith(b".") else line for line in wire.split(b"\r\n")]
    meant = smtplib._fix_eols(raw.decode("latin-1")).encode("latin-1")
    assert b"\r\n".join(lines) == (meant if meant.endswith(b"\r\n") else meant + b"\r\n")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with open_office(tmp_path) as opened:
        yield opened


@pytest.mark.parametrize("nasty", NASTY)
def test_over_the_wire_it_is_one_mail_to_one_person(tmp_path: Path, office: Office, nasty: str) -> None:
    app = mailing_app(tmp_path, office)
    with app.app_context():
        post("a", subject=f"x{nasty}y", name=f"x{nasty.replace(chr(0xD800), '')[:150]}y")
        assert deliver(app) == 1
    assert (len(office.messages), [len(to) for _, to in office.envelopes]) == (1, [1])
    assert [key for key in office.messages[0].keys() if key in HEADERS] == HEADERS  # noqa: SIM118 - a mail is no dict
    assert "Bcc" not in office.messages[0]


def test_a_letter_of_which_no_mail_can_be_made_stops_no_other(tmp_path: Path, office: Office) -> None:
    app = mailing_app(tmp_path, office)
    with app.app_context():
        bad, good = post("a", "b")
        with unit_of_work(db.session):
            db.session.get_one(OutboxLetter, bad).recipient = "no address"
        assert deliver(app) == 1
        found = [db.session.get_one(OutboxLetter, number) for number in (bad, good)]
        assert [(x.state, x.fault) for x in found] == [("failed", "unwritable"), ("sent", "")]
