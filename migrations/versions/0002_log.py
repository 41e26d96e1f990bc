"""The verifiable log."""

from migrations.steps import run_sql_files

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    run_sql_files("0002")


def downgrade() -> None:
    pass
