"""The closed loop in depth."""

from migrations.steps import run_sql_files

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    run_sql_files("0004")


def downgrade() -> None:
    pass
