"""Files that the worker has made for somebody

Revision: 0012
Before: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("job", sa.Column("made", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("job", "made")
