"""The verifiable log: leaves, tiles, heads, cosignatures; when an entry was queued."""

import sqlalchemy as sa
from alembic import op

from migrations.steps import drop_functions_of, run_sql_files

revision = "0002"
down_revision = "0001"

#: Rows that name the entry that recorded them, so that its proof can be handed out (ADR 16).
NAME_THEIR_ENTRY = ("access_denial", "consent", "referral_event")


def upgrade() -> None:
    op.add_column(
        "audit_queue",
        sa.Column("queued_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
    )
    op.create_check_constraint(op.f("ck_audit_entry_fits_a_bundle"), "audit_entry", "octet_length(envelope) <= 65535")
    op.create_table(
        "audit_leaf",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("octet_length(leaf_hash) = 32", name=op.f("ck_audit_leaf_one_hash")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_leaf")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_audit_leaf_entry_id")),
    )
    op.create_table(
        "audit_tile",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("n", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "width BETWEEN 1 AND 256 AND octet_length(data) = 32 * width", name=op.f("ck_audit_tile_whole_hashes")
        ),
        sa.PrimaryKeyConstraint("level", "n", name=op.f("pk_audit_tile")),
    )
    op.create_table(
        "audit_head",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("octet_length(root) = 32", name=op.f("ck_audit_head_one_hash")),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "audit_cosignature",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("witness", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["size"], ["audit_head.size"], name=op.f("fk_audit_cosignature_size")),
        sa.PrimaryKeyConstraint("size", "witness", name=op.f("pk_audit_cosignature")),
    )
    for table in NAME_THEIR_ENTRY:
        op.add_column(table, sa.Column("entry_uid", sa.Uuid(), nullable=True))
        op.create_index(f"ix_{table}_entry", table, ["entry_uid"], unique=False)
    run_sql_files("0002")


def downgrade() -> None:
    op.execute("DROP POLICY erased ON data_key")
    op.execute("DROP POLICY counted_door ON case_fact")
    drop_functions_of("0002")
    for table in NAME_THEIR_ENTRY:
        op.drop_index(f"ix_{table}_entry", table)
        op.drop_column(table, "entry_uid")
    for table in ("audit_cosignature", "audit_head", "audit_tile", "audit_leaf"):
        op.execute(f"DROP TABLE {table} CASCADE")
    op.drop_constraint(op.f("ck_audit_entry_fits_a_bundle"), "audit_entry")
    op.drop_column("audit_queue", "queued_at")
