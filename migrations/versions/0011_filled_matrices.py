"""Matrices that the lead has filled

Revision: 0011
Before: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "filled_matrix",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("uploaded_by_id", sa.Integer(), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("filename", sa.String(length=255), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("rows", sa.JSON(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('examined', 'taken', 'discarded')", name=op.f("ck_filled_matrix_state_known")),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_filled_matrix_round_id_round")),
        sa.ForeignKeyConstraint(["uploaded_by_id"], ["person.id"], name=op.f("fk_filled_matrix_uploaded_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filled_matrix")),
        sa.UniqueConstraint("round_id", "file_sha256", name=op.f("uq_filled_matrix_round_id_file_sha256")),
    )


def downgrade() -> None:
    op.drop_table("filled_matrix")
