"""``db upgrade`` and ``db url``; ``keyring rotate``."""

import click

from referral_hub.cli.runtime import Run, answer, answering, pass_run
from referral_hub.installation import upgrade
from referral_hub.kernel.server import LOGIN_ROLES


@click.group("db")
def database() -> None:
    """The database."""


@database.command("upgrade")
@answering
@pass_run
def upgrade_command(run: Run) -> None:
    """Roles, tables, policies; on an empty database also the shipped regulation and directory."""
    revision = upgrade(run.server, run.settings.home)
    text = {"vi": f"Cơ sở dữ liệu đã sẵn sàng (bản {revision}).", "en": f"The database is ready (revision {revision})."}
    answer({"revision": revision}, text[run.locale])


@database.command("url")
@click.option("--role", type=click.Choice([r for r in LOGIN_ROLES if r != "backup"]), default="app")
@answering
@pass_run
def url(run: Run, role: str) -> None:
    """The address by which a role logs in (it holds a password)."""
    found = run.server.url(role)
    answer({"role": role, "url": found}, found)


COMMANDS = (database,)
