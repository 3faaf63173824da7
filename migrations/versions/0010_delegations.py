"""Parts of a draft given to colleagues without an account

Revision: 0010
Before: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "delegation",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("draft_id", sa.Integer(), nullable=False),
        sa.Column("given_by_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("first_number", sa.String(length=20), nullable=False),
        sa.Column("last_number", sa.String(length=20), nullable=False),
        sa.Column("until_at", INSTANT, nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("given_at", INSTANT, nullable=False),
        sa.Column("renewed_at", INSTANT, nullable=False),
        sa.Column("opened_at", INSTANT, nullable=True),
        sa.Column("done_at", INSTANT, nullable=True),
        sa.Column("taken_back_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_delegation_round_id_round")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_delegation_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(["draft_id"], ["draft.id"], name=op.f("fk_delegation_draft_id_draft")),
        sa.ForeignKeyConstraint(["given_by_id"], ["person.id"], name=op.f("fk_delegation_given_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegation")),
    )
    op.create_index(op.f("ix_delegation_round_id"), "delegation", ["round_id"])
    _create_tokens("delegation_link")
    _create_tokens("delegation_visit", sa.Column("expires_at", INSTANT, nullable=False))
    op.create_table(
        "delegated_comment",
        sa.Column("comment_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("delegation_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"], name=op.f("fk_delegated_comment_comment_id_comment")),
        _refers_to_a_delegation("delegated_comment"),
        sa.PrimaryKeyConstraint("comment_id", name=op.f("pk_delegated_comment")),
    )
    op.create_index(op.f("ix_delegated_comment_delegation_id"), "delegated_comment", ["delegation_id"])
    op.create_table(
        "delegated_words",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("delegation_id", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.String(length=80), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("kept_at", INSTANT, nullable=False),
        _refers_to_a_delegation("delegated_words"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegated_words")),
        sa.UniqueConstraint("delegation_id", "place", name=op.f("uq_delegated_words_delegation_id_place")),
    )


def _refers_to_a_delegation(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["delegation_id"], ["delegation.id"], name=op.f(f"fk_{table}_delegation_id_delegation")
    )


def _create_tokens(table: str, *more: sa.Column) -> None:
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("delegation_id", sa.BigInteger(), nullable=False),
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        *more,
        sa.Column("revoked_at", INSTANT, nullable=True),
        _refers_to_a_delegation(table),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("token_digest", name=op.f(f"uq_{table}_token_digest")),
    )
    op.create_index(op.f(f"ix_{table}_delegation_id"), table, ["delegation_id"])


def downgrade() -> None:
    for table in ("delegated_words", "delegated_comment", "delegation_visit", "delegation_link", "delegation"):
        op.drop_table(table)
