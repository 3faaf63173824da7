"""Comments carried over from one round to the next

Revision: 0002
Before: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "carried_comment",
        sa.Column("comment_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("origin_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("old_number", sa.String(length=20), nullable=False),
        sa.Column("old_text", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "state IN ('same', 'moved', 'changed', 'orphaned', 'attached', 'let go')",
            name=op.f("ck_carried_comment_state_known"),
        ),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"], name=op.f("fk_carried_comment_comment_id_comment")),
        sa.ForeignKeyConstraint(["origin_id"], ["comment.id"], name=op.f("fk_carried_comment_origin_id_comment")),
        sa.ForeignKeyConstraint(["settled_by_id"], ["person.id"], name=op.f("fk_carried_comment_settled_by_id_person")),
        sa.PrimaryKeyConstraint("comment_id", name=op.f("pk_carried_comment")),
    )
    op.create_index(op.f("ix_carried_comment_origin_id"), "carried_comment", ["origin_id"])


def downgrade() -> None:
    op.drop_table("carried_comment")
