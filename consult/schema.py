"""The database's schema: brought up to date, or back, by the migrations that lie beside or in the package."""

from functools import cache

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from consult import paths
from consult.queues import queue_of
from consult.unit_of_work import WRITES

UPGRADE_LOCK = 7_251_003  # any number; it only has to be the same in every process


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(paths.MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the schema up to a revision, in one transaction, and the queue's own tables with it.

    Any number of processes may do so at once: one does it, the others wait and find it done.
    """
    with engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL lock_timeout = 0"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": UPGRADE_LOCK})
        command.upgrade(_config(connection), revision)
        queue_of(engine).prepare(connection)


def downgrade(engine: Engine, revision: str) -> None:
    """Take the schema back to a revision, "base" for nothing."""
    with engine.begin() as connection:
        command.downgrade(_config(connection), revision)


def is_current(engine: Engine) -> bool:
    """Return whether the database has the schema this version needs."""
    with engine.connect() as connection:
        return set(MigrationContext.configure(connection).get_current_heads()) == _heads()


@cache
def _heads() -> frozenset[str]:
    """Return the newest revisions of this version. They do not change while a process lives."""
    config = Config()
    config.set_main_option("script_location", str(paths.MIGRATIONS))
    return frozenset(ScriptDirectory.from_config(config).get_heads())
