"""How often something changed in a round; the pictures of drafts; corrections found by what they correct

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
    op.create_table(
        "change_count",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("changes", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_change_count_round_id_round")),
        sa.PrimaryKeyConstraint("round_id", "organisation_id", name=op.f("pk_change_count")),
    )
    op.create_table(
        "draft_picture",
        sa.Column("draft_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["draft.id"], name=op.f("fk_draft_picture_draft_id_draft")),
        sa.ForeignKeyConstraint(["sha256"], ["stored_file.sha256"], name=op.f("fk_draft_picture_sha256_stored_file")),
        sa.PrimaryKeyConstraint("draft_id", "sha256", name=op.f("pk_draft_picture")),
    )
    op.create_index(op.f("ix_comment_supersedes_id"), "comment", ["supersedes_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_comment_supersedes_id"), "comment")
    op.drop_table("draft_picture")
    op.drop_table("change_count")
