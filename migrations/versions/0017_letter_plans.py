"""When a round writes letters by itself, and heads of organisations

Revision: 0017
Before: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

ROLES = ("contributor", "focal point", "head")
DUTIES = ("closing", "all-in", "digest", "reminder", "undecided", "undelivered")


def _know(table: str, column: str, words: tuple[str, ...]) -> None:
    """Keep a column to these words."""
    listed = ", ".join(f"'{word}'" for word in words)
    name = f"ck_{table}_{column}_known"
    with op.batch_alter_table(table) as batch:
        batch.drop_constraint(op.f(name), type_="check")
        batch.create_check_constraint(op.f(name), sa.text(f"{column} IN ({listed})"))


def upgrade() -> None:
    _know("appointment", "role", ROLES)
    _know("duty", "kind", DUTIES)
    op.create_table(
        "letter_plan",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("days", sa.JSON(), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("tells_closing", sa.Boolean(), nullable=False),
        sa.Column("heads", sa.String(length=10), nullable=False),
        sa.Column("undecided_days", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=5), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("heads IN ('never', 'last', 'every')", name=op.f("ck_letter_plan_heads_known")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_letter_plan_round_id_round")),
        sa.PrimaryKeyConstraint("round_id", name=op.f("pk_letter_plan")),
    )


def downgrade() -> None:
    op.drop_table("letter_plan")
    op.execute("DELETE FROM duty WHERE kind NOT IN ('closing', 'reminder')")
    _know("duty", "kind", DUTIES[:1] + DUTIES[3:4])
    op.execute("DELETE FROM appointment WHERE role = 'head'")
    _know("appointment", "role", ROLES[:2])
