"""The coordinator's board: what is under way between the agencies, as codes and times."""

from alembic import op

from migrations.steps import run_sql_files

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    run_sql_files("0010")


def downgrade() -> None:
    op.execute("DROP VIEW board_referral")
