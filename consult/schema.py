"""The database's schema: brought up to date, or back, by the migrations that lie beside or in the package."""

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from consult import paths


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(paths.MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the schema up to a revision, in one transaction."""
    with engine.begin() as connection:
        command.upgrade(_config(connection), revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Take the schema back to a revision, "base" for nothing."""
    with engine.begin() as connection:
        command.downgrade(_config(connection), revision)


def is_current(engine: Engine) -> bool:
    """Return whether the database has the schema this version needs."""
    with engine.connect() as connection:
        heads = ScriptDirectory.from_config(_config(connection)).get_heads()
        return set(MigrationContext.configure(connection).get_current_heads()) == set(heads)
