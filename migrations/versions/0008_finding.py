"""Finding what belongs together: search by keyed hashes."""

import sqlalchemy as sa
from alembic import op

from migrations.steps import drop_functions_of, run_sql_files

revision = "0008"
down_revision = "0004"

TABLES = ("search_made", "search_mark")


def upgrade() -> None:
    op.create_table(
        "search_mark",
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subject", "owner_id"], ["subject.id", "subject.owner_id"], name=op.f("fk_search_mark_subject_owner_id")
        ),
        sa.PrimaryKeyConstraint("subject", "category", "digest", name=op.f("pk_search_mark")),
    )
    op.create_index("ix_search_mark_digest", "search_mark", ["owner_id", "digest"], unique=False)
    op.create_table(
        "search_made",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_search_made_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_made")),
    )
    op.create_index("ix_search_made_account", "search_made", ["account_id", "at"], unique=False)
    run_sql_files("0008")


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"DROP TABLE {table} CASCADE")
    drop_functions_of("0008")
