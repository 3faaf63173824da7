"""Alembic's environment: the connection comes from the caller; batch mode from the first revision, for SQLite."""

from alembic import context

from consult.models import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_type=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
