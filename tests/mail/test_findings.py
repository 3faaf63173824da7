"""What is in a mail becomes comments of its organisation once it says so; the sender is told what was found."""

import base64
from collections.abc import Iterator

import pytest
from flask import current_app
from flask.testing import FlaskClient

from consult.models import Comment, Job, ReceivedMail, ReturnedCopy, db
from consult.services import people, received_mails
from consult.unit_of_work import unit_of_work
from consult.web.guards import COOKIE
from consult.working import do_due_jobs, kinds_of_work
from tests.conftest import BASE_URL, make_app
from tests.engine.specimens import edit, tracked_copy
from tests.mail.incoming import DESK, a_mail, a_running_story, take
from tests.story import Story


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    app = make_app(tmp_path_factory.mktemp("findings"))
    with app.app_context():
        yield a_running_story(app)


def read(story: Story, raw: bytes, desk: received_mails.Desk = DESK) -> ReceivedMail:
    """Let a mail come in, be sorted, and be read by the worker."""
    with unit_of_work(db.session):
        number = take(story, raw, desk=desk).id
    do_due_jobs(db.session, story.storage, kinds_of_work(BASE_URL))
    db.session.rollback()
    return db.session.get_one(ReceivedMail, number)


def client_of(story: Story, name: str) -> FlaskClient:
    with unit_of_work(db.session) as now:
        link = people.make_link(db.session, person=story.people[name], base_url=BASE_URL, next_path="", now=now)
        token = people.consume_link(db.session, token=link.rpartition("/")[2], now=now)[0]
    client = current_app.test_client()
    client.set_cookie(COOKIE, token)
    return client


def pieces(mail: ReceivedMail) -> list[tuple[str, str]]:
    return [(piece["paragraph"], piece["text"]) for piece in mail.findings["pieces"]]


def with_files(story: Story, text: str, *files: tuple[str, bytes]) -> bytes:
    parts = [f"--b\nContent-Type: text/plain; charset=utf-8\n\n{text}\n"]
    for name, data in files:
        written = base64.encodebytes(data).decode()
        parts.append(
            f'--b\nContent-Type: application/octet-stream; name="{name}"\nContent-Transfer-Encoding: base64\n'
            f'Content-Disposition: attachment; filename="{name}"\n\n{written}\n'
        )
    fields: dict[str, str | None] = {"Content-Type": "multipart/mixed; boundary=b", "Content-Transfer-Encoding": None}
    return a_mail(story, body="".join(parts) + "--b--\n", fields=fields)


def a_copy(story: Story, old: str = "prevent and to combat", new: str = "prevent and combat") -> bytes:
    base = story.storage.read(story.draft.file_sha256)
    db.session.rollback()
    return tracked_copy(base, [edit(base, old, new)], "Somebody")


def test_a_plain_answer_waits_on_the_page_and_becomes_comments_where_it_says(story: Story) -> None:
    body = "We support the draft.\n\nPara 3: one day is enough.\n§ 99: and this?\n\nOn 12 Nov 2026, consult wrote:\n> Dear X\n"
    mail = read(story, a_mail(story, body=body))
    assert (mail.state, mail.findings["unknown"]) == ("examined", ["99"])
    assert pieces(mail) == [("", "We support the draft."), ("3", "one day is enough."), ("", "§ 99: and this?")]
    letter = story.letters("received")[-1]
    assert (letter.in_reply_to, letter.recipient) == (mail.message_id, story.people["moldova"].email)
    for words in ("3 remarks", "On paragraphs: 3.", "99", f"/received/{mail.id}"):
        assert words in letter.text, words
    assert "one day is enough" not in letter.text + letter.html  # what somebody wrote stands on the page alone
    assert db.session.query(Comment).count() == 0

    page = f"/rounds/{story.round.id}/received/{mail.id}"
    client = client_of(story, "moldova")
    shown = client.get(page).text
    assert "one day is enough." in shown
    assert f"/received/{mail.id}" in client.get(f"/rounds/{story.round.id}/comments").text
    for _ in range(2):
        assert client.post(f"{page}/keep", data={"piece": ["0", "1"]}).status_code == 302
    db.session.rollback()
    kept = db.session.query(Comment).order_by(Comment.reason).all()
    assert [(c.reason, c.paragraph.number if c.paragraph else "", c.type, c.submission_id) for c in kept] == [
        ("We support the draft.", "", "general", None), ("one day is enough.", "3", "substantive", None),
    ]  # fmt: skip
    assert client.post(f"{page}/discard").status_code == 409


