"""Asking her, and reaching her safely: what a section said before."""

from alembic import op

from migrations.steps import drop_functions_of, revoke, run_sql_files

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    run_sql_files("0007")


def downgrade() -> None:
    drop_functions_of("0007")
    op.execute("DROP POLICY kept ON case_section_history")
    revoke("SELECT", "case_section_history", "door")
