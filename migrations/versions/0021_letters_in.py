"""Mails that come in, and letters that can be answered

Revision: 0021
Before: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

STATES = ("new", "automatic", "unplaced", "quarantined", "late", "reading", "examined", "kept", "discarded")
OF_LETTERS = ("language", "reply_person_id", "in_reply_to")


def upgrade() -> None:
    op.create_table(
        "received_mail",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("mailbox", sa.String(length=200), nullable=False),
        sa.Column("message_id", sa.String(length=300), nullable=False),
        sa.Column("body_sha256", sa.String(length=64), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("is_whole", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=True),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("sender", sa.String(length=320), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("authentication", sa.String(length=1000), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            f"state IN ({', '.join(repr(state) for state in STATES)})", name=op.f("ck_received_mail_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["file_sha256"], ["stored_file.sha256"], name=op.f("fk_received_mail_file_sha256_stored_file")
        ),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name=op.f("fk_received_mail_round_id_round")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_received_mail_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_received_mail_person_id_person")),
        sa.ForeignKeyConstraint(["settled_by_id"], ["person.id"], name=op.f("fk_received_mail_settled_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_received_mail")),
        sa.UniqueConstraint(
            "mailbox", "message_id", "body_sha256", name=op.f("uq_received_mail_mailbox_message_id_body_sha256")
        ),
    )
    for column in ("round_id", "state"):
        op.create_index(op.f(f"ix_received_mail_{column}"), "received_mail", [column])
    op.add_column("outbox_letter", sa.Column("language", sa.String(length=10), nullable=False, server_default=""))
    op.add_column("outbox_letter", sa.Column("reply_person_id", sa.Integer(), nullable=True))
    op.add_column("outbox_letter", sa.Column("in_reply_to", sa.String(length=300), nullable=False, server_default=""))


def downgrade() -> None:
    for column in OF_LETTERS:
        op.drop_column("outbox_letter", column)
    op.drop_table("received_mail")
