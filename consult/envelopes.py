"""The outside of a mail: what its header says, read strictly. Nothing here looks into what the mail carries.

A header is read as bytes, field by field. The email package is lenient about addresses (CVE-2023-27043: it found another
sender in a field than a mail program shows); here a From field is either plainly one address, or it is unclear.
"""

import re
from dataclasses import dataclass
from email.header import decode_header, make_header
from hashlib import sha256

from consult.messages import one_line

LARGEST_HEADER = 64 * 1024
LONGEST_FIELD = 2000
LONGEST_ID = 300
MOST_ANSWERED = 50
MESSAGE_ID = re.compile(r"<[^<>\s]{1,200}>")
END = re.compile(rb"\r?\n\r?\n")
FOLDED = re.compile(rb"\r?\n[ \t]+")
FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:[ \t]*(.*)", re.DOTALL)
ATOMS = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
LABELS = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
ADDRESS = rf"({ATOMS}@{LABELS})"
QUOTED = r'"(?:[^"\\\x00-\x1f]|\\[^\x00-\x1f])*"'
WORDS = r'[^"<>@,:;()\[\]\\\x00-\x1f]*'
SENDER = re.compile(rf"(?:{ADDRESS}|(?:{QUOTED}|{WORDS})[ \t]*<{ADDRESS}>)")
FOR_WHOM = ("to", "cc", "delivered-to", "x-original-to", "envelope-to", "resent-to")
RESULT = re.compile(r"\bdmarc\s*=\s*(\w+)", re.IGNORECASE)
COMMENTS = re.compile(r"\([^()]*\)")
# What begins the subject of an answer by a machine that forgot to say so in its header.
AWAY = re.compile(
    r"\s*(?:automatic reply|auto(?:matic)?[ -]?(?:reply|response)|autoreply|on leave"
    r"|(?:out of|away from) (?:the )?office"
    r"|r[ée]ponse automatique|absence du bureau|message d.absence"
    r"|automatische (?:antwort|antwortnachricht)|abwesenheits(?:notiz|nachricht|meldung)|nicht im b[üu]ro"
    r"|risposta automatica|fuori (?:sede|ufficio)|respuesta autom[áa]tica|fuera de (?:la )?oficina"
    r"|автоматический ответ|автоответ|нет на месте|вне офиса"
    r"|аутоматски одговор|automatski odgovor|одсутан|odsutan|odsutna"
    r"|p[ëe]rgjigj(?:je|a|e) automatike|jasht[ëe] zyr[ëe]s|автоматски одговор|надвор од канцеларија"
    r"|r[ăa]spuns automat|absent de la birou|undeliver(?:ed|able)|delivery status notification|mail delivery failed"
    r"|returned mail|unzustellbar|non remis|не доставлено)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the header of a mail says.

    `sender` is the address in From, "" where it is not plainly one; `shown` is that field in one line. `automatic` is our
    word for why it comes from a machine, "" for a mail that somebody wrote; `wants_no_answer` is what it asks of machines;
    `answers` are the Message-IDs of what it answers.
    """

    message_id: str
    sender: str
    shown: str
    for_whom: str
    subject: str
    automatic: str
    wants_no_answer: bool
    answers: tuple[str, ...]
    authentication: str
    dmarc: str


def read_envelope(raw: bytes) -> Envelope:
    """Return what the header of a mail says. Never raises: whatever somebody sends arrives here."""
    fields = _fields(raw)
    authentication = _text(_first(fields, "authentication-results"))[:1000]
    result = RESULT.search(COMMENTS.sub(" ", authentication))
    subject = _decoded(_first(fields, "subject"))
    senders = fields.get("from", [])
    return Envelope(
        message_id=_text(_first(fields, "message-id"))[:LONGEST_ID] or f"<{sha256(raw).hexdigest()}@without-id>",
        sender=_sender(senders),
        shown=", ".join(_text(field) for field in senders)[:320],
        for_whom="\n".join(_text(field) for name in FOR_WHOM for field in fields.get(name, [])),
        subject=subject[:300],
        automatic=_automatic(fields, subject),
        wants_no_answer=_wants_no_answer(fields),
        answers=_answers(fields),
        authentication=authentication,
        dmarc=result[1].lower() if result else "",
    )


def body_digest(raw: bytes) -> str:
    """Return the sha256 of what stands below the header: the header grows on the way, the body does not."""
    end = END.search(raw)
    return sha256(raw[end.end() :] if end else b"").hexdigest()


def _fields(raw: bytes) -> dict[str, list[bytes]]:
    end = END.search(raw[:LARGEST_HEADER])
    head = FOLDED.sub(b" ", raw[: end.start()] if end else raw[:LARGEST_HEADER])
    found: dict[str, list[bytes]] = {}
    for line in re.split(rb"\r?\n", head):
        field = FIELD.fullmatch(line)
        if field:
            found.setdefault(field[1].decode("ascii").lower(), []).append(field[2])
    return found


def _first(fields: dict[str, list[bytes]], name: str) -> bytes:
    return fields.get(name, [b""])[0]


def _text(field: bytes) -> str:
    return one_line(field.decode("utf-8", "replace"))


def _decoded(field: bytes) -> str:
    """Return a field with its encoded words decoded, for people to read; as it is where that cannot be done."""
    written = field[:LONGEST_FIELD].decode("utf-8", "replace")
    try:
        return one_line(str(make_header(decode_header(written))))
    except (ValueError, LookupError, TypeError, AssertionError):
        return one_line(written)


def _sender(fields: list[bytes]) -> str:
    """Return the one address that wrote the mail, in small letters; "" where that is not plain."""
    if len(fields) != 1 or len(fields[0]) > LONGEST_FIELD:
        return ""
    try:
        field = fields[0].decode("utf-8").strip()
    except UnicodeDecodeError:
        return ""
    found = SENDER.fullmatch(field)
    address = (found[1] or found[2]) if found else ""
    return "" if address.startswith("=?") or len(address) > 254 else address.lower()


def _automatic(fields: dict[str, list[bytes]], subject: str) -> str:
    """Return our word for why nobody wrote this: "report", "list", "automatic"; "" for what a person sent."""
    if b"multipart/report" in _first(fields, "content-type").lower():
        return "report"
    submitted = _text(_first(fields, "auto-submitted")).partition(";")[0].strip().lower()
    if submitted and submitted != "no":
        return "automatic"
    if any(name in fields for name in ("list-id", "list-post", "list-unsubscribe", "x-mailing-list", "x-loop")):
        return "list"
    if any(name in fields for name in ("x-autoreply", "x-autorespond", "x-auto-reply", "x-autoresponder")):
        return "automatic"
    precedence = _text(_first(fields, "precedence")).lower()
    if precedence in ("bulk", "junk", "list", "auto_reply", "auto-reply"):
        return "list" if precedence == "list" else "automatic"
    if _text(_first(fields, "return-path")) == "<>":
        return "report"
    return "automatic" if AWAY.match(subject) else ""


def _answers(fields: dict[str, list[bytes]]) -> tuple[str, ...]:
    named = [_text(field) for name in ("in-reply-to", "references") for field in fields.get(name, [])]
    return tuple(dict.fromkeys(MESSAGE_ID.findall(" ".join(named))))[:MOST_ANSWERED]


def _wants_no_answer(fields: dict[str, list[bytes]]) -> bool:
    asked = _text(_first(fields, "x-auto-response-suppress")).lower()
    return any(word.strip() in ("all", "autoreply") for word in asked.split(","))
