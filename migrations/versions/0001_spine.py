"""The spine: cases, consents, referrals, the door and the audit log."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import UserDefinedType

from migrations.steps import drop_functions, run_sql_files

revision = "0001"
down_revision = None


class TransactionId(UserDefinedType[int]):
    """``xid8``, as this revision knows it."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """The column type in DDL."""
        return "xid8"


def upgrade() -> None:
    op.create_table(
        "agency",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("name_vi", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("hours", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["parent_id"], ["agency.id"], name=op.f("fk_agency_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agency")),
        sa.UniqueConstraint("code", name=op.f("uq_agency_code")),
    )
    op.create_table(
        "area",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name_vi", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("successors", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_area")),
    )
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("xid", TransactionId(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
        sa.UniqueConstraint("uid", name=op.f("uq_audit_entry_uid")),
    )
    op.create_index("ix_audit_entry_subject", "audit_entry", ["subject"], unique=False)
    op.create_table(
        "audit_queue",
        sa.Column("xid", TransactionId(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_audit_queue")),
    )
    op.create_table(
        "audit_subject",
        sa.Column("xid", TransactionId(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("xid", "subject", "kind", "actor", name=op.f("pk_audit_subject")),
    )
    op.create_table(
        "door_key",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("inner_pad", sa.LargeBinary(), nullable=False),
        sa.Column("outer_pad", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_door_key_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_door_key")),
    )
    op.create_table(
        "operator_credential",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_operator_credential")),
    )
    op.create_table(
        "regulation_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("adopted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("adopted_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_regulation_version")),
        sa.UniqueConstraint("document", "version", name=op.f("uq_regulation_version_document_version")),
        sa.UniqueConstraint("effective_from", name=op.f("uq_regulation_version_effective_from")),
    )
    op.create_table(
        "role", sa.Column("name", sa.Text(), nullable=False), sa.PrimaryKeyConstraint("name", name=op.f("pk_role"))
    )
    op.create_table(
        "agency_area",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_agency_area_agency_id")),
        sa.ForeignKeyConstraint(["area_code"], ["area.code"], name=op.f("fk_agency_area_area_code")),
        sa.PrimaryKeyConstraint("agency_id", "area_code", name=op.f("pk_agency_area")),
    )
    op.create_table(
        "agency_former_name",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("name_vi", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_agency_former_name_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agency_former_name")),
        sa.UniqueConstraint("agency_id", "name_vi", name=op.f("uq_agency_former_name_agency_id_name_vi")),
    )
    op.create_table(
        "agency_service",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_agency_service_agency_id")),
        sa.PrimaryKeyConstraint("agency_id", "service", name=op.f("pk_agency_service")),
    )
    op.create_table(
        "audit_payload",
        sa.Column("entry_uid", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("entry_uid", name=op.f("pk_audit_payload")),
    )
    op.create_table(
        "desk",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name_vi", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("on_call", sa.Boolean(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("code <> ''", name=op.f("ck_desk_code")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_desk_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk")),
        sa.UniqueConstraint("agency_id", "code", name=op.f("uq_desk_agency_id_code")),
    )
    op.create_table(
        "outreach_activity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("people_reached", sa.Integer(), nullable=True),
        sa.Column("imported", sa.Boolean(), nullable=False),
        sa.CheckConstraint("people_reached >= 0", name=op.f("ck_outreach_activity_people_reached")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_outreach_activity_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outreach_activity")),
    )
    op.create_table(
        "register_row",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("sheet", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_register_row_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_row")),
        sa.UniqueConstraint("agency_id", "sheet", "key", name=op.f("uq_register_row_agency_id_sheet_key")),
    )
    op.create_table(
        "subject",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("kind IN ('case', 'contact', 'perpetrator')", name=op.f("ck_subject_kind")),
        sa.ForeignKeyConstraint(["owner_id"], ["agency.id"], name=op.f("fk_subject_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subject")),
        sa.UniqueConstraint("id", "owner_id", name=op.f("uq_subject_id_owner_id")),
    )
    op.create_table(
        "account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("fs_uniquifier", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("desk_id", sa.Uuid(), nullable=True),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.CheckConstraint("locale IN ('vi', 'en')", name=op.f("ck_account_locale")),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_account_email_lower")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_account_agency_id")),
        sa.ForeignKeyConstraint(["desk_id"], ["desk.id"], name=op.f("fk_account_desk_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("email", name=op.f("uq_account_email")),
        sa.UniqueConstraint("fs_uniquifier", name=op.f("uq_account_fs_uniquifier")),
    )
    op.create_table(
        "case_fact",
        sa.Column("survivor", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("sex", sa.Text(), nullable=True),
        sa.Column("birth_year", sa.Integer(), nullable=True),
        sa.Column("age_band", sa.Text(), nullable=True),
        sa.Column("area", sa.Text(), nullable=True),
        sa.Column("gbv_type", sa.Text(), nullable=True),
        sa.Column("relationship", sa.Text(), nullable=True),
        sa.Column("risk_level", sa.Text(), nullable=True),
        sa.Column("statistics_consent", sa.Text(), nullable=False),
        sa.Column("imported", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "statistics_consent IN ('given', 'refused', 'not_asked')", name=op.f("ck_case_fact_statistics_consent")
        ),
        sa.ForeignKeyConstraint(["area"], ["area.code"], name=op.f("fk_case_fact_area")),
        sa.ForeignKeyConstraint(
            ["case_id", "owner_id"], ["subject.id", "subject.owner_id"], name=op.f("fk_case_fact_case_id_owner_id")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["agency.id"], name=op.f("fk_case_fact_owner_id")),
        sa.PrimaryKeyConstraint("survivor", name=op.f("pk_case_fact")),
        sa.UniqueConstraint("case_id", name=op.f("uq_case_fact_case_id")),
    )
    op.create_table(
        "case_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closure_reason", sa.Text(), nullable=True),
        sa.Column("regulation_id", sa.Uuid(), nullable=False),
        sa.Column("imported", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "closed_at IS NULL OR closed_at >= opened_at", name=op.f("ck_case_file_closed_after_opened")
        ),
        sa.ForeignKeyConstraint(
            ["id", "owner_id"], ["subject.id", "subject.owner_id"], name=op.f("fk_case_file_id_owner_id")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["agency.id"], name=op.f("fk_case_file_owner_id")),
        sa.ForeignKeyConstraint(["regulation_id"], ["regulation_version.id"], name=op.f("fk_case_file_regulation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_file")),
        sa.UniqueConstraint("owner_id", "code", name=op.f("uq_case_file_owner_id_code")),
    )
    op.create_table(
        "case_section",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("schema_version", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_by", sa.Text(), nullable=False),
        sa.CheckConstraint("part IN ('preview', 'full')", name=op.f("ck_case_section_part")),
        sa.ForeignKeyConstraint(
            ["subject", "owner_id"], ["subject.id", "subject.owner_id"], name=op.f("fk_case_section_subject_owner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_section")),
        sa.UniqueConstraint("subject", "category", "part", name=op.f("uq_case_section_subject_category_part")),
    )
    op.create_table(
        "contact",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("caller_kind", sa.Text(), nullable=True),
        sa.Column("related_to_gender", sa.Boolean(), nullable=False),
        sa.Column("triage", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("sex", sa.Text(), nullable=True),
        sa.Column("birth_year", sa.Integer(), nullable=True),
        sa.Column("age_band", sa.Text(), nullable=True),
        sa.Column("area", sa.Text(), nullable=True),
        sa.Column("gbv_type", sa.Text(), nullable=True),
        sa.Column("relationship", sa.Text(), nullable=True),
        sa.Column("outreach_channel", sa.Text(), nullable=True),
        sa.Column("regulation_id", sa.Uuid(), nullable=False),
        sa.Column("imported", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_contact_agency_id")),
        sa.ForeignKeyConstraint(["area"], ["area.code"], name=op.f("fk_contact_area")),
        sa.ForeignKeyConstraint(
            ["case_id", "agency_id"], ["subject.id", "subject.owner_id"], name=op.f("fk_contact_case_id_agency_id")
        ),
        sa.ForeignKeyConstraint(["regulation_id"], ["regulation_version.id"], name=op.f("fk_contact_regulation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
    )
    op.create_index("ix_contact_received", "contact", ["received_at"], unique=False)
    op.create_table(
        "data_key",
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("wrapping_key", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["subject"], ["subject.id"], name=op.f("fk_data_key_subject")),
        sa.PrimaryKeyConstraint("subject", "category", name=op.f("pk_data_key")),
    )
    op.create_table(
        "perpetrator_record",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["subject.id"], name=op.f("fk_perpetrator_record_case_id")),
        sa.ForeignKeyConstraint(
            ["id", "owner_id"], ["subject.id", "subject.owner_id"], name=op.f("fk_perpetrator_record_id_owner_id")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["agency.id"], name=op.f("fk_perpetrator_record_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_perpetrator_record")),
        sa.UniqueConstraint("owner_id", "code", name=op.f("uq_perpetrator_record_owner_id_code")),
    )
    op.create_table(
        "referral",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("case_code", sa.Text(), nullable=False),
        sa.Column("sender_id", sa.Uuid(), nullable=False),
        sa.Column("recipient_id", sa.Uuid(), nullable=False),
        sa.Column("desk_id", sa.Uuid(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("successor_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledge_due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("act_due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("act_met_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("access_ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("regulation_id", sa.Uuid(), nullable=False),
        sa.Column("imported", sa.Boolean(), nullable=False),
        sa.CheckConstraint("sender_id <> recipient_id", name=op.f("ck_referral_two_parties")),
        sa.ForeignKeyConstraint(
            ["case_id", "owner_id"], ["subject.id", "subject.owner_id"], name=op.f("fk_referral_case_id_owner_id")
        ),
        sa.ForeignKeyConstraint(["desk_id"], ["desk.id"], name=op.f("fk_referral_desk_id")),
        sa.ForeignKeyConstraint(["recipient_id"], ["agency.id"], name=op.f("fk_referral_recipient_id")),
        sa.ForeignKeyConstraint(["regulation_id"], ["regulation_version.id"], name=op.f("fk_referral_regulation_id")),
        sa.ForeignKeyConstraint(["sender_id"], ["agency.id"], name=op.f("fk_referral_sender_id")),
        sa.ForeignKeyConstraint(["successor_id"], ["referral.id"], name=op.f("fk_referral_successor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral")),
        sa.UniqueConstraint("owner_id", "code", name=op.f("uq_referral_owner_id_code")),
    )
    op.create_index("ix_referral_case", "referral", ["case_id"], unique=False)
    op.create_index("ix_referral_code", "referral", ["code"], unique=False)
    op.create_index(
        "ix_referral_recipient",
        "referral",
        ["recipient_id", "id"],
        unique=False,
        postgresql_where=sa.text("sent_at IS NOT NULL"),
    )
    op.create_index("ix_referral_sender", "referral", ["sender_id", "id"], unique=False)
    op.create_table(
        "service_episode",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("on_site", sa.Boolean(), nullable=False),
        sa.Column("first_started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("regulation_id", sa.Uuid(), nullable=False),
        sa.Column("imported", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "ended_at IS NULL OR ended_at >= first_started_at", name=op.f("ck_service_episode_ends_after_start")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["agency.id"], name=op.f("fk_service_episode_owner_id")),
        sa.ForeignKeyConstraint(
            ["regulation_id"], ["regulation_version.id"], name=op.f("fk_service_episode_regulation_id")
        ),
        sa.ForeignKeyConstraint(
            ["subject", "owner_id"],
            ["subject.id", "subject.owner_id"],
            name=op.f("fk_service_episode_subject_owner_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_episode")),
    )
    op.create_index("ix_service_episode_started", "service_episode", ["first_started_at"], unique=False)
    op.create_index("ix_service_episode_subject", "service_episode", ["subject"], unique=False)
    op.create_table(
        "access_denial",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=True),
        sa.Column("desk_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("denied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(agency_id, desk_id, account_id) = 1", name=op.f("ck_access_denial_one_target")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_access_denial_account_id")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_access_denial_agency_id")),
        sa.ForeignKeyConstraint(["desk_id"], ["desk.id"], name=op.f("fk_access_denial_desk_id")),
        sa.ForeignKeyConstraint(
            ["subject", "owner_id"], ["subject.id", "subject.owner_id"], name=op.f("fk_access_denial_subject_owner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_denial")),
    )
    op.create_index("ix_access_denial_subject", "access_denial", ["subject"], unique=False)
    op.create_table(
        "access_grant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=True),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("basis_id", sa.Uuid(), nullable=False),
        sa.Column("regulation_id", sa.Uuid(), nullable=True),
        sa.Column("preview_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("active_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("basis IN ('owner', 'consent')", name=op.f("ck_access_grant_basis")),
        sa.CheckConstraint(
            "category <> '*' OR (agency_id = owner_id AND basis = 'owner')",
            name=op.f("ck_access_grant_wildcard_is_owner"),
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_access_grant_agency_id")),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"], name=op.f("fk_access_grant_referral_id")),
        sa.ForeignKeyConstraint(
            ["regulation_id"], ["regulation_version.id"], name=op.f("fk_access_grant_regulation_id")
        ),
        sa.ForeignKeyConstraint(
            ["subject", "owner_id"], ["subject.id", "subject.owner_id"], name=op.f("fk_access_grant_subject_owner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_grant")),
    )
    op.create_index(
        "ix_access_grant_basis",
        "access_grant",
        ["basis_id"],
        unique=False,
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.create_index(
        "ix_access_grant_live",
        "access_grant",
        ["subject", "agency_id"],
        unique=False,
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.create_index("ix_access_grant_referral", "access_grant", ["referral_id"], unique=False)
    op.create_table(
        "account_role",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_role_account_id")),
        sa.ForeignKeyConstraint(["role"], ["role.name"], name=op.f("fk_account_role_role")),
        sa.PrimaryKeyConstraint("account_id", "role", name=op.f("pk_account_role")),
    )
    op.create_table(
        "case_section_history",
        sa.Column("section_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("schema_version", sa.Integer(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["section_id"], ["case_section.id"], name=op.f("fk_case_section_history_section_id")),
        sa.PrimaryKeyConstraint("section_id", "revision", name=op.f("pk_case_section_history")),
    )
    op.create_table(
        "case_team",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("duty", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("duty IN ('worker', 'cover')", name=op.f("ck_case_team_duty")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_case_team_account_id")),
        sa.ForeignKeyConstraint(
            ["subject", "owner_id"], ["subject.id", "subject.owner_id"], name=op.f("fk_case_team_subject_owner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_team")),
    )
    op.create_index("ix_case_team_account", "case_team", ["account_id"], unique=False)
    op.create_table(
        "consent",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("recipient_id", sa.Uuid(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("explained_by", sa.Uuid(), nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.Column("regulation_id", sa.Uuid(), nullable=False),
        sa.Column("imported", sa.Boolean(), nullable=False),
        sa.CheckConstraint("valid_until > given_at", name=op.f("ck_consent_ends_after_start")),
        sa.CheckConstraint(
            "withdrawn_at IS NULL OR withdrawn_at >= given_at", name=op.f("ck_consent_withdrawn_after_given")
        ),
        sa.ForeignKeyConstraint(
            ["case_id", "owner_id"], ["subject.id", "subject.owner_id"], name=op.f("fk_consent_case_id_owner_id")
        ),
        sa.ForeignKeyConstraint(["explained_by"], ["account.id"], name=op.f("fk_consent_explained_by")),
        sa.ForeignKeyConstraint(["recipient_id"], ["agency.id"], name=op.f("fk_consent_recipient_id")),
        sa.ForeignKeyConstraint(["regulation_id"], ["regulation_version.id"], name=op.f("fk_consent_regulation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
        sa.UniqueConstraint("id", "case_id", name=op.f("uq_consent_id_case_id")),
    )
    op.create_index("ix_consent_case", "consent", ["case_id"], unique=False)
    op.create_table(
        "referral_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("from_status", sa.Text(), nullable=False),
        sa.Column("to_status", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("noted", sa.Boolean(), nullable=False),
        sa.Column("imported", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_referral_event_agency_id")),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"], name=op.f("fk_referral_event_referral_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral_event")),
    )
    op.create_index("ix_referral_event_referral", "referral_event", ["referral_id", "id"], unique=False)
    op.create_table(
        "sign_in_session",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_sign_in_session_account_id")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_sign_in_session")),
    )
    op.create_table(
        "consent_category",
        sa.Column("consent_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("named", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["consent_id", "case_id"],
            ["consent.id", "consent.case_id"],
            name=op.f("fk_consent_category_consent_id_case_id"),
        ),
        sa.PrimaryKeyConstraint("consent_id", "category", name=op.f("pk_consent_category")),
    )
    op.create_table(
        "referral_category",
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("consent_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["consent_id"], ["consent.id"], name=op.f("fk_referral_category_consent_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["agency.id"], name=op.f("fk_referral_category_owner_id")),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"], name=op.f("fk_referral_category_referral_id")),
        sa.PrimaryKeyConstraint("referral_id", "category", name=op.f("pk_referral_category")),
    )
    op.create_table(
        "referral_note",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("need", sa.Text(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["referral_event.id"], name=op.f("fk_referral_note_event_id")),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"], name=op.f("fk_referral_note_referral_id")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_referral_note")),
    )
    op.create_index(op.f("ix_referral_note_referral_id"), "referral_note", ["referral_id"], unique=False)
    run_sql_files("0001")


TABLES = (
    "referral_note",
    "referral_category",
    "consent_category",
    "sign_in_session",
    "referral_event",
    "consent",
    "case_team",
    "case_section_history",
    "account_role",
    "access_grant",
    "access_denial",
    "service_episode",
    "referral",
    "perpetrator_record",
    "data_key",
    "contact",
    "case_section",
    "case_file",
    "case_fact",
    "account",
    "subject",
    "register_row",
    "outreach_activity",
    "desk",
    "audit_payload",
    "agency_service",
    "agency_former_name",
    "agency_area",
    "role",
    "regulation_version",
    "operator_credential",
    "door_key",
    "audit_subject",
    "audit_queue",
    "audit_entry",
    "area",
    "agency",
)
VIEWS = ("stat_consent", "stat_service_episode", "stat_referral", "stat_contact")


def downgrade() -> None:
    for view in VIEWS:
        op.execute(f"DROP VIEW {view}")
    for table in TABLES:
        op.execute(f"DROP TABLE {table} CASCADE")
    drop_functions()
