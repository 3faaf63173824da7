"""The `consult` command. The document commands need no database and load neither the web nor SQL."""

import json
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from consult import engine
from consult.errors import ConsultError, Invalid

SERVER_COMMANDS = {
    "run": "consult.serving:run",
    "web": "consult.serving:web",
    "work": "consult.serving:work",
    "db": "consult.serving:database",
    "audit": "consult.serving:audit",
    "organisation": "consult.serving:organisation",
    "person": "consult.serving:person",
    "sign-in-link": "consult.serving:sign_in_link",
    "demo": "consult.demo:demo",
}
NOT_PLACED = 3


class Commands(click.Group):
    """Loads a server command when it is called, and says in one sentence what was wrong with the input."""

    def list_commands(self, context: click.Context) -> list[str]:
        """Return all commands."""
        return [*super().list_commands(context), *SERVER_COMMANDS]

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Return a command."""
        if name in SERVER_COMMANDS:
            module, _, attribute = SERVER_COMMANDS[name].partition(":")
            command: click.Command = getattr(import_module(module), attribute)
            return command
        return super().get_command(context, name)

    def invoke(self, context: click.Context) -> Any:
        """Run a command; bad input ends with 2 and one sentence."""
        try:
            return super().invoke(context)
        except ConsultError as error:
            click.echo(f"{error.message}{f' ({error.reason})' if error.reason else ''}", err=True)
            raise SystemExit(2) from None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="consult")
def main() -> None:
    """Ask many organisations what they think of a draft, and merge what they answer into one Word file."""


# ---- files ----------------------------------------------------------------------------------------------------------


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror}.", "no-file") from None


def _write(path: str, data: bytes) -> None:
    try:
        Path(path).write_bytes(data)
    except OSError as error:
        raise Invalid(f"{path} cannot be written: {error.strerror}.", "cannot-write") from None


def _about(path: str, error: Invalid) -> Invalid:
    return Invalid(f"{path}: {error.message}", error.reason)


def _draft(path: str) -> tuple[bytes, engine.Draft]:
    data = _read(path)
    try:
        return data, engine.read_draft(data)
    except Invalid as error:
        raise _about(path, error) from None


def _split(argument: str) -> tuple[str, str]:
    """Return the organisation and the path of NAME=PATH; a path that exists as it stands has no name."""
    name, sign, path = argument.partition("=")
    if not sign or Path(argument).exists():
        return "", argument
    if not name.strip() or ";" in name:
        raise Invalid(f"“{name}” cannot be an organisation's name: it is empty or has a semicolon.", "bad-name")
    return name.strip(), path


# ---- merge ----------------------------------------------------------------------------------------------------------


class _Copies:
    """The returned copies of one merge: what is in them, by organisation."""

    def __init__(self) -> None:
        self.sources: list[engine.Source] = []
        self.contributions: list[engine.Contribution] = []
        self.notices: list[engine.Notice] = []
        self.not_placed: list[str] = []
        self.taken: set[str] = set()

    def add(self, organisation: str, path: str, draft: bytes) -> None:
        """Read one copy. Raises Invalid, naming the file, for one that cannot be used."""
        try:
            copy = engine.read_returned_copy(_read(path), draft, organisation)
        except Invalid as error:
            raise _about(path, error) from None
        names = self._names(organisation, path, copy)
        for name in sorted(set(names.values())):
            theirs = [author for author, known in names.items() if known == name]
            edits = tuple(e for e in copy.edits if e.organisation in theirs)
            remarks = tuple(r for r in copy.remarks if r.organisation in theirs)
            self.contributions.append(engine.Contribution(name, edits, remarks))
        self.taken.update(names.values())
        self.sources.append(engine.source_of("; ".join(sorted(set(names.values()))), path, copy))
        self.notices += copy.notices
        self.not_placed += [f"{path}: {item.what}: {item.text} - {item.why}" for item in copy.not_placed]

    def _names(self, organisation: str, path: str, copy: engine.ReturnedCopy) -> dict[str, str]:
        """Return for each name in the copy the organisation it stands for: itself, or the file's name for no real one."""
        if organisation:
            if organisation in self.taken:
                raise Invalid(f"Two copies are named {organisation}. Give each its own name.", "name-twice")
            return {organisation: organisation}
        stem = Path(path).stem
        names = {}
        for author in {e.organisation for e in copy.edits} | {r.organisation for r in copy.remarks} or {""}:
            name = author.replace(";", ",").strip()
            if name.casefold() in ("", "author", "unknown author"):
                name = stem  # Word's privacy setting leaves "Author"
            names[author] = f"{name} ({stem})" if name in self.taken else name
        return names


