"""Accounts of the invented people of the shipped directory."""

import secrets
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from referral_hub.directory.seed import DirectorySeed, shipped_directory
from referral_hub.kernel import clock
from referral_hub.kernel.demohome import DemoAccount, mark, password
from referral_hub.kernel.ids import CODE_ALPHABET
from referral_hub.kernel.server import Server
from referral_hub.liaisons.accounts import NewAccount, make_accounts
from referral_hub.liaisons.passwords import hashed
from referral_hub.regulation.loader import shipped

#: Who greets a visitor on the sign-in page, in this order.
FRONT = (
    "lan.nguyen@anh-duong.example",
    "hung.pham@anh-duong.example",
    "cuong.ngo@cong-an-tinh.example",
    "chau.nghiem@tro-giup-phap-ly.example",
    "duc.bui@benh-vien-tinh.example",
    "trung.lam@so-y-te.example",
)


def email_of(key: str, agency: str) -> str:
    """Where nobody real can ever be reached (RFC 2606)."""
    return f"{key}@{agency}.example"


def make_demo_accounts(server: Server, home: Path) -> list[DemoAccount]:
    """Make what is missing, mark the home as demo, and return all accounts with their password."""
    regulation = shipped()
    seed = shipped_directory(regulation)
    secret = password(home) or "-".join("".join(secrets.choice(CODE_ALPHABET) for _ in range(4)) for _ in range(3))
    people = _people(seed)
    engine = create_engine(server.require_admin_url())
    try:
        with Session(engine) as session:
            session.execute(text(f'SET ROLE "{server.prefix}_owner"'))
            make_accounts(session, people, hashed(secret), now=clock.now())
            session.commit()
    finally:
        engine.dispose()
    accounts = [
        DemoAccount(
            agency=seed.agency(person.agency).label.vi,
            role=", ".join(regulation.label("roles", role, "vi") for role in person.roles),
            email=person.email,
            password=secret,
            shown=person.email in FRONT,
        )
        for person in sorted(people, key=_front_first)
    ]
    mark(home, secret, accounts)
    return accounts


def _people(seed: DirectorySeed) -> list[NewAccount]:
    return [
        NewAccount(email_of(person.key, agency.code), person.name, agency.code, person.roles, person.desk)
        for agency in seed.agencies
        for person in agency.people
    ]


def _front_first(person: NewAccount) -> tuple[int, str]:
    return (FRONT.index(person.email) if person.email in FRONT else len(FRONT), person.email)
