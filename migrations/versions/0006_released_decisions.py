"""Decisions are the lead's drafts until released

Revision: 0006
Before: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("round", sa.Column("releases", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "released_disposition",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("comment_id", sa.BigInteger(), nullable=False),
        sa.Column("release", sa.Integer(), nullable=False),
        sa.Column("decision", sa.String(length=30), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=True),
        sa.Column("duplicate_of_id", sa.BigInteger(), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "decision IN ('accepted', 'accepted with changes', 'not accepted', 'noted', 'out of scope', 'duplicate')",
            name=op.f("ck_released_disposition_decision_known"),
        ),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comment.id"], name=op.f("fk_released_disposition_comment_id_comment")
        ),
        sa.ForeignKeyConstraint(
            ["duplicate_of_id"], ["comment.id"], name=op.f("fk_released_disposition_duplicate_of_id_comment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_released_disposition")),
        sa.UniqueConstraint("comment_id", "release", name=op.f("uq_released_disposition_comment_id_release")),
    )
    # In a finished round everybody has been told the decisions as they stand.
    op.execute(
        "INSERT INTO released_disposition "
        "(comment_id, release, decision, reason, wording, duplicate_of_id, released_at) "
        "SELECT d.comment_id, 1, d.decision, d.reason, d.wording, d.duplicate_of_id, d.decided_at "
        "FROM disposition d JOIN comment c ON c.id = d.comment_id JOIN round r ON r.id = c.round_id "
        "WHERE r.stage = 'decided'"
    )
    op.execute("UPDATE round SET releases = 1 WHERE stage = 'decided'")


def downgrade() -> None:
    op.drop_table("released_disposition")
    op.drop_column("round", "releases")
