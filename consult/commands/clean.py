"""`consult clean`: a document that may leave the house."""

import click

from consult import engine
from consult.commands import files


@click.command()
@click.argument("file")
@click.option("-o", "--output", required=True, help="The clean document.")
def clean(file: str, output: str) -> None:
    """Write FILE as it reads with all changes accepted, and nothing in it that a reader does not see.

    Left behind are tracked changes, comments, hidden text, names, properties, links to other files, embedded files and
    whatever else rides along; each kind is printed with how often it was there.
    """
    data = files.read(file)
    with files.naming(file):
        cleaned = engine.clean(data)
    files.write(output, cleaned.docx)
    for notice in cleaned.removed:
        click.echo(notice.message)
