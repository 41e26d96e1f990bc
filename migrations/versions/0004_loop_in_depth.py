"""The closed loop in depth: the queue of jobs, deadline steps, notices, who is assigned and who covers."""

import sqlalchemy as sa
from alembic import op

from migrations.steps import drop_functions_of, run_sql_files

revision = "0004"
down_revision = "0003"

TABLES = (
    "urgency_lowering",
    "notice_preference",
    "notice",
    "desk_duty",
    "account_cover",
    "referral_assignment",
    "deadline_step",
    "referral_watch",
)

#: All that 10_jobs.sql made; the schema itself stays, it is made with the roles.
EMPTY_THE_QUEUE = """
DO $$
DECLARE
    made text;
BEGIN
    FOR made IN SELECT format('DROP FUNCTION %s CASCADE', p.oid::regprocedure) FROM pg_proc p
                WHERE p.pronamespace = 'jobs'::regnamespace LOOP
        EXECUTE made;
    END LOOP;
    FOR made IN SELECT format('DROP TABLE jobs.%I CASCADE', tablename) FROM pg_tables WHERE schemaname = 'jobs' LOOP
        EXECUTE made;
    END LOOP;
    FOR made IN SELECT format('DROP TYPE jobs.%I CASCADE', t.typname) FROM pg_type t
                WHERE t.typnamespace = 'jobs'::regnamespace AND t.typcategory IN ('E', 'C') AND t.typelem = 0 LOOP
        EXECUTE made;
    END LOOP;
END $$;
"""


def upgrade() -> None:
    op.create_table(
        "referral_watch",
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("look_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["agency.id"], name=op.f("fk_referral_watch_owner_id")),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"], name=op.f("fk_referral_watch_referral_id")),
        sa.PrimaryKeyConstraint("referral_id", name=op.f("pk_referral_watch")),
    )
    op.create_index(
        "ix_referral_watch_look_at",
        "referral_watch",
        ["look_at"],
        unique=False,
        postgresql_where=sa.text("look_at IS NOT NULL"),
    )
    op.create_table(
        "deadline_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("clock", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fired_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint(
            "clock IN ('acknowledge', 'act') AND kind IN ('reminder', 'escalation')", name=op.f("ck_deadline_step_rung")
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_deadline_step_agency_id")),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"], name=op.f("fk_deadline_step_referral_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deadline_step")),
        sa.UniqueConstraint(
            "referral_id", "clock", "kind", "position", name=op.f("uq_deadline_step_referral_id_clock_kind_position")
        ),
    )
    op.create_table(
        "referral_assignment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("given_by", sa.Text(), nullable=False),
        sa.CheckConstraint("how IN ('assigned', 'taken')", name=op.f("ck_referral_assignment_how")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_referral_assignment_account_id")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_referral_assignment_agency_id")),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"], name=op.f("fk_referral_assignment_referral_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral_assignment")),
    )
    op.create_index(
        "ix_referral_assignment_account",
        "referral_assignment",
        ["account_id"],
        unique=False,
        postgresql_where=sa.text("until IS NULL"),
    )
    op.create_index(
        "uq_referral_assignment_now",
        "referral_assignment",
        ["referral_id", "agency_id"],
        unique=True,
        postgresql_where=sa.text("until IS NULL"),
    )
    op.create_table(
        "account_cover",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("cover_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "account_id <> cover_id AND until > since", name=op.f("ck_account_cover_somebody_else_for_a_while")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_cover_account_id")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_account_cover_agency_id")),
        sa.ForeignKeyConstraint(["cover_id"], ["account.id"], name=op.f("fk_account_cover_cover_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_cover")),
    )
    op.create_index("ix_account_cover_account", "account_cover", ["account_id"], unique=False)
    op.create_table(
        "desk_duty",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("desk_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("until > since", name=op.f("ck_desk_duty_for_a_while")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_desk_duty_account_id")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_desk_duty_agency_id")),
        sa.ForeignKeyConstraint(["desk_id"], ["desk.id"], name=op.f("fk_desk_duty_desk_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_duty")),
    )
    op.create_index("ix_desk_duty_desk", "desk_duty", ["desk_id"], unique=False)
    op.create_table(
        "notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_notice_account_id")),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"], name=op.f("fk_notice_referral_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("account_id", "source_id", name=op.f("uq_notice_account_id_source_id")),
    )
    op.create_index(
        "ix_notice_unread",
        "notice",
        ["account_id", "made_at"],
        unique=False,
        postgresql_where=sa.text("read_at IS NULL"),
    )
    op.create_index(
        "ix_notice_unsent", "notice", ["account_id"], unique=False, postgresql_where=sa.text("sent_at IS NULL")
    )
    op.create_table(
        "notice_preference",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("mail", sa.Boolean(), nullable=False),
        sa.Column("sms", sa.Boolean(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("digest", sa.Boolean(), nullable=False),
        sa.Column("quiet_from", sa.Time(), nullable=False),
        sa.Column("quiet_until", sa.Time(), nullable=False),
        sa.CheckConstraint("NOT sms OR phone IS NOT NULL", name=op.f("ck_notice_preference_number_for_sms")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_notice_preference_account_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_notice_preference")),
    )
    op.create_table(
        "urgency_lowering",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("least", sa.Text(), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("lowered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lowered_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"], name=op.f("fk_urgency_lowering_referral_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_urgency_lowering")),
    )
    op.create_index(op.f("ix_urgency_lowering_referral_id"), "urgency_lowering", ["referral_id"], unique=False)
    run_sql_files("0004")


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"DROP TABLE {table} CASCADE")
    drop_functions_of("0004")
    op.execute(EMPTY_THE_QUEUE)
