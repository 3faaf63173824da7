"""Calendars of duty stations, and the house's own closed days

Revision: 0016
Before: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("organisation", sa.Column("calendar", sa.String(length=12), nullable=False, server_default=""))
    op.create_table(
        "closed_day",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name="fk_closed_day_organisation_id_organisation"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_closed_day"),
        sa.UniqueConstraint("day", "organisation_id", name="uq_closed_day_day_organisation_id"),
    )
    op.create_index("ix_closed_day_day", "closed_day", ["day"])


def downgrade() -> None:
    op.drop_index("ix_closed_day_day", table_name="closed_day")
    op.drop_table("closed_day")
    op.drop_column("organisation", "calendar")
