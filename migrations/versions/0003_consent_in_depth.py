"""Consent in depth: denials of units and people, conflicts, emergencies with their reviews, who decided for a child."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.steps import drop_functions_of, run_sql_files

revision = "0003"
down_revision = "0002"

BASES = {"0002": "basis IN ('owner', 'consent')", "0003": "basis IN ('owner', 'consent', 'exception', 'opening')"}
TARGETS = ("agency", "desk", "account")
TABLES = ("emergency_task", "emergency_act", "spoken_code", "account_mark", "described_person", "access_conflict")


def upgrade() -> None:
    op.create_table(
        "access_conflict",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("cause IN ('declared', 'not-him')", name=op.f("ck_access_conflict_cause")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_access_conflict_account_id")),
        sa.ForeignKeyConstraint(
            ["subject", "owner_id"],
            ["subject.id", "subject.owner_id"],
            name=op.f("fk_access_conflict_subject_owner_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_conflict")),
    )
    op.create_index(
        "ix_access_conflict_account",
        "access_conflict",
        ["account_id"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ix_access_conflict_subject", "access_conflict", ["subject"], unique=False)
    op.create_table(
        "described_person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("source IN ('denial', 'section')", name=op.f("ck_described_person_source")),
        sa.ForeignKeyConstraint(
            ["subject", "owner_id"],
            ["subject.id", "subject.owner_id"],
            name=op.f("fk_described_person_subject_owner_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_described_person")),
    )
    op.create_index(
        "ix_described_person_digest",
        "described_person",
        ["digest"],
        unique=False,
        postgresql_where=sa.text("lifted_at IS NULL"),
    )
    op.create_index("ix_described_person_subject", "described_person", ["subject"], unique=False)
    op.create_table(
        "account_mark",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_mark_account_id")),
        sa.PrimaryKeyConstraint("account_id", "digest", name=op.f("pk_account_mark")),
    )
    op.create_table(
        "spoken_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subject", "owner_id"], ["subject.id", "subject.owner_id"], name=op.f("fk_spoken_code_subject_owner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spoken_code")),
    )
    op.create_index("ix_spoken_code_code", "spoken_code", ["code"], unique=False)
    op.create_table(
        "emergency_act",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("recipient_id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=True),
        sa.Column("categories", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("inform", sa.Text(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("regulation_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'disclosure') = (referral_id IS NOT NULL)",
            name=op.f("ck_emergency_act_a_disclosure_is_a_referral"),
        ),
        sa.CheckConstraint("(kind = 'opening') = (until IS NOT NULL)", name=op.f("ck_emergency_act_an_opening_ends")),
        sa.CheckConstraint("kind IN ('disclosure', 'opening')", name=op.f("ck_emergency_act_kind")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_emergency_act_account_id")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_emergency_act_agency_id")),
        sa.ForeignKeyConstraint(["recipient_id"], ["agency.id"], name=op.f("fk_emergency_act_recipient_id")),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"], name=op.f("fk_emergency_act_referral_id")),
        sa.ForeignKeyConstraint(
            ["regulation_id"], ["regulation_version.id"], name=op.f("fk_emergency_act_regulation_id")
        ),
        sa.ForeignKeyConstraint(
            ["subject", "owner_id"], ["subject.id", "subject.owner_id"], name=op.f("fk_emergency_act_subject_owner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency_act")),
    )
    op.create_index("ix_emergency_act_agency", "emergency_act", ["agency_id", "at"], unique=False)
    op.create_index("ix_emergency_act_referral", "emergency_act", ["referral_id"], unique=False)
    op.create_index("ix_emergency_act_subject", "emergency_act", ["subject"], unique=False)
    op.create_table(
        "emergency_task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("act_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("by_agency_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("gives_back", sa.Text(), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("suspends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("given_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("given_back_by", sa.Text(), nullable=True),
        sa.CheckConstraint("(kind = 'told') = (due IS NULL)", name=op.f("ck_emergency_task_a_review_is_due")),
        sa.CheckConstraint(
            "(kind = 'told') = (suspends_at IS NULL)", name=op.f("ck_emergency_task_a_review_has_weight")
        ),
        sa.CheckConstraint(
            "(outcome IS NOT NULL) = (kind <> 'told' AND done_at IS NOT NULL)",
            name=op.f("ck_emergency_task_a_review_says_what"),
        ),
        sa.CheckConstraint("kind IN ('told', 'review', 'second-review')", name=op.f("ck_emergency_task_kind")),
        sa.CheckConstraint("outcome IN ('justified', 'unjustified')", name=op.f("ck_emergency_task_outcome")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_emergency_task_account_id")),
        sa.ForeignKeyConstraint(["act_id"], ["emergency_act.id"], name=op.f("fk_emergency_task_act_id")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_emergency_task_agency_id")),
        sa.ForeignKeyConstraint(["by_agency_id"], ["agency.id"], name=op.f("fk_emergency_task_by_agency_id")),
        sa.ForeignKeyConstraint(
            ["subject", "owner_id"], ["subject.id", "subject.owner_id"], name=op.f("fk_emergency_task_subject_owner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency_task")),
    )
    op.create_index("ix_emergency_task_act", "emergency_task", ["act_id"], unique=False)
    op.create_index(
        "ix_emergency_task_asked",
        "emergency_task",
        ["agency_id"],
        unique=False,
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.create_index(
        "ix_emergency_task_weight",
        "emergency_task",
        ["account_id"],
        unique=False,
        postgresql_where=sa.text("done_at IS NULL AND suspends_at IS NOT NULL AND given_back_at IS NULL"),
    )
    op.drop_constraint(op.f("ck_access_grant_basis"), "access_grant", type_="check")
    op.create_check_constraint(op.f("ck_access_grant_basis"), "access_grant", BASES["0003"])
    op.add_column("access_grant", sa.Column("account_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_access_grant_account_id"), "access_grant", "account", ["account_id"], ["id"])
    op.create_check_constraint(
        op.f("ck_access_grant_an_opening_is_one_persons"),
        "access_grant",
        "(basis = 'opening') = (account_id IS NOT NULL)",
    )
    op.add_column(
        "access_denial", sa.Column("with_units", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    for target in TARGETS:
        op.create_index(
            f"ix_access_denial_{target}",
            "access_denial",
            [f"{target}_id"],
            unique=False,
            postgresql_where=sa.text("lifted_at IS NULL"),
        )
    op.add_column(
        "consent", sa.Column("capacity", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True)
    )
    op.create_check_constraint(
        op.f("ck_consent_never_by_the_alleged"),
        "consent",
        "capacity ->> 'adult' IS NULL OR NOT coalesce((capacity ->> 'guardian_is_alleged')::boolean, false)",
    )
    op.add_column("referral_category", sa.Column("exception_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_referral_category_exception_id"), "referral_category", "emergency_act", ["exception_id"], ["id"]
    )
    run_sql_files("0003")


def downgrade() -> None:
    op.execute("DROP POLICY pulled ON access_grant")
    op.drop_column("referral_category", "exception_id")
    op.drop_column("consent", "capacity")
    for target in TARGETS:
        op.drop_index(f"ix_access_denial_{target}", "access_denial")
    op.drop_column("access_denial", "with_units")
    op.drop_column("access_grant", "account_id")
    op.drop_constraint(op.f("ck_access_grant_basis"), "access_grant", type_="check")
    op.create_check_constraint(op.f("ck_access_grant_basis"), "access_grant", BASES["0002"])
    for table in TABLES:
        op.execute(f"DROP TABLE {table} CASCADE")
    drop_functions_of("0003")
