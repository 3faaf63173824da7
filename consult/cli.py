"""The `consult` command: its subcommands, each loaded when it is called."""

from importlib import import_module
from typing import Any

import click

from consult.errors import ConsultError

COMMANDS = {
    "merge": "consult.commands.merge:merge",
    "resolve": "consult.commands.resolve:resolve",
    "review": "consult.commands.review:review",
    "paragraphs": "consult.commands.paragraphs:paragraphs",
    "compare": "consult.commands.compare:compare",
    "clean": "consult.commands.clean:clean",
    "run": "consult.serving:run",
    "web": "consult.serving:web",
    "work": "consult.serving:work",
    "db": "consult.serving:database",
    "audit": "consult.serving:audit",
    "organisation": "consult.serving:organisation",
    "person": "consult.serving:person",
    "sign-in-link": "consult.serving:sign_in_link",
    "outbox": "consult.keeping:outbox_commands",
    "backup": "consult.keeping:backup",
    "restore": "consult.keeping:restore",
    "move": "consult.keeping:move",
    "check": "consult.keeping:check",
    "doctor": "consult.keeping:doctor",
    "export-round": "consult.keeping:export_round",
    "purge": "consult.keeping:purge",
    "demo": "consult.demo:demo",
}


class Commands(click.Group):
    """Loads a command when it is called, and says in one sentence what was wrong with the input."""

    def list_commands(self, context: click.Context) -> list[str]:
        """Return all commands."""
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Return a command."""
        if name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[name].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

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


if __name__ == "__main__":
    main()
