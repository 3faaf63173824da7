"""Letters that come back: what the mail server reports is read, and shown where it belongs."""

from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from consult import clock
from consult.bounces import Bounce, read_bounces
from consult.models import OutboxLetter, db
from consult.services import outbox, troubles
from consult.unit_of_work import unit_of_work
from tests.mail.post import post

# RFC 3464, appendix E, first example; its ends of lines as on the wire.
OF_THE_STANDARD = b"""\
Date: Thu, 7 Jul 1994 17:16:05 -0400
From: Mail Delivery Subsystem <MAILER-DAEMON@CS.UTK.EDU>
Message-Id: <199407072116.RAA14128@CS.UTK.EDU>
Subject: Returned mail: Cannot send message for 5 days
To: <owner-info-mime@cs.utk.edu>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
      boundary="RAA14128.773615765/CS.UTK.EDU"

--RAA14128.773615765/CS.UTK.EDU

The original message was received at Sat, 2 Jul 1994 17:10:28 -0400
from root@localhost

   ----- The following addresses had delivery problems -----
<louisl@larry.slip.umd.edu>  (unrecoverable error)

--RAA14128.773615765/CS.UTK.EDU
content-type: message/delivery-status

Reporting-MTA: dns; cs.utk.edu

Original-Recipient: rfc822;louisl@larry.slip.umd.edu
Final-Recipient: rfc822;louisl@larry.slip.umd.edu
Action: failed
Status: 4.0.0
Diagnostic-Code: smtp; 426 connection timed out
Last-Attempt-Date: Thu, 7 Jul 1994 17:15:49 -0400

--RAA14128.773615765/CS.UTK.EDU
content-type: message/rfc822

Message-ID: <our-letter@example.org>
Subject: Two days are left

[original message goes here]

--RAA14128.773615765/CS.UTK.EDU--
""".replace(b"\n", b"\r\n")


def a_report(
    message_id: str,
    recipient: str,
    *,
    action: str = "failed",
    status: str = "5.1.1",
    whole: bool = True,
    said: str = "x",
) -> bytes:
    """Return a report as mail servers write it, with the letter or only its header."""
    kind = "message/rfc822" if whole else "text/rfc822-headers"
    return f"""\
From: MAILER-DAEMON@example.org
To: c@example.org
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="x"

--x
Content-Type: text/plain

This is the mail system at host mx.example.org.

--x
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; {recipient}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {said}

--x
Content-Type: {kind}

Message-ID: {message_id}
Subject: Two days are left

{"Dear colleague" if whole else ""}
--x--
""".encode()


def test_the_example_of_the_standard() -> None:
    assert read_bounces(OF_THE_STANDARD) == (
        Bounce("<our-letter@example.org>", "louisl@larry.slip.umd.edu", "failed", "4.0.0", "426 connection timed out"),
    )


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("action", ["failed", "delayed", "delivered", "Relayed"])
def test_reports_are_read(whole: bool, action: str) -> None:
    raw = a_report("<a@b>", "Focal@Example.org", action=action, whole=whole, said="550 5.1.1 no such person")
    assert read_bounces(raw) == (
        Bounce("<a@b>", "focal@example.org", action.lower(), "5.1.1", "550 5.1.1 no such person"),
    )


@given(st.data())
def test_a_broken_report_is_no_error(data: st.DataObject) -> None:
    raw = bytearray(data.draw(st.sampled_from((OF_THE_STANDARD, a_report("<a@b>", "f@example.org")))))
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, len(raw) - 1))
        raw[place : place + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=8))
        if not raw:
            return
    for bounce in read_bounces(bytes(raw)):
        assert "\n" not in bounce.said + bounce.recipient + bounce.message_id


@pytest.mark.parametrize(
    "raw", [b"", b"Subject: Out of office\n\nBack on Monday", b"\xff\x00", b"Content-Type: multipart/report"]
)
def test_other_mails_are_no_reports(raw: bytes) -> None:
    assert read_bounces(raw) == ()


def sent_letter() -> OutboxLetter:
    (number,) = post("a")
    with unit_of_work(db.session) as now:
        claimed = outbox.claim_letter(db.session, now=now)
        assert claimed
        outbox.mark_sent(db.session, number, claimed.attempts, now=now)
    return db.session.get_one(OutboxLetter, number)


def take(raw: bytes) -> list[Any]:
    with unit_of_work(db.session) as now:
        return [troubles.take_bounce(db.session, bounce, now=now) for bounce in read_bounces(raw)]


def test_a_letter_that_comes_back_has_failed_and_is_shown(app: Flask) -> None:
    with app.app_context():
        letter = sent_letter()
        assert troubles.list_all(db.session, now=clock.now()) == []
        raw = a_report(letter.message_id, letter.recipient, said="550 no such person")
        assert take(raw) == take(raw) == [letter]
        (trouble,) = troubles.list_all(db.session, now=clock.now())
        assert (trouble.letter.state, trouble.letter.fault, trouble.letter.answer) == (
            "failed", "returned", "5.1.1 550 no such person",
        )  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "state"),
    [({"action": "delayed"}, "sent"), ({"action": "delivered"}, "sent"), ({"recipient": "other@example.org"}, "sent"),
     ({"message_id": "<other@example.org>"}, "sent"), ({}, "failed")],
)  # fmt: skip
def test_only_a_failure_of_the_letters_own_recipient_counts(app: Flask, facts: dict[str, str], state: str) -> None:
    with app.app_context():
        letter = sent_letter()
        take(a_report(**{"message_id": letter.message_id, "recipient": letter.recipient, **facts}))
        assert letter.state == state
