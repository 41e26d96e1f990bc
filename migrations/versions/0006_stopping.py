"""She says stop: tasks for who has to do something about it, and holds until she was called back."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.steps import drop_functions_of, put_back, run_sql_files

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=True),
        sa.Column("due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("kept", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.CheckConstraint(
            "agency_id = owner_id OR referral_id IS NOT NULL", name=op.f("ck_task_another_agency_by_referral")
        ),
        sa.CheckConstraint("(done_at IS NULL) = (outcome IS NULL)", name=op.f("ck_task_done_whole")),
        sa.CheckConstraint("(done_at IS NULL) = (done_by IS NULL)", name=op.f("ck_task_done_by_somebody")),
        sa.CheckConstraint("kept IS NULL OR done_at IS NOT NULL", name=op.f("ck_task_kept_when_done")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_task_agency_id")),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"], name=op.f("fk_task_referral_id")),
        sa.ForeignKeyConstraint(
            ["subject", "owner_id"], ["subject.id", "subject.owner_id"], name=op.f("fk_task_subject_owner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    op.create_index("ix_task_open", "task", ["agency_id"], postgresql_where=sa.text("done_at IS NULL"))
    for index, about, only in (("referral", "referral_id", "IS NOT NULL"), ("case", "subject", "IS NULL")):
        op.create_index(
            f"ix_task_once_{index}",
            "task",
            [about, "agency_id", "kind"],
            unique=True,
            postgresql_where=sa.text(f"done_at IS NULL AND referral_id {only}"),
        )
    op.create_index("ix_task_subject", "task", ["subject"])
    op.create_index("ix_task_referral", "task", ["referral_id"])
    op.create_table(
        "case_hold",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("placed_by", sa.Text(), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.Text(), nullable=True),
        sa.CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name=op.f("ck_case_hold_lifted_by_somebody")),
        sa.ForeignKeyConstraint(
            ["subject", "owner_id"], ["subject.id", "subject.owner_id"], name=op.f("fk_case_hold_subject_owner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_hold")),
    )
    op.create_index(
        "ix_case_hold_standing", "case_hold", ["subject"], unique=True, postgresql_where=sa.text("lifted_at IS NULL")
    )
    run_sql_files("0006")


def downgrade() -> None:
    put_back("0001", "door_may_see", "POLICY received ON access_grant", "POLICY party ON referral_note")
    for table in ("case_hold", "task"):
        op.execute(f"DROP TABLE {table} CASCADE")
    drop_functions_of("0006")
