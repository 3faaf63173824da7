"""`consult merge`: many edited copies of a draft become one Word file."""

import sys
from collections.abc import Sequence
from typing import get_args

import click

from consult import engine
from consult.commands import files
from consult.commands.collecting import not_collecting
from consult.commands.contributions import Contributions, split
from consult.commands.copies import read_copies
from consult.errors import Invalid


@click.command()
@click.argument("draft")
@click.argument("copies", nargs=-1, metavar="[NAME=]COPY...")
@click.option("-o", "--output", required=True, help="The consolidated Word file.")
@click.option(
    "--comments-from",
    "forms",
    multiple=True,
    metavar="[NAME=]FORM",
    help="A filled comment form or matrix, .xlsx or .docx, as another input; its rows are by organisation's code.",
)
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
@click.option(
    "--layout",
    type=click.Choice(get_args(engine.Layout)),
    default="tracked",
    show_default=True,
    help="Tracked changes, or the negotiation text: all variants in square brackets with names.",
)
@click.option("--date", default="", help="Date of changes that have none, e.g. 2026-11-23T12:00:00Z.")
@not_collecting()
def merge(
    draft: str,
    copies: Sequence[str],
    output: str,
    forms: Sequence[str],
    matrix: str | None,
    report: str | None,
    names: engine.Naming,
    formatting: bool,
    ignore_typographic: bool,
    older: Sequence[str],
    conflicts: engine.Conflicts,
    layout: engine.Layout,
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
    if not copies and not forms:
        raise Invalid(
            "There is nothing to merge: give edited copies, or forms with --comments-from.", "nothing-to-merge"
        )
    read, named = Contributions(), [split(copy) for copy in copies]
    older_drafts = {path: files.read_draft(path)[0] for path in older}
    copies_read = read_copies(
        named, data, formatting=formatting, typographic=not ignore_typographic, older=older_drafts
    )
    with click.progressbar(named, label="Reading copies", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        for organisation, path in bar:
            read.add_copy(organisation, path, next(copies_read))
    for organisation, path in map(split, forms):
        read.add_form(organisation, path, described)
    made = engine.consolidate(data, read.contributions, date=date, names=names, conflicts=conflicts, layout=layout)
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


def _matrix(path: str, draft: engine.Draft, made: engine.Consolidation, date: str) -> bytes:
    head = engine.MatrixHead(date[:10], draft.title)
    rows = engine.matrix_rows(draft, made)
    write = engine.write_matrix_xlsx if path.lower().endswith(".xlsx") else engine.write_matrix_docx
    return write(head, rows)
