"""Consent in depth."""

from migrations.steps import run_sql_files

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    run_sql_files("0003")


def downgrade() -> None:
    pass