@main.command()
@click.argument("draft")
@click.argument("copies", nargs=-1, required=True, metavar="[NAME=]COPY...")
@click.option("-o", "--output", required=True, help="The consolidated Word file.")
@click.option("--matrix", help="Also write the comment matrix: .xlsx or .docx.")
@click.option("--report", help="Also write the report as JSON.")
@click.option("--date", default="", help="Date of changes that have none, e.g. 2026-11-23T12:00:00Z.")
def merge(draft: str, copies: Sequence[str], output: str, matrix: str | None, report: str | None, date: str) -> None:
    """Merge edited COPIES of DRAFT into one Word file with tracked changes and comments by organisation.

    Ends with 0 when everything is placed, 3 when something is not (it is listed), 2 for a file that cannot be used.
    """
    data, described = _draft(draft)
    if date and not engine.clean_date(date):
        raise Invalid(f"{date} is no date like 2026-11-23T12:00:00Z.", "bad-date")
    if matrix and not matrix.lower().endswith((".xlsx", ".docx")):
        raise Invalid("The matrix is written as .xlsx or .docx.", "bad-matrix")
    read = _Copies()
    named = [_split(copy) for copy in copies]
    with click.progressbar(named, label="Reading copies", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        for organisation, path in bar:
            read.add(organisation, path, data)
    made = engine.consolidate(data, read.contributions, date=date)
    _write(output, made.docx)
    if matrix:
        _write(matrix, _matrix(matrix, described, made, date))
    if report:
        told = engine.write_report(described, made, read.sources, path=draft, notices=read.notices)
        _write(report, (json.dumps(told, ensure_ascii=False, indent=2) + "\n").encode())
    placed, found = sum(s.placed for s in read.sources), sum(s.found for s in read.sources)
    click.echo(f"{found} changes and comments found, {placed} placed, {len(made.conflicts)} conflicts: {output}")
    for line in read.not_placed:
        click.echo(f"not placed: {line}", err=True)
    if read.not_placed:
        raise SystemExit(NOT_PLACED)


def _matrix(path: str, draft: engine.Draft, made: engine.Consolidation, date: str) -> bytes:
    head = engine.MatrixHead(date[:10], draft.title)
    rows = engine.matrix_rows(draft, made)
    write = engine.write_matrix_xlsx if path.lower().endswith(".xlsx") else engine.write_matrix_docx
    return write(head, rows)


# ---- resolve, review, paragraphs ------------------------------------------------------------------------------------


@main.command()
@click.argument("file")
@click.option("--accept", required=True, metavar="all|none|NAME[,NAME...]", help="Whose changes are accepted.")
@click.option("-o", "--output", required=True)
def resolve(file: str, accept: str, output: str) -> None:
    """Accept the changes of some organisations in FILE and reject all others."""
    data = _read(file)
    try:
        wanted = accept if accept in ("all", "none") else _names_among(accept, engine.authors_of(data))
        _write(output, engine.resolve(data, wanted))
    except Invalid as error:
        raise _about(file, error) from None


def _names_among(accept: str, known: Sequence[str]) -> list[str]:
    """Return the names given; a name may have commas in it. Raises Invalid for one nobody in the file has."""
    if accept in known:
        return [accept]
    names = [name.strip().strip('"') for name in accept.split(",")]
    unknown = [name for name in names if name not in known]
    if unknown:
        there = ", ".join(known) or "nobody"
        raise Invalid(
            f"No change in this file is by {', '.join(unknown)}. There are changes by: {there}.", "unknown-name"
        )
    return names


@main.command()
@click.argument("copy")
@click.option("--against", "draft", required=True, help="The draft the copy was made of.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def review(copy: str, draft: str, as_json: bool) -> None:
    """Show what a returned COPY of a draft contains."""
    data, described = _draft(draft)
    try:
        read = engine.read_returned_copy(_read(copy), data)
    except Invalid as error:
        raise _about(copy, error) from None
    numbers = {p.key: p.number for p in described.paragraphs}
    if as_json:
        told = {**engine.to_json(read), "found": read.found, "placed": read.placed}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        click.echo(
            f"{read.found} found, {read.placed} placed; {read.matched:.0%} of the draft's paragraphs found again"
        )
        for e in read.edits:
            click.echo(
                f"{numbers[e.paragraph]:>5}  {e.kind}: {e.old!r} -> {e.new!r}{f'  ({e.author})' if e.author else ''}"
            )
        for r in read.remarks:
            click.echo(f"{numbers.get(r.paragraph, ''):>5}  comment by {r.author}: {r.text!r}")
    for item in read.not_placed:
        click.echo(f"not placed: {item.what}: {item.text} - {item.why}", err=True)
    if read.not_placed:
        raise SystemExit(NOT_PLACED)


@main.command()
@click.argument("draft")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def paragraphs(draft: str, as_json: bool) -> None:
    """Show the numbered paragraphs of DRAFT."""
    _, described = _draft(draft)
    if as_json:
        click.echo(json.dumps(engine.to_json(described), ensure_ascii=False, indent=2))
        return
    for p in described.paragraphs:
        if p.number:
            label = f"{p.label} " if p.label else ""
            click.echo(f"{p.number:>5}  {label}{p.text}")
    for notice in described.notices:
        click.echo(f"note: {notice.message}", err=True)


if __name__ == "__main__":
    main()
