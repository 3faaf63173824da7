"""No-objection rounds

Revision: 0019
Before: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
# With its constraint in one statement: the table is not made anew, which SQLite refuses while others refer to it.
KIND = (
    "ALTER TABLE \"round\" ADD COLUMN kind VARCHAR(20) DEFAULT 'comments' NOT NULL "
    "CONSTRAINT ck_round_kind_known CHECK (kind IN ('comments', 'no-objection'))"
)
ENDED_BY = sa.text("effect = 'first'")


def upgrade() -> None:
    op.execute(KIND)
    _create_rounds()
    op.create_table(
        "no_objection_asked",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        _refers("no_objection_asked", "round_id", "round"),
        _refers("no_objection_asked", "organisation_id", "organisation"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_no_objection_asked")),
        sa.UniqueConstraint("round_id", "organisation_id", name=op.f("uq_no_objection_asked_round_id_organisation_id")),
    )
    _create_answers()


def _refers(table: str, column: str, target: str, key: str = "id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.{key}"], name=op.f(f"fk_{table}_{column}_{target}"))


def _create_rounds() -> None:
    op.create_table(
        "no_objection",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("filename", sa.String(length=255), nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("starts_wall", sa.String(length=16), nullable=False),
        sa.Column("text_in_letters", sa.Boolean(), nullable=False),
        sa.Column("announced_by_id", sa.Integer(), nullable=False),
        sa.Column("withdrawn_at", INSTANT, nullable=True),
        sa.Column("withdrawn_by_id", sa.Integer(), nullable=True),
        sa.Column("withdrawal_reason", sa.Text(), nullable=False),
        sa.Column("noted_at", INSTANT, nullable=True),
        sa.Column("audit_number", sa.Integer(), nullable=False),
        sa.Column("audit_digest", sa.String(length=64), nullable=False),
        sa.Column("signed_at", INSTANT, nullable=True),
        sa.Column("signed_by_id", sa.Integer(), nullable=True),
        sa.Column("signed_name", sa.String(length=200), nullable=False),
        sa.Column("signed_for", sa.String(length=300), nullable=False),
        _refers("no_objection", "round_id", "round"),
        _refers("no_objection", "file_sha256", "stored_file", "sha256"),
        _refers("no_objection", "announced_by_id", "person"),
        _refers("no_objection", "withdrawn_by_id", "person"),
        _refers("no_objection", "signed_by_id", "person"),
        sa.PrimaryKeyConstraint("round_id", name=op.f("pk_no_objection")),
    )


def _create_answers() -> None:
    table = "no_objection_answer"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("paragraph_id", sa.Integer(), nullable=True),
        sa.Column("wording", sa.Text(), nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("effect", sa.String(length=20), nullable=False),
        sa.Column("source_key", sa.String(length=80), nullable=True),
        _refers(table, "round_id", "round"),
        _refers(table, "organisation_id", "organisation"),
        _refers(table, "paragraph_id", "draft_paragraph"),
        _refers(table, "by_id", "person"),
        sa.CheckConstraint("kind IN ('concur', 'objection', 'amendment')", name=op.f(f"ck_{table}_kind_known")),
        sa.CheckConstraint(
            "effect IN ('stands', 'first', 'further', 'late', 'after withdrawal')",
            name=op.f(f"ck_{table}_effect_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("source_key", name=op.f(f"uq_{table}_source_key")),
    )
    op.create_index(op.f(f"ix_{table}_round_id"), table, ["round_id"])
    op.create_index(
        f"uq_{table}_first", table, ["round_id"], unique=True, sqlite_where=ENDED_BY, postgresql_where=ENDED_BY
    )


def downgrade() -> None:
    for table in ("no_objection_answer", "no_objection_asked", "no_objection"):
        op.drop_table(table)
    op.drop_column("round", "kind")
