"""Bodies, transmittals, attachments of letters

Revision: 0014
Before: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def _refers(table: str, column: str, target: str, key: str = "id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.{key}"], name=op.f(f"fk_{table}_{column}_{target}"))


def upgrade() -> None:
    op.add_column("outbox_letter", sa.Column("digest", sa.String(length=64), nullable=False, server_default=""))
    op.create_table(
        "outbox_attachment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("media_type", sa.String(length=120), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        _refers("outbox_attachment", "letter_id", "outbox_letter"),
        _refers("outbox_attachment", "sha256", "stored_file", "sha256"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_attachment")),
        sa.UniqueConstraint("letter_id", "position", name=op.f("uq_outbox_attachment_letter_id_position")),
    )
    op.create_table(
        "body",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("addresses", sa.JSON(), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("delivery", sa.String(length=10), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("delivery IN ('links', 'files', 'both')", name=op.f("ck_body_delivery_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_body")),
        sa.UniqueConstraint("name", name=op.f("uq_body_name")),
    )
    _create_transmittals()
    _create_recipients()


def _create_transmittals() -> None:
    op.create_table(
        "transmittal",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("symbol", sa.String(length=60), nullable=False),
        sa.Column("language_line", sa.String(length=60), nullable=False),
        sa.Column("mark", sa.String(length=60), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("replaces_id", sa.BigInteger(), nullable=True),
        sa.Column("source_sha256", sa.String(length=64), nullable=True),
        sa.Column("package_sha256", sa.String(length=64), nullable=False),
        sa.Column("package_size", sa.Integer(), nullable=False),
        sa.Column("inputs_digest", sa.String(length=64), nullable=False),
        sa.Column("audit_number", sa.Integer(), nullable=False),
        sa.Column("audit_digest", sa.String(length=64), nullable=False),
        sa.Column("prepared_at", INSTANT, nullable=False),
        sa.Column("prepared_by_id", sa.Integer(), nullable=False),
        sa.Column("confirmed_at", INSTANT, nullable=True),
        sa.Column("confirmed_by_id", sa.Integer(), nullable=True),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('prepared', 'confirmed', 'sent', 'withdrawn', 'void')", name=op.f("ck_transmittal_state_known")
        ),
        _refers("transmittal", "round_id", "round"),
        _refers("transmittal", "replaces_id", "transmittal"),
        _refers("transmittal", "source_sha256", "stored_file", "sha256"),
        _refers("transmittal", "package_sha256", "stored_file", "sha256"),
        _refers("transmittal", "prepared_by_id", "person"),
        _refers("transmittal", "confirmed_by_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transmittal")),
        sa.UniqueConstraint("round_id", "number", name=op.f("uq_transmittal_round_id_number")),
    )
    op.create_index(op.f("ix_transmittal_round_id"), "transmittal", ["round_id"])
    op.create_table(
        "transmittal_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("transmittal_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("media_type", sa.String(length=120), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("is_packed", sa.Boolean(), nullable=False),
        _refers("transmittal_file", "transmittal_id", "transmittal"),
        _refers("transmittal_file", "sha256", "stored_file", "sha256"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transmittal_file")),
        sa.UniqueConstraint("transmittal_id", "name", name=op.f("uq_transmittal_file_transmittal_id_name")),
    )


def _create_recipients() -> None:
    op.create_table(
        "transmittal_recipient",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("transmittal_id", sa.BigInteger(), nullable=False),
        sa.Column("body_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("delivery", sa.String(length=10), nullable=False),
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("token_digest", sa.String(length=64), nullable=True),
        sa.Column("expires_at", INSTANT, nullable=True),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "delivery IN ('links', 'files', 'both')", name=op.f("ck_transmittal_recipient_delivery_known")
        ),
        _refers("transmittal_recipient", "transmittal_id", "transmittal"),
        _refers("transmittal_recipient", "body_id", "body"),
        _refers("transmittal_recipient", "letter_id", "outbox_letter"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transmittal_recipient")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_transmittal_recipient_token_digest")),
        sa.UniqueConstraint(
            "transmittal_id", "body_id", "email", "number",
            name=op.f("uq_transmittal_recipient_transmittal_id_body_id_email_number"),
        ),
    )  # fmt: skip
    op.create_table(
        "transmittal_download",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("recipient_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        _refers("transmittal_download", "recipient_id", "transmittal_recipient"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transmittal_download")),
    )
    op.create_index(op.f("ix_transmittal_download_recipient_id"), "transmittal_download", ["recipient_id"])


def downgrade() -> None:
    for table in (
        "transmittal_download", "transmittal_recipient", "transmittal_file", "transmittal", "body", "outbox_attachment",
    ):  # fmt: skip
        op.drop_table(table)
    op.drop_column("outbox_letter", "digest")
