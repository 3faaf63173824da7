"""The files of a transmittal, and the one package they are frozen in: the same input gives the same bytes.

Every Word file goes through the outgoing gate. No person is named in any of them, but by the lead in its own words.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from consult import engine, jail
from consult.catalogues import SOURCE, say_in, when
from consult.phrases import say
from consult.rules.names import name_of
from consult.services.files import DOCX, XLSX

TEXT, JSON, ZIP = "text/plain", "application/json", "application/zip"
PACKAGE, MANIFEST, MANIFEST_TEXT = "package.zip", "manifest.json", "manifest.txt"
CONFIRMATION, CONFIRMATION_TEXT = "confirmation.json", "confirmation.txt"
TITLES = {
    "1-cover-letter.docx": say("Cover letter"),
    "2-clean-text.docx": say("Clean text"),
    "3-redline.docx": say("Changes against the circulated draft"),
    "4-comment-matrix.docx": say("Comment matrix (Word)"),
    "5-comment-matrix.xlsx": say("Comment matrix (Excel)"),
    "6-organisations-consulted.docx": say("Organisations consulted, with positions and dates"),
    MANIFEST: say("List of the files with their digests, for programs"),
    MANIFEST_TEXT: say("List of the files with their digests"),
    CONFIRMATION: say("Confirmation by a second person, for programs"),
    CONFIRMATION_TEXT: say("Confirmation by a second person"),
    PACKAGE: say("Everything in one package"),
}
COVER, CLEAN, REDLINE, MATRIX, SHEET, CONSULTED = list(TITLES)[:6]
COLUMNS = (
    (say("Organisation"), 7.0),
    (say("Part in the consultation"), 3.5),
    (say("Position"), 4.5),
    (say("Answered on"), 5.0),
    (say("Remarks"), 8.0),
)
NO_ANSWER = say("no answer")
said = partial(say_in, SOURCE)


@dataclass(frozen=True, slots=True)
class Cover:
    """What the lead gives a transmittal: symbol, language line and mark as checked, and its own words."""

    symbol: str
    language_line: str
    mark: str
    words: str


@dataclass(frozen=True, slots=True)
class Answer:
    """An organisation that was consulted: its place, its position, when it answered, and what is to be said of that."""

    organisation: str
    place: str
    position: str = ""
    at: datetime | None = None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Replaced:
    """The transmittal that a correction takes the place of."""

    number: int
    symbol: str
    at: datetime
    package_sha256: str


@dataclass(frozen=True, slots=True)
class Basis:
    """All that a package is made of, read at one instant. `text` is what the decisions make of the draft, or an upload."""

    title: str
    reference: str
    round_number: int
    lead: str
    zone: str
    deadline_at: datetime | None
    draft: bytes
    edits: tuple[engine.Edit, ...]
    upload: bytes
    matrix: tuple[engine.MatrixHead, tuple[engine.MatrixRow, ...]]
    answers: tuple[Answer, ...]
    number: int
    replaces: Replaced | None
    audit_number: int
    audit_digest: str
    inputs_digest: str


@dataclass(frozen=True, slots=True)
class Packed:
    """A file under its name in the package."""

    name: str
    media_type: str
    data: bytes

    @property
    def sha256(self) -> str:
        """The digest of its bytes."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, slots=True)
class Package:
    """The files, the archive they are frozen in, and the instant that stands in them."""

    files: tuple[Packed, ...]
    data: bytes
    made_at: datetime

    @property
    def sha256(self) -> str:
        """The digest that is confirmed."""
        return hashlib.sha256(self.data).hexdigest()


def make_package(basis: Basis, cover: Cover, *, by: str, now: datetime) -> Package:
    """Return the package. `by` is the organisation for which it is prepared."""
    source = basis.upload or jail.write_next_draft(basis.draft, basis.edits)
    clean = jail.clean(source).docx
    files = [
        Packed(COVER, DOCX, engine.clean(write_cover(basis, cover, now)).docx),
        Packed(CLEAN, DOCX, clean),
        Packed(REDLINE, DOCX, jail.compare_drafts(basis.draft, clean, basis.lead)),
        Packed(MATRIX, DOCX, engine.clean(engine.write_matrix_docx(*basis.matrix)).docx),
        Packed(SHEET, XLSX, engine.write_matrix_xlsx(*basis.matrix)),
        Packed(CONSULTED, DOCX, engine.clean(write_consulted(basis, cover)).docx),
    ]
    told = _manifest(basis, cover, files, by, now)
    files += [
        Packed(MANIFEST, JSON, as_json(told)),
        Packed(MANIFEST_TEXT, TEXT, _manifest_text(told, basis.zone, now).encode()),
    ]
    return Package(tuple(files), zip_of({file.name: file.data for file in files}), now)


def zip_of(files: Mapping[str, bytes]) -> bytes:
    """Return an archive without a clock, in this order."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            member = zipfile.ZipInfo(name)
            member.create_system, member.external_attr = 3, 0o644 << 16
            archive.writestr(member, data, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def as_json(value: Mapping[str, Any]) -> bytes:
    """Return what a program reads."""
    return json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n"


def iso(at: datetime) -> str:
    """Return an instant for a program."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# ---- the cover letter -----------------------------------------------------------------------------------------------


