"""`consult merge`: many edited copies of a draft become one Word file."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import click

from consult import engine
from consult.commands import files
from consult.commands.copies import read_copies
from consult.errors import Invalid


@click.command()
@click.argument("draft")
@click.argument("copies", nargs=-1, required=True, metavar="[NAME=]COPY...")
@click.option("-o", "--output", required=True, help="The consolidated Word file.")
@click.option("--matrix", help="Also write the comment matrix: .xlsx or .docx.")
@click.option("--report", help="Also write the report as JSON.")
@click.option(
    "--names",
    type=click.Choice(get_args(engine.Naming)),
    default="organisation",
    show_default=True,
    help="How changes and comments are signed: Mission to Moldova, Mission to Moldova (A.B.), or Ana Banu.",
)
@click.option("--formatting", is_flag=True, help="Also take in emphasis that was changed without tracking.")
@click.option("--ignore-typographic", is_flag=True, help="Leave out autocorrected quotation marks, blanks and dashes.")
@click.option("--older", multiple=True, metavar="DRAFT", help="An older draft: a copy of it is refused by name.")
@click.option(
    "--conflicts",
    type=click.Choice(get_args(engine.Conflicts)),
    default="stack",
    show_default=True,
    help="Where changes contradict: all variants in the text, or the draft's words with all variants in one comment.",
)
@click.option("--date", default="", help="Date of changes that have none, e.g. 2026-11-23T12:00:00Z.")
def merge(
    draft: str,
    copies: Sequence[str],
    output: str,
    matrix: str | None,
    report: str | None,
    names: engine.Naming,
    formatting: bool,
    ignore_typographic: bool,
    older: Sequence[str],
    conflicts: engine.Conflicts,
    date: str,
) -> None:
    """Merge edited COPIES of DRAFT into one Word file with tracked changes and comments by organisation.

    Ends with 0 when everything is placed, 3 when something is not (it is listed), 2 for a file that cannot be used.
    """
    data, described = files.read_draft(draft)
    if date and not engine.clean_date(date):
        raise Invalid(f"{date} is no date like 2026-11-23T12:00:00Z.", "bad-date")
    if matrix and not matrix.lower().endswith((".xlsx", ".docx")):
        raise Invalid("The matrix is written as .xlsx or .docx.", "bad-matrix")
    read, named = _Copies(), [_split(copy) for copy in copies]
    older_drafts = {path: files.read_draft(path)[0] for path in older}
    copies_read = read_copies(
        named, data, formatting=formatting, typographic=not ignore_typographic, older=older_drafts
    )
    with click.progressbar(named, label="Reading copies", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        for organisation, path in bar:
            read.add(organisation, path, next(copies_read))
    made = engine.consolidate(data, read.contributions, date=date, names=names, conflicts=conflicts)
    files.write(output, made.docx)
    if matrix:
        files.write(matrix, _matrix(matrix, described, made, date))
    if report:
        told = engine.write_report(described, made, read.sources, path=draft, notices=read.notices)
        files.write_json(report, told)
    left_out = sum(len(s.left_out) for s in read.sources)
    placed, found = sum(s.placed for s in read.sources), sum(s.found for s in read.sources)
    left = f", {left_out} typographic left out" if left_out else ""
    click.echo(f"{found} changes and comments found, {placed} placed{left}, {len(made.conflicts)} conflicts: {output}")
    for line in read.not_placed:
        click.echo(f"not placed: {line}", err=True)
    if read.not_placed:
        raise SystemExit(files.NOT_PLACED)


def _split(argument: str) -> tuple[str, str]:
    """Return the organisation and the path of NAME=PATH; a path that exists as it stands has no name."""
    name, sign, path = argument.partition("=")
    if not sign or Path(argument).exists():
        return "", argument
    if not name.strip() or ";" in name:
        raise Invalid(f"“{name}” cannot be an organisation's name: it is empty or has a semicolon.", "bad-name")
    return name.strip(), path


def _matrix(path: str, draft: engine.Draft, made: engine.Consolidation, date: str) -> bytes:
    head = engine.MatrixHead(date[:10], draft.title)
    rows = engine.matrix_rows(draft, made)
    write = engine.write_matrix_xlsx if path.lower().endswith(".xlsx") else engine.write_matrix_docx
    return write(head, rows)


class _Copies:
    """The returned copies of one merge: what is in them, by organisation."""

    def __init__(self) -> None:
        self.sources: list[engine.Source] = []
        self.contributions: list[engine.Contribution] = []
        self.notices: list[engine.Notice] = []
        self.not_placed: list[str] = []
        self.taken: set[str] = set()

    def add(self, organisation: str, path: str, copy: engine.ReturnedCopy) -> None:
        """Add what was read from one copy."""
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
        authors = [e.organisation for e in copy.edits] + [r.organisation for r in copy.remarks]
        for author, spelling in engine.one_spelling(authors or [""]).items():
            name = spelling.replace(";", ",").strip()
            if engine.is_nobody(name):
                name = stem  # Word's privacy setting leaves "Author"
            names[author] = f"{name} ({stem})" if name in self.taken else name
        return names
