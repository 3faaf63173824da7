"""The language a person reads

Revision: 0004
Before: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("person", sa.Column("language", sa.String(length=10), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("person", "language")
