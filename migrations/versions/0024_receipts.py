"""Receipts, and the text of comments in letters where a round says so

Revision: 0024
Before: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

DUTIES = ("closing", "all-in", "digest", "receipt", "reminder", "undecided", "undelivered")


def _know_duties(kinds: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table("duty") as batch:
        batch.drop_constraint(op.f("ck_duty_kind_known"), type_="check")
        batch.create_check_constraint(op.f("ck_duty_kind_known"), sa.text(f"kind IN ({listed})"))


def upgrade() -> None:
    _know_duties(DUTIES)
    op.add_column("letter_plan", sa.Column("with_text", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("letter_plan", "with_text")
    op.execute("DELETE FROM duty WHERE kind = 'receipt'")
    _know_duties(tuple(kind for kind in DUTIES if kind != "receipt"))
