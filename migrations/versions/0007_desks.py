"""How comments stand at their organisation's desk, and what was done to them there

Revision: 0007
Before: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "clearance",
        sa.Column("comment_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("merged_into_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "state IN ('drafting', 'cleared', 'dropped', 'merged')", name=op.f("ck_clearance_state_known")
        ),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"], name=op.f("fk_clearance_comment_id_comment")),
        sa.ForeignKeyConstraint(["merged_into_id"], ["comment.id"], name=op.f("fk_clearance_merged_into_id_comment")),
        sa.PrimaryKeyConstraint("comment_id", name=op.f("pk_clearance")),
    )
    op.create_index(op.f("ix_clearance_merged_into_id"), "clearance", ["merged_into_id"])
    op.create_table(
        "comment_text",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("comment_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "act IN ('changed', 'cleared', 'uncleared', 'dropped', 'restored', 'merged', 'separated')",
            name=op.f("ck_comment_text_act_known"),
        ),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"], name=op.f("fk_comment_text_comment_id_comment")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_comment_text_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comment_text")),
        sa.UniqueConstraint("comment_id", "number", name=op.f("uq_comment_text_comment_id_number")),
    )


def downgrade() -> None:
    op.drop_table("comment_text")
    op.drop_table("clearance")
