"""Deadlines in people's own calendars, and cancelled rounds

Revision: 0022
Before: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
STAGES = ("planned", "open", "closed", "consolidated", "decided", "cancelled")


def _know_stages(before: tuple[str, ...], after: tuple[str, ...]) -> None:
    """Keep the stage of a round to other words.

    SQLite cannot change a constraint, and would make the table anew, which it refuses while others refer to it. What is
    stored does not change: only the text of the constraint is replaced, as its documentation describes for that.
    """
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint(op.f("ck_round_stage_known"), "round", type_="check")
        op.create_check_constraint(op.f("ck_round_stage_known"), "round", sa.text(_known(after)))
        return
    version = op.get_bind().scalar(sa.text("PRAGMA schema_version"))
    op.execute("PRAGMA writable_schema=ON")
    replace = sa.text(
        "UPDATE sqlite_master SET sql = replace(sql, :before, :after) WHERE type = 'table' AND name = 'round'"
    )
    op.get_bind().execute(replace, {"before": _known(before), "after": _known(after)})
    op.execute(f"PRAGMA schema_version={version + 1}")
    op.execute("PRAGMA writable_schema=OFF")


def _known(stages: tuple[str, ...]) -> str:
    listed = ", ".join(f"'{stage}'" for stage in stages)
    return f"stage IN ({listed})"


def upgrade() -> None:
    _know_stages(STAGES[:-1], STAGES)
    op.add_column("deadline", sa.Column("moves", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("deadline", sa.Column("moved_at", INSTANT, nullable=True))
    op.add_column("outbox_letter", sa.Column("calendar", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "calendar_feed",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_calendar_feed_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_calendar_feed_token_digest")),
    )
    op.create_index(op.f("ix_calendar_feed_person_id"), "calendar_feed", ["person_id"])


def downgrade() -> None:
    op.drop_table("calendar_feed")
    op.drop_column("outbox_letter", "calendar")
    op.drop_column("deadline", "moved_at")
    op.drop_column("deadline", "moves")
    op.execute("UPDATE \"round\" SET stage = 'closed' WHERE stage = 'cancelled'")
    _know_stages(STAGES, STAGES[:-1])
