"""The rights desk: requests and incidents with their statutory clocks, and the end of keeping."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.steps import drop_functions_of, revoke, run_sql_files

revision = "0008"
down_revision = "0007"

POLICIES = (
    *(("erased", "case_section"), ("erased", "case_section_history"), ("erased_parts", "data_key")),
    *(("kept", "case_file"), ("kept", "contact"), ("kept", "case_fact")),
    *(("de_identified", "case_fact"), ("de_identified", "contact")),
    *(("kept", "urgency_lowering"), ("kept", "referral")),
    *(("stale", table) for table in ("referral", "referral_category", "urgency_lowering", "spoken_code")),
)
RIGHTS = (
    ("DELETE", "case_section"),
    ("DELETE", "case_section_history"),
    *(("DELETE", table) for table in ("referral", "referral_category", "urgency_lowering", "spoken_code")),
    ("SELECT (referral_id, lowered_at)", "urgency_lowering"),
    ("SELECT (id, code, owner_id, closed_at, recorded_at, imported)", "case_file"),
    ("SELECT (owner_id, birth_year), UPDATE (birth_year)", "case_fact"),
    (
        "SELECT (id, agency_id, case_id, received_at, recorded_at, imported, birth_year), UPDATE (birth_year)",
        "contact",
    ),
)


def upgrade() -> None:
    op.create_table(
        "rights_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("asker", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("regulation_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.CheckConstraint("asker IN ('herself', 'representative', 'other')", name=op.f("ck_rights_request_asker")),
        sa.CheckConstraint(
            "(subject IS NOT NULL) = (asker = 'herself')", name=op.f("ck_rights_request_nobody_else_leads_to_a_record")
        ),
        sa.CheckConstraint(
            "(confirmed_at IS NULL) = (confirmed_by IS NULL)", name=op.f("ck_rights_request_confirmed_by_somebody")
        ),
        sa.CheckConstraint("(answered_at IS NULL) = (answer IS NULL)", name=op.f("ck_rights_request_answered_whole")),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (answered_by IS NULL)", name=op.f("ck_rights_request_answered_by_somebody")
        ),
        sa.CheckConstraint(
            "answer IS NULL OR (asker <> 'herself') = (answer = 'letter')",
            name=op.f("ck_rights_request_one_letter_for_all_others"),
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["agency.id"], name=op.f("fk_rights_request_owner_id")),
        sa.ForeignKeyConstraint(
            ["regulation_id"], ["regulation_version.id"], name=op.f("fk_rights_request_regulation_id")
        ),
        sa.ForeignKeyConstraint(
            ["subject", "owner_id"], ["subject.id", "subject.owner_id"], name=op.f("fk_rights_request_subject_owner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rights_request")),
        sa.UniqueConstraint("code", name=op.f("uq_rights_request_code")),
    )
    op.create_table(
        "breach",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("harm", sa.Boolean(), nullable=False),
        sa.Column("persons", sa.Integer(), nullable=True),
        sa.Column("categories", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("regulation_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.CheckConstraint("persons IS NULL OR persons >= 0", name=op.f("ck_breach_persons")),
        sa.CheckConstraint("(closed_at IS NULL) = (closed_by IS NULL)", name=op.f("ck_breach_closed_by_somebody")),
        sa.ForeignKeyConstraint(["owner_id"], ["agency.id"], name=op.f("fk_breach_owner_id")),
        sa.ForeignKeyConstraint(["regulation_id"], ["regulation_version.id"], name=op.f("fk_breach_regulation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_breach")),
        sa.UniqueConstraint("code", name=op.f("uq_breach_code")),
        sa.UniqueConstraint("id", "owner_id", name=op.f("uq_breach_id_owner_id")),
    )
    op.create_table(
        "breach_notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("breach_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("whom", sa.Text(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.CheckConstraint("char_length(reference) <= 40", name=op.f("ck_breach_notice_a_number_no_words")),
        sa.ForeignKeyConstraint(
            ["breach_id", "owner_id"],
            ["breach.id", "breach.owner_id"],
            name=op.f("fk_breach_notice_breach_id_owner_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_breach_notice")),
    )
    op.create_table(
        "erasure_part",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("stays_because", sa.Text(), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("approval", sa.Uuid(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(approval IS NULL) = (approved_by IS NULL)", name=op.f("ck_erasure_part_approved_by_somebody")
        ),
        sa.CheckConstraint("(approval IS NULL) = (approved_at IS NULL)", name=op.f("ck_erasure_part_approved_whole")),
        sa.CheckConstraint(
            "approval IS NULL OR stays_because IS NULL", name=op.f("ck_erasure_part_what_stays_needs_no_approval")
        ),
        sa.CheckConstraint(
            "erased_at IS NULL OR approval IS NOT NULL", name=op.f("ck_erasure_part_erased_when_approved")
        ),
        sa.CheckConstraint("approved_by <> proposed_by", name=op.f("ck_erasure_part_two_people")),
        sa.ForeignKeyConstraint(["request_id"], ["rights_request.id"], name=op.f("fk_erasure_part_request_id")),
        sa.ForeignKeyConstraint(
            ["subject", "owner_id"], ["subject.id", "subject.owner_id"], name=op.f("fk_erasure_part_subject_owner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_part")),
        sa.UniqueConstraint("request_id", "category", name=op.f("uq_erasure_part_request_id_category")),
    )
    run_sql_files("0008")


def downgrade() -> None:
    for table in ("erasure_part", "rights_request", "breach_notice", "breach"):
        op.execute(f"DROP TABLE {table} CASCADE")
    for policy, table in POLICIES:
        op.execute(f"DROP POLICY {policy} ON {table}")
    drop_functions_of("0008")
    for rights, table in RIGHTS:
        revoke(rights, table, "door")
