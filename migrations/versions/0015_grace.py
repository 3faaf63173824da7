"""Until when answers are taken after the deadline

Revision: 0015
Before: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("deadline", sa.Column("grace_until", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("deadline", "grace_until")
