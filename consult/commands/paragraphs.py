"""`consult paragraphs`: the numbered paragraphs of a draft."""

import json

import click

from consult import engine
from consult.commands import files


@click.command()
@click.argument("draft")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def paragraphs(draft: str, as_json: bool) -> None:
    """Show the numbered paragraphs of DRAFT."""
    _, described = files.read_draft(draft)
    if as_json:
        click.echo(json.dumps(engine.to_report(described), ensure_ascii=False, indent=2))
        return
    for p in described.paragraphs:
        if p.number:
            label = f"{p.label} " if p.label else ""
            click.echo(f"{p.number:>5}  {label}{p.text}")
    for notice in described.notices:
        click.echo(f"note: {notice.message}", err=True)
