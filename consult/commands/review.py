"""`consult review`: what one returned copy contains."""

import json

import click

from consult import engine
from consult.commands import files


@click.command()
@click.argument("copy")
@click.option("--against", "draft", required=True, help="The draft the copy was made of.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def review(copy: str, draft: str, as_json: bool) -> None:
    """Show what a returned COPY of a draft contains."""
    data, described = files.read_draft(draft)
    returned = files.read(copy)
    with files.naming(copy):
        read = engine.read_returned_copy(returned, data)
    if as_json:
        told = {**engine.to_report(read), "found": read.found, "placed": read.placed}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        _print(read, described)
    for item in read.not_placed:
        click.echo(f"not placed: {item.what}: {item.text} - {item.why}", err=True)
    if read.not_placed:
        raise SystemExit(files.NOT_PLACED)


def _print(read: engine.ReturnedCopy, draft: engine.Draft) -> None:
    numbers = {p.key: p.number for p in draft.paragraphs}
    click.echo(f"{read.found} found, {read.placed} placed; {read.matched:.0%} of the draft's paragraphs found again")
    for e in read.edits:
        by = f"  ({e.author})" if e.author else ""
        click.echo(f"{numbers[e.paragraph]:>5}  {e.kind}: {e.old!r} -> {e.new!r}{by}")
    for r in read.remarks:
        click.echo(f"{numbers.get(r.paragraph, ''):>5}  comment by {r.author}: {r.text!r}")
