"""The language a person reads

Revision: 0003
Before: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("person", sa.Column("language", sa.String(length=10), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("person", "language")
