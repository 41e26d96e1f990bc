"""What was arranged can be called off before it begins; free beds and places, with the time of the figure."""

import sqlalchemy as sa
from alembic import op

from migrations.steps import run_sql_files

revision = "0009"
down_revision = "0008"

#: table -> its check, what it asks beside the span
SPANS = {
    "account_cover": ("ck_account_cover_somebody_else_for_a_while", "account_id <> cover_id AND "),
    "desk_duty": ("ck_desk_duty_for_a_while", ""),
}


def upgrade() -> None:
    _spans(">=")
    op.add_column("desk_duty", sa.Column("phone", sa.Text(), nullable=True))
    op.create_table(
        "free_place",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("free", sa.Integer(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.CheckConstraint("free BETWEEN 0 AND 999", name=op.f("ck_free_place_free")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_free_place_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_free_place")),
    )
    op.create_index("ix_free_place_last", "free_place", ["agency_id", "service", "set_at"])
    run_sql_files("0009")


def downgrade() -> None:
    op.execute("DROP TABLE free_place")
    op.drop_column("desk_duty", "phone")
    for table in SPANS:  # what was called off never held: nothing is lost with it
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE TRIGGER audited")
        op.execute(f"DELETE FROM {table} WHERE until = since")
        op.execute(f"ALTER TABLE {table} ENABLE TRIGGER audited")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    _spans(">")


def _spans(order: str) -> None:
    for table, (name, besides) in SPANS.items():
        op.drop_constraint(op.f(name), table)
        op.create_check_constraint(op.f(name), table, f"{besides}until {order} since")
