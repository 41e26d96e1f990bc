"""Signing in: guesses are slowed down."""

import sqlalchemy as sa
from alembic import op

from migrations.steps import run_sql_files

revision = "0013"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "sign_in_try",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_try")),
    )
    op.create_index("ix_sign_in_try_key", "sign_in_try", ["key"])
    op.create_index("ix_sign_in_try_at", "sign_in_try", ["at"])
    run_sql_files("0013")


def downgrade() -> None:
    op.execute("DROP TABLE sign_in_try CASCADE")