@pytest.mark.parametrize(("name", "status"), [("lead", 404), ("kosovo", 404), ("observer", 403)])
def test_what_waits_for_an_organisation_is_there_for_nobody_else(story: Story, name: str, status: int) -> None:
    mail = read(story, a_mail(story, body="ZXQV-SECRET"))
    client, page = client_of(story, name), f"/rounds/{story.round.id}/received/{mail.id}"
    for answer in (client.get(page), client.post(f"{page}/keep"), client.post(f"{page}/discard")):
        assert answer.status_code == status
    for other in ("board", "mail", f"mail/{mail.id}/mail.eml", "comments"):
        assert "ZXQV-SECRET" not in client.get(f"/rounds/{story.round.id}/{other}").text


def test_word_copies_are_read_like_uploaded_ones_and_what_cannot_be_used_is_named(story: Story) -> None:
    copy, other = a_copy(story), a_copy(story, "within two working days", "without delay")
    files = (
        ("ours.docx", copy),
        ("again.docx", copy),
        ("theirs.docx", other),
        ("bad.docx", b"PK no file"),
        ("x.pdf", b"%PDF"),
    )
    mail = read(story, with_files(story, "Please see attached.", *files))
    assert [(one["filename"], one["found"], one["placed"]) for one in mail.findings["copies"]] == [
        ("ours.docx", 1, 1), ("theirs.docx", 1, 1),
    ]  # fmt: skip
    letter = story.letters("received")[-1]
    for words in ("“ours.docx”: 1 change", "“bad.docx” was not used", "“x.pdf” was not used: Only Word files"):
        assert words in letter.text, words
    before = db.session.query(Comment).count()
    client, page = client_of(story, "moldova"), f"/rounds/{story.round.id}/received/{mail.id}"
    assert "Only Word files" in client.get(page).text
    chosen = [str(one["id"]) for one in mail.findings["copies"][:1]]
    for _ in range(2):
        client.post(f"{page}/keep", data={"copy": chosen})
    db.session.rollback()
    assert db.session.query(Comment).count() == before + 1
    assert {c.state for c in db.session.query(ReturnedCopy)} == {"kept", "examined"}


def test_what_was_put_aside_becomes_nothing(story: Story) -> None:
    mail = read(story, a_mail(story, body="Not this."))
    client, page = client_of(story, "moldova"), f"/rounds/{story.round.id}/received/{mail.id}"
    before = db.session.query(Comment).count()
    db.session.rollback()
    assert client.post(f"{page}/discard").status_code == 302
    assert client.post(f"{page}/keep", data={"piece": ["0"]}).status_code == 409
    assert "put aside" in client.get(page).text
    assert db.session.query(Comment).count() == before


def test_an_answer_between_quoted_lines_stands_on_the_paragraph_it_quotes(story: Story) -> None:
    words = story.paragraph("within two working days").text
    db.session.rollback()
    body = f"On 12 Nov 2026 consult wrote:\n> {words}\n\nToo long.\n\n> The last line of the letter.\n\nThank you.\n"
    mail = read(story, a_mail(story, body=body))
    assert pieces(mail) == [("3", "Too long."), ("", "Thank you.")]
    assert mail.findings["pieces"][0]["context"] == words


