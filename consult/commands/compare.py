"""`consult compare`: what makes one document of another, as tracked changes."""

import click

from consult import engine
from consult.commands import files
from consult.errors import Invalid


@click.command()
@click.argument("old")
@click.argument("new")
@click.option("-o", "--output", required=True, help="The redline: OLD with tracked changes.")
@click.option("--author", default="Comparison", show_default=True, help="In whose name the changes stand.")
@click.option("--date", default="", help="Date of the changes, e.g. 2026-11-23T12:00:00Z.")
@click.option("--formatting", is_flag=True, help="Track changed emphasis (bold, italic, …) too.")
def compare(old: str, new: str, output: str, author: str, date: str, formatting: bool) -> None:
    """Write OLD with tracked changes that make NEW of it: accepting all gives NEW, rejecting all gives OLD.

    Ends with 0 when every difference is shown, 3 when one cannot be (it is listed), 2 for a file that cannot be used.
    """
    if not author.strip() or ";" in author:
        raise Invalid(f"“{author}” cannot be an author's name: it is empty or has a semicolon.", "bad-name")
    if date and not engine.clean_date(date):
        raise Invalid(f"{date} is no date like 2026-11-23T12:00:00Z.", "bad-date")
    before, _ = files.read_draft(old)
    after, _ = files.read_draft(new)
    made = engine.compare_drafts(before, after, author.strip(), date=date, formatting=formatting)
    files.write(output, made.docx)
    moves = len({edit.move for edit in made.edits if edit.move})
    click.echo(f"{len(made.edits) - moves} differences, {moves} of them moves: {output}")
    left_out = [notice for notice in made.notices if notice.code == "not-shown"]
    for notice in made.notices:
        click.echo(f"{'not shown' if notice in left_out else 'note'}: {notice.message}", err=True)
    if left_out:
        raise SystemExit(files.NOT_PLACED)
