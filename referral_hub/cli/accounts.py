"""``account invite``: how the first people of an agency come in, and whoever has a role that no supervisor gives."""

import secrets

import click
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from referral_hub.cli.runtime import Run, answer, answering, pass_run
from referral_hub.installation import check_database
from referral_hub.kernel import clock
from referral_hub.kernel.faults import environment_faults
from referral_hub.liaisons.accounts import NewAccount, invite_by_operator
from referral_hub.liaisons.passwords import hashed


@click.group("account")
def account() -> None:
    """People who sign in."""


@account.command("invite")
@click.argument("email")
@click.option("--name", help="Full name, for somebody who has no account yet.")
@click.option("--agency", help="Code of the agency, for somebody who has no account yet.")
@click.option("--desk", help="Code of a desk of the agency.")
@click.option("--role", "roles", multiple=True, help="A role of the regulation; may be repeated.")
@answering
@pass_run
def invite_command(
    run: Run, email: str, name: str | None, agency: str | None, desk: str | None, roles: tuple[str, ...]
) -> None:
    """A link to choose a password, for a new account or one that there is. Hand it over yourself."""
    check_database(run.server)
    person = NewAccount(email, name, agency, roles, desk) if name and agency else None
    engine = create_engine(run.server.require_admin_url())
    try:
        with environment_faults(), Session(engine) as session:
            session.execute(text(f'SET ROLE "{run.server.prefix}_owner"'))
            unusable = hashed(secrets.token_urlsafe(32))
            token = invite_by_operator(session, email, person, unusable, now=clock.now())
            session.commit()
    finally:
        engine.dispose()
    link = f"{run.settings.public_url}/join/{token}"
    answer({"email": email.strip().lower(), "link": link}, link)


COMMANDS = (account,)
