"""Entries in bulk, as the hub would have written them, past its door: only a superuser's COPY is fast enough."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

from bench.house import House
from referral_hub.audit.acts import Act
from referral_hub.audit.envelopes import SALT_BYTES, canonical, commitment, timestamp
from referral_hub.kernel import clock
from referral_hub.kernel.ids import new_id
from referral_hub.vault.sealing import Key

ACT = Act.CASE_FACTS_CHANGED.value
SAID = {"facts": ["birth_year", "risk_level"]}


@dataclass(frozen=True, slots=True)
class Made:
    """One entry ready to be stored. ``sealed`` is empty when it says nothing beyond its envelope."""

    uid: UUID
    subject: UUID
    envelope: bytes
    sealed: bytes = b""


def made(house: House, count: int, key: Key | None = None) -> Iterator[Made]:
    """Entries of the worker about her cases.

    :param key: seals what they say, with the salt of the commitment; then they are all about her first case.
    """
    plain = canonical(SAID)
    for number in range(count):
        uid = new_id()
        subject = house.cases[0] if key is not None else house.cases[number % len(house.cases)]
        salt = os.urandom(SALT_BYTES)
        envelope = canonical(
            {
                "act": ACT.code,
                "at": timestamp(clock.now()),
                "id": str(uid),
                "n": 1,
                "obj": str(subject),
                "org": house.actor.agency_code,
                "out": "ok",
                "pc": commitment(salt, str(uid), plain if key else b""),
                "pl": 1 if key else 0,
                "v": 1,
                "via": "portal",
                "who": house.actor.person,
                "why": "own-case",
            }
        )
        sealed = key.seal(salt + plain, f"audit/v1|{uid}") if key else b""
        yield Made(uid, subject, envelope, sealed)


def queue(connection: psycopg.Connection[Any], entries: Iterator[Made]) -> None:
    """Store entries in one transaction; the triggers queue them for the sequencer."""
    sealed = []
    with connection.transaction():
        with connection.cursor().copy(
            "COPY audit_entry (uid, subject, kind, envelope) FROM STDIN (FORMAT binary)"
        ) as copy:
            copy.set_types(["uuid", "uuid", "text", "bytea"])
            for one in entries:
                copy.write_row((one.uid, one.subject, ACT.kind, one.envelope))
                if one.sealed:
                    sealed.append(one)
        with connection.cursor().copy(
            "COPY audit_payload (entry_uid, subject, ciphertext) FROM STDIN (FORMAT binary)"
        ) as copy:
            copy.set_types(["uuid", "uuid", "bytea"])
            for one in sealed:
                copy.write_row((one.uid, one.subject, one.sealed))
