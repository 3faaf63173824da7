"""Late answers, and answers entered on behalf of an organisation

Revision: 0025
Before: 0024
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def _refers(column: str, table: str, key: str = "id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{table}.{key}"], name=op.f(f"fk_added_answer_{column}_{table}"))


def upgrade() -> None:
    op.create_table(
        "added_answer",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("position", sa.String(length=30), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("proof_sha256", sa.String(length=64), nullable=True),
        sa.Column("proof_filename", sa.String(length=255), nullable=False),
        sa.Column("begun_at", INSTANT, nullable=False),
        sa.Column("begun_by_id", sa.Integer(), nullable=False),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("sent_by_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("submission_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('late', 'on behalf')", name=op.f("ck_added_answer_kind_known")),
        sa.CheckConstraint(
            "state IN ('in work', 'sent', 'added', 'refused')", name=op.f("ck_added_answer_state_known")
        ),
        _refers("round_id", "round"),
        _refers("organisation_id", "organisation"),
        _refers("proof_sha256", "stored_file", "sha256"),
        _refers("begun_by_id", "person"),
        _refers("sent_by_id", "person"),
        _refers("decided_by_id", "person"),
        _refers("submission_id", "submission"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_added_answer")),
        sa.UniqueConstraint("submission_id", name=op.f("uq_added_answer_submission_id")),
    )
    op.create_index(op.f("ix_added_answer_round_id"), "added_answer", ["round_id"])


def downgrade() -> None:
    op.drop_table("added_answer")