def test_a_very_long_text_is_divided_and_nothing_of_it_is_lost(story: Story) -> None:
    lines = [f"Line {number} of a long statement about the draft." for number in range(900)]
    mail = read(story, a_mail(story, body="\n".join(lines)))
    assert len(mail.findings["pieces"]) == 3
    assert "\n".join(piece["text"] for piece in mail.findings["pieces"]) == "\n".join(lines)
    client, page = client_of(story, "moldova"), f"/rounds/{story.round.id}/received/{mail.id}"
    assert client.post(f"{page}/keep", data={"piece": ["0", "1", "2"]}).status_code == 302


def test_a_mail_whose_reading_came_to_no_end_waits_for_the_lead(story: Story) -> None:
    with unit_of_work(db.session):
        mail = take(story, a_mail(story))
        assert received_mails.settle_unread(db.session) == 0
        job = db.session.query(Job).filter_by(key=f"mail:{mail.id}").one()
        job.key, job.state = None, "failed"
        assert received_mails.settle_unread(db.session) == 1
        assert (mail.state, mail.reason) == ("quarantined", "unreadable")


def test_the_lead_sees_what_is_doubtful_saves_it_and_takes_it_in_for_an_organisation(story: Story) -> None:
    raw = a_mail(story, body="From another address.", fields={"From": '"<b>Ms</b>" <private@mail.example>'})
    with unit_of_work(db.session):
        mail = take(story, raw)
        number, round_id = mail.id, story.round.id
    lead, at = client_of(story, "lead"), f"/rounds/{story.round.id}/mail"
    page = lead.get(at).text
    assert "comes from an address that nobody here has" in page
    assert "private@mail.example" in page
    assert "From another address." not in page  # the lead reads what is in it only when it saves it
    assert "to this round wait" in lead.get(f"/rounds/{round_id}/board").text
    saved = lead.get(f"{at}/{number}/mail.eml")
    assert saved.data == raw
    assert saved.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in saved.headers["Content-Security-Policy"]
    for name in ("moldova", "kosovo", "observer"):
        other = client_of(story, name)
        assert [other.get(at).status_code, other.get(f"{at}/{number}/mail.eml").status_code,
                other.post(f"{at}/{number}", data={"act": "discard"}).status_code] == [403, 403, 403]  # fmt: skip
    assert lead.post(f"{at}/{number}", data={"act": "take in", "organisation": "99999"}).status_code == 422
    organisation = story.kosovo.id
    db.session.rollback()
    assert lead.post(f"{at}/{number}", data={"act": "take in", "organisation": str(organisation)}).status_code == 302
    do_due_jobs(db.session, story.storage, kinds_of_work(BASE_URL))
    db.session.rollback()
    mail = db.session.get_one(ReceivedMail, number)
    assert (mail.state, mail.organisation_id) == ("examined", organisation)
    letter = story.letters("received")[-1]
    assert letter.recipient == story.people["kosovo"].email
    db.session.rollback()
    assert "From another address." in client_of(story, "kosovo").get(f"/rounds/{round_id}/received/{number}").text
    assert lead.post(f"{at}/{number}", data={"act": "discard"}).status_code == 404


def test_the_lead_puts_a_mail_aside_with_a_trace(story: Story) -> None:
    with unit_of_work(db.session):
        number = take(story, a_mail(story, fields={"From": "a@mail.example"})).id
        round_id = story.round.id
    lead, at = client_of(story, "lead"), f"/rounds/{round_id}/mail/{number}"
    assert lead.post(at, data={"act": "delete"}).status_code == 404
    assert lead.post(at, data={"act": "discard"}).status_code == 302
    mail = db.session.get_one(ReceivedMail, number)
    assert (mail.state, mail.settled_by_id) == ("discarded", story.people["lead"].id)
    assert story.storage.read(mail.file_sha256)
    db.session.rollback()
