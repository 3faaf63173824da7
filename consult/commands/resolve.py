"""`consult resolve`: the changes of some accepted, of all others rejected."""

from collections.abc import Sequence

import click

from consult import engine
from consult.commands import files
from consult.errors import Invalid


@click.command()
@click.argument("file")
@click.option("--accept", required=True, metavar="all|none|NAME[,NAME...]", help="Whose changes are accepted.")
@click.option("-o", "--output", required=True)
def resolve(file: str, accept: str, output: str) -> None:
    """Accept the changes of some organisations in FILE and reject all others."""
    data = files.read(file)
    with files.naming(file):
        wanted = accept if accept in ("all", "none") else _names_among(accept, engine.authors_of(data))
        resolved = engine.resolve(data, wanted)
    files.write(output, resolved)


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
