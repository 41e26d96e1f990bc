"""Schema of the database: Alembic versions, and the policies, functions and triggers as SQL files."""
