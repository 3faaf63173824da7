"""Which mails may be answered by a letter that nobody wrote

Revision: 0023
Before: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("may_be_answered", sa.Boolean(), nullable=False, server_default=sa.true())
    op.add_column("received_mail", column)


def downgrade() -> None:
    op.drop_column("received_mail", "may_be_answered")
