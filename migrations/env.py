"""Runs the migrations on the connection that ``db upgrade`` hands over (it holds the admin's rights)."""

from alembic import context

from referral_hub.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, compare_type=True, compare_server_default=False)
with context.begin_transaction():
    context.run_migrations()
