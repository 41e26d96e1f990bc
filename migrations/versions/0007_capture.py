"""Asking her, and reaching her safely: what a section said before, one consent in the place of another."""

import sqlalchemy as sa
from alembic import op

from migrations.steps import drop_functions_of, revoke, run_sql_files

revision = "0007"
down_revision = "0006"

COUNTED_BEFORE = """CREATE OR REPLACE VIEW stat_consent WITH (security_invoker = true) AS
    SELECT c.id, ARRAY[c.owner_id] AS agency_ids, f.survivor, c.given_at, c.withdrawn_at, f.statistics_consent,
           c.imported
    FROM consent c LEFT JOIN case_fact f ON f.case_id = c.case_id"""


def upgrade() -> None:
    op.add_column("consent", sa.Column("replaced_by", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_consent_replaced_by"), "consent", "consent", ["replaced_by"], ["id"])
    op.create_check_constraint(
        op.f("ck_consent_replaced_is_ended"), "consent", "replaced_by IS NULL OR withdrawn_at IS NOT NULL"
    )
    run_sql_files("0007")


def downgrade() -> None:
    drop_functions_of("0007")
    op.execute("DROP POLICY kept ON case_section_history")
    revoke("SELECT", "case_section_history", "door")
    op.execute("DROP POLICY moved ON referral_category")
    revoke("UPDATE (consent_id)", "referral_category", "door")
    op.execute(COUNTED_BEFORE)
    op.drop_constraint(op.f("ck_consent_replaced_is_ended"), "consent")
    op.drop_constraint(op.f("fk_consent_replaced_by"), "consent")
    op.drop_column("consent", "replaced_by")
