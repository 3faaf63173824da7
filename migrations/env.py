"""Alembic's environment: the connection comes from the caller; batch mode from the first revision, for SQLite."""

from alembic import context

from consult.models import Base
from consult.queues import is_of_queue

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_type=True,
    include_name=lambda name, kind, _parents: kind != "table" or name is None or not is_of_queue(name),
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
