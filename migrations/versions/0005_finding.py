"""Finding what belongs together: keyed hashes, families, records of one person; consents from elsewhere."""

import sqlalchemy as sa
from alembic import op

from migrations.steps import drop_functions_of, revoke, run_sql_files

revision = "0005"
down_revision = "0004"

TABLES = ("consent_import", "case_link", "search_made", "search_mark")

#: what the statistics role reads of older tables from now on
COUNTED = {"emergency_act": "id, subject, owner_id, agency_id, at", "emergency_task": "id, act_id, kind, due, done_at"}


def upgrade() -> None:
    op.create_table(
        "search_mark",
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subject", "owner_id"], ["subject.id", "subject.owner_id"], name=op.f("fk_search_mark_subject_owner_id")
        ),
        sa.PrimaryKeyConstraint("subject", "category", "digest", name=op.f("pk_search_mark")),
    )
    op.create_index("ix_search_mark_digest", "search_mark", ["owner_id", "digest"], unique=False)
    op.create_table(
        "search_made",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_search_made_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_made")),
    )
    op.create_index("ix_search_made_account", "search_made", ["account_id", "at"], unique=False)
    op.create_table(
        "case_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("other", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("other_method", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('household', 'same-incident')", name=op.f("ck_case_link_kind")),
        sa.CheckConstraint("subject <> other", name=op.f("ck_case_link_two_cases")),
        sa.ForeignKeyConstraint(
            ["other", "owner_id"], ["subject.id", "subject.owner_id"], name=op.f("fk_case_link_other_owner_id")
        ),
        sa.ForeignKeyConstraint(
            ["subject", "owner_id"], ["subject.id", "subject.owner_id"], name=op.f("fk_case_link_subject_owner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_link")),
    )
    op.create_index("ix_case_link_subject", "case_link", ["subject"], unique=False)
    op.create_index("ix_case_link_other", "case_link", ["other"], unique=False)
    op.create_table(
        "consent_import",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("denies", sa.Boolean(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.Text(), nullable=True),
        sa.Column("settlement", sa.Text(), nullable=True),
        sa.CheckConstraint("settlement IN ('confirmed', 'refused')", name=op.f("ck_consent_import_settlement")),
        sa.CheckConstraint("(settlement IS NULL) = (settled_at IS NULL)", name=op.f("ck_consent_import_settled_whole")),
        sa.CheckConstraint(
            "NOT (denies AND settled_at IS NOT NULL)", name=op.f("ck_consent_import_a_denial_waits_for_nobody")
        ),
        sa.ForeignKeyConstraint(
            ["subject", "owner_id"], ["subject.id", "subject.owner_id"], name=op.f("fk_consent_import_subject_owner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_import")),
        sa.UniqueConstraint("subject", "digest", name=op.f("uq_consent_import_subject_digest")),
    )
    run_sql_files("0005")


def downgrade() -> None:
    op.execute("DROP POLICY one_person ON perpetrator_record")
    revoke("UPDATE (person)", "perpetrator_record", "app")
    op.execute("DROP VIEW stat_disclosure")
    for table, columns in COUNTED.items():
        op.execute(f"DROP POLICY counted ON {table}")
        revoke(f"SELECT ({columns})", table, "stat")
    for table in TABLES:
        op.execute(f"DROP TABLE {table} CASCADE")
    drop_functions_of("0005")
