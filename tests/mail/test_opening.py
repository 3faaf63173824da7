"""Mails as nobody should write them: limits hold, nothing raises but one refusal, what is left out is named."""

import base64
import random
from email.message import EmailMessage

import pytest

from consult import jail
from consult.errors import Invalid
from consult.opening import MOST_COPIES, MOST_PARTS, open_mail
from consult.quoting import Piece

HEAD = "From: a@example.org\nMIME-Version: 1.0\n"


def told(raw: bytes) -> str:
    return "|".join(piece.text for piece in open_mail(raw)[0].answer.pieces)


def multipart(*parts: str, kind: str = "mixed") -> bytes:
    return (
        HEAD + f"Content-Type: multipart/{kind}; boundary=b\n\n" + "".join(f"--b\n{p}\n" for p in parts) + "--b--\n"
    ).encode()


TEXT = "Content-Type: text/plain; charset=utf-8\n\nWe agree."


def attached(name: str, data: bytes = b"PK x", kind: str = "application/octet-stream") -> str:
    written = base64.b64encode(data).decode()
    fields = (
        f"Content-Type: {kind}",
        "Content-Transfer-Encoding: base64",
        f'Content-Disposition: attachment; filename="{name}"',
    )
    return "\n".join(fields) + f"\n\n{written}"


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [("utf-8", "utf-8"), ("windows-1251", "cp1251"), ("koi8-r", "koi8-r"), ("iso-8859-5", "iso-8859-5"), ("utf-16", "utf-16"),
     ("us-ascii", "utf-8"), ("x-unknown", "utf-8"), ("", "utf-8"), ("\"utf-8\x00\"", "utf-8")],
)  # fmt: skip
def test_a_text_is_read_in_its_charset_or_in_the_likely_one(charset: str, encoding: str) -> None:
    body = base64.b64encode("Пункт принят.".encode(encoding)).decode()
    raw = f"{HEAD}Content-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: base64\n\n{body}".encode()
    assert told(raw) == "Пункт принят."


def test_in_the_jail_no_file_is_opened_and_the_charsets_are_known_all_the_same() -> None:
    raw = HEAD.encode() + "Content-Type: text/plain; charset=koi8-r\n\nПункт принят.".encode("koi8-r")
    opened, _ = jail.open_mail(raw)
    assert opened.answer.pieces == (Piece("Пункт принят."),)


def test_a_charset_that_lies_loses_no_letter_that_can_be_read() -> None:
    raw = HEAD.encode() + b"Content-Type: text/plain; charset=utf-8\n\nCaf\xe9 at 10"
    assert told(raw) == "Café at 10"


def test_flowed_lines_are_whole_again() -> None:
    raw = f"{HEAD}Content-Type: text/plain; format=flowed\n\nOne line \nthat goes on.\n> quoted \n> on\nNext.\n-- \nX".encode()
    assert told(raw) == "One line that goes on.|Next."


def test_of_alternatives_the_plain_one_is_read_unless_it_says_nothing() -> None:
    html = "Content-Type: text/html\n\n<p>As <b>HTML</b>.</p>"
    assert told(multipart(TEXT, html, kind="alternative")) == "We agree."
    assert told(multipart("Content-Type: text/plain\n\n \n", html, kind="alternative")) == "As HTML."
    assert (
        told(f"{HEAD}Content-Type: text/html\n\n<p>One<br>two</p><script>x()</script><style>y</style>".encode())
        == "One\ntwo"
    )


def test_files_that_are_no_word_copies_are_named_and_logos_are_not() -> None:
    logo = "Content-Type: image/png\nContent-ID: <l>\nContent-Disposition: inline; filename=l.png\n\nx"
    raw = multipart(
        TEXT,
        attached("a.pdf"),
        attached("b.DOCX"),
        logo,
        attached("c.docx", b""),
        "Content-Type: message/rfc822\n\nSubject: z\n\nInside.",
    )
    opened, copies = open_mail(raw)
    assert opened.copies == ("b.DOCX",)
    assert copies == [b"PK x"]
    assert opened.left_out == (("a.pdf", "not-word"), ("c.docx", "empty"), ("", "attached-mail"))
    assert opened.answer.pieces == (Piece("We agree."),)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("=?utf-8?b?0LAuZG9jeA==?=", "а.docx"),
        ("../../etc/x.docx", "x.docx"),
        ("C:\\\\x\\\\y.docx", "y.docx"),
        ("a\tb.docx", "a b.docx"),
    ],
)
def test_names_of_files_are_names_and_no_paths(name: str, shown: str) -> None:
    assert open_mail(multipart(TEXT, attached(name)))[0].copies == (shown,)


def test_of_a_thousand_files_the_first_are_taken_and_the_rest_is_said() -> None:
    raw = multipart(TEXT, *(attached(f"{n}.docx", b"PK %d" % n) for n in range(1000)))
    opened, copies = open_mail(raw)
    assert len(copies) == MOST_COPIES
    assert opened.left_out[-1] == ("", "too-many-parts")
    assert len(opened.left_out) == MOST_PARTS - MOST_COPIES
    assert [opened.answer.pieces[0].text] == ["We agree."]


def test_mails_in_mails_are_not_opened_and_boxes_in_boxes_are_refused_when_too_deep() -> None:
    inner = "Content-Type: text/plain\n\nDeep."
    for number in range(3000):
        inner = f"Content-Type: multipart/mixed; boundary=b{number}\n\n--b{number}\n{inner}\n--b{number}--"
    deep = (HEAD + inner).encode()
    try:
        assert told(deep) in ("", "Deep.")
    except Invalid as refusal:
        assert refusal.reason == "unreadable-mail"
    mail = "Subject: x\n\nInside."
    for _ in range(50):
        mail = f"Content-Type: message/rfc822\n\n{mail}"
    assert "Inside" not in told((HEAD + mail).encode())


def test_an_encrypted_mail_is_named_as_that() -> None:
    raw = f"{HEAD}Content-Type: application/pkcs7-mime; name=smime.p7m\n\nMIIB".encode()
    assert open_mail(raw)[0].left_out == (("smime.p7m", "encrypted"),)


def test_a_text_without_end_is_read_to_its_limit() -> None:
    opened, _ = open_mail(HEAD.encode() + b"\n" + b"word word\n" * 100_000)
    assert opened.left_out == (("", "too-long"),)
    assert len(opened.answer.pieces[0].text) <= 200_000


def test_whatever_is_changed_in_a_mail_nothing_but_a_refusal_comes_of_it() -> None:
    made = EmailMessage()
    made["From"], made["Subject"] = "a@example.org", "x"
    made.set_content("We agree.\n> quoted\n")
    made.add_alternative("<p>We agree.</p>", subtype="html")
    made.add_attachment(b"PK", maintype="application", subtype="octet-stream", filename="é.docx")
    raw, drawn = made.as_bytes(), random.Random(7)
    for _ in range(400):
        changed = bytearray(raw)
        for _ in range(drawn.randint(1, 12)):
            at = drawn.randrange(len(changed))
            match drawn.randrange(3):
                case 0:
                    changed[at] = drawn.randrange(256)
                case 1:
                    del changed[at : at + drawn.randrange(40)]
                case _:
                    changed[at:at] = drawn.choice(
                        [b"\n", b"--", b"=?utf-8?b?", b"\0", b"; charset=utf-7", b"boundary="]
                    )
            if not changed:
                break
        try:
            open_mail(bytes(changed))
        except Invalid as refusal:
            assert refusal.reason == "unreadable-mail"