def write_cover(basis: Basis, cover: Cover, now: datetime) -> bytes:
    """Return the cover letter: symbol, date, language line, mark, the lead's words, and what is enclosed."""
    day = when(now, basis.zone).partition(",")[0]
    subject = [basis.title, basis.reference if basis.reference != cover.symbol else ""]
    paragraphs = [replaces(basis.replaces, basis.zone), *cover.words.split("\n\n"), basis.lead, said(say("Enclosed:"))]
    paragraphs.append("\n".join(f"{name}: {said(title)}" for name, title in list(TITLES.items())[1:8]))
    return engine.write_letter_docx(
        said(TITLES[COVER]),
        mark=cover.mark,
        head=[line for line in (cover.symbol, day, cover.language_line) if line],
        subject=[line for line in subject if line],
        paragraphs=[text.strip() for text in paragraphs if text.strip()],
    )


def replaces(old: Replaced | None, zone: str, language: str = SOURCE) -> str:
    """Return in a sentence what a transmittal takes the place of; "" for nothing."""
    if old is None:
        return ""
    at = when(old.at, zone, language)
    if old.symbol:
        sentence = say("This replaces transmittal %(number)s, %(symbol)s, of %(when)s.",
                       number=old.number, symbol=old.symbol, when=at)  # fmt: skip
    else:
        sentence = say("This replaces transmittal %(number)s of %(when)s.", number=old.number, when=at)
    return say_in(language, sentence)


# ---- who was consulted ----------------------------------------------------------------------------------------------


def write_consulted(basis: Basis, cover: Cover) -> bytes:
    """Return the list of organisations consulted, with what they answered and when."""
    title = said(say("Organisations consulted"))
    lines = [
        title,
        said(say("%(title)s, round %(number)s", title=basis.title, number=basis.round_number)),
        *filter(None, (cover.symbol, cover.language_line, cover.mark)),
        *([said(say("Deadline: %(when)s", when=when(basis.deadline_at, basis.zone)))] if basis.deadline_at else []),
    ]
    columns = tuple((said(heading), width) for heading, width in COLUMNS)
    return engine.write_table_docx(title, lines, columns, [_row(answer, basis.zone) for answer in basis.answers])


def _row(answer: Answer, zone: str) -> list[str]:
    return [
        answer.organisation,
        said(name_of(answer.place, "place")),
        said(name_of(answer.position, "position") if answer.position else _none(answer)),
        when(answer.at, zone) if answer.at else "–",
        "\n".join(said(remark) for remark in answer.remarks),
    ]


def _none(answer: Answer) -> str:
    return NO_ANSWER if answer.place != "observer" else say("was not asked")


# ---- the manifest ---------------------------------------------------------------------------------------------------


def _manifest(basis: Basis, cover: Cover, files: Sequence[Packed], by: str, now: datetime) -> dict[str, Any]:
    old = basis.replaces
    return {
        "title": basis.title,
        "reference": basis.reference,
        "round": basis.round_number,
        "transmittal": basis.number,
        "symbol": cover.symbol,
        "language": cover.language_line,
        "mark": cover.mark,
        "replaces": old and {"transmittal": old.number, "symbol": old.symbol, "package": old.package_sha256},
        "prepared_at": iso(now),
        "prepared_by": by,
        "confirmation": CONFIRMATION,
        "audit": {"entry": basis.audit_number, "digest": basis.audit_digest},
        "files": [{"name": f.name, "size": len(f.data), "sha256": f.sha256} for f in files],
    }


def _manifest_text(told: Mapping[str, Any], zone: str, now: datetime) -> str:
    head = [
        said(say("Transmittal %(number)s: %(title)s, round %(round)s",
                 number=told["transmittal"], title=told["title"], round=told["round"])),
        *filter(None, (told["symbol"], told["language"], told["mark"])),
        said(say("Prepared on %(when)s by a focal point of %(organisation)s.",
                 when=when(now, zone), organisation=told["prepared_by"])),
        said(say("Who confirmed this package is in the file %(name)s beside it.", name=CONFIRMATION_TEXT)),
        said(say("Head of the audit: entry %(number)s, %(digest)s.",
                 number=told["audit"]["entry"], digest=told["audit"]["digest"])),
        "",
        said(say("Files, each with its size in bytes and its sha256:")),
    ]  # fmt: skip
    lines = [f"{file['name']}  {file['size']}\n  {file['sha256']}" for file in told["files"]]
    return "\n".join([*head, *lines]) + "\n"


def confirmation_of(
    *, number: int, package_sha256: str, size: int, prepared: tuple[str, datetime], confirmed: tuple[str, datetime],
    head: tuple[int, str], zone: str,
) -> tuple[Packed, Packed]:  # fmt: skip
    """Return what tells of the second person's confirmation, for programs and for people; it lies beside the package."""
    told = {
        "transmittal": number,
        "package": {"name": PACKAGE, "size": size, "sha256": package_sha256},
        "prepared_by": prepared[0],
        "prepared_at": iso(prepared[1]),
        "confirmed_by": confirmed[0],
        "confirmed_at": iso(confirmed[1]),
        "audit": {"entry": head[0], "digest": head[1]},
    }
    lines = [
        said(say("Package of transmittal %(number)s, %(size)s bytes, sha256:", number=number, size=size)),
        f"  {package_sha256}",
        said(say("Prepared on %(when)s by a focal point of %(organisation)s.",
                 when=when(prepared[1], zone), organisation=prepared[0])),
        said(say("Confirmed on %(when)s by a second person, a focal point of %(organisation)s.",
                 when=when(confirmed[1], zone), organisation=confirmed[0])),
        said(say("Head of the audit: entry %(number)s, %(digest)s.", number=head[0], digest=head[1])),
    ]  # fmt: skip
    return Packed(CONFIRMATION, JSON, as_json(told)), Packed(
        CONFIRMATION_TEXT, TEXT, ("\n".join(lines) + "\n").encode()
    )
