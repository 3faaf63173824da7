"""What went wrong with a letter

Revision: 0013
Before: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

COLUMNS = ("first_refused_at", "repeats", "returned_at", "fault")


def upgrade() -> None:
    op.add_column("outbox_letter", sa.Column("first_refused_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("outbox_letter", sa.Column("repeats", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("outbox_letter", sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("outbox_letter", sa.Column("fault", sa.String(length=20), nullable=False, server_default=""))


def downgrade() -> None:
    for column in COLUMNS:
        op.drop_column("outbox_letter", column)
