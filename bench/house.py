"""A throw-away hub to measure on: its own home, its own PostgreSQL, two invented people; gone at the end."""

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import argon2
import psycopg
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from referral_hub.access.actors import Actor, actor_from_door
from referral_hub.audit.folder import Folder
from referral_hub.cases.facts import CaseFacts
from referral_hub.cases.service import open_case
from referral_hub.config import Settings
from referral_hub.hub import STATISTICS, make_hub
from referral_hub.installation import operator_secret, upgrade
from referral_hub.kernel import clock
from referral_hub.kernel.db import db, transaction
from referral_hub.kernel.server import Server, open_server
from referral_hub.liaisons.accounts import NewAccount, make_accounts

AGENCY = "anh-duong"
WORKER = "do.luong@anh-duong.example"
PREFIX = "hub"

_FACTS = CaseFacts(
    received_at=clock.now(),
    channel="walk_in",
    sex="female",
    birth_year=1991,
    age_band="b25_39",
    gbv_type="physical_assault",
    relationship="spouse",
    risk_level="medium",
)


@dataclass(slots=True)
class House:
    """The hub that is measured. ``actor``: the worker whose cases these are; ``password``: what she signs in with."""

    settings: Settings
    server: Server
    app: Flask
    password: str
    credential: str
    actor: Actor
    cases: tuple[UUID, ...]

    @property
    def log(self) -> Folder:
        """The files of its log."""
        return Folder(self.settings.log_folder)

    @contextmanager
    def connect(self, role: str) -> Iterator[psycopg.Connection[Any]]:
        """A connection of a hub role in autocommit mode; ``admin`` for the superuser."""
        url = self.server.require_admin_url() if role == "admin" else self.server.url(role)
        with psycopg.connect(url, autocommit=True) as connection:
            yield connection


@contextmanager
def house(cases: int) -> Iterator[House]:
    """A new hub with ``cases`` cases of one worker."""
    home = Path(tempfile.mkdtemp(prefix="referral-hub-bench-"))
    try:
        settings = Settings(home=home)
        server = open_server(home, PREFIX, None, None)
        try:
            upgrade(server, home)
            yield _furnished(settings, server, cases)
        finally:
            if server.embedded is not None:
                server.embedded.release()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _furnished(settings: Settings, server: Server, cases: int) -> House:
    password = secrets.token_urlsafe(12)
    person = NewAccount(WORKER, "Đỗ Lường", AGENCY, ("caseworker",), "intake")
    engine = create_engine(server.require_admin_url())
    with Session(engine) as session:
        session.execute(text(f"SET ROLE {PREFIX}_owner"))
        make_accounts(session, [person], argon2.PasswordHasher().hash(password), now=clock.now())
        session.commit()
    engine.dispose()
    app = make_hub(settings, server)
    credential = f"operator:{operator_secret(settings.home)}:{WORKER}"
    made = []
    with app.app_context():
        for _ in range(cases):
            with transaction(credential) as row:
                assert row is not None
                actor = actor_from_door(row, "cli")
                made.append(open_case(actor, _FACTS, {}, now=clock.now()))
        db.session.remove()
        db.engine.dispose()
    app.extensions[STATISTICS].dispose()
    return House(settings, server, app, password, credential, actor, tuple(made))
