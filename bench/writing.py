"""What auditing costs the database: the same change with its entry and without, by 8 clients with 5 ms of work each.

``pgbench`` is the client, so that no Python is measured. A change is audited as the hub does it: the key of what is
sealed is asked for, entry and sealed payload are written, the commit check looks the entry up. The other has none of
that.
"""

import os
import re
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from bench.bars import Measured
from bench.house import House
from referral_hub.audit.acts import Act
from referral_hub.kernel.embedded.binaries import shipped_binaries

CLIENTS = 8
WORK_S = 0.005
ROUNDS = 3
ROUND_S = 4
BAR = 0.9

_TABLE = """
    CREATE TABLE IF NOT EXISTS bench_work (place int PRIMARY KEY, subject uuid NOT NULL, n int NOT NULL DEFAULT 0);
    GRANT SELECT, UPDATE ON bench_work TO hub_app;
    CREATE CONSTRAINT TRIGGER audited AFTER UPDATE ON bench_work DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION audit_must_cover('subject', 'case')"""
# In a script of pgbench ":name" is a variable wherever it stands, so colons of text are written \x3a.
_BEGIN = r"""\set place :client_id + 1
BEGIN;
SELECT person FROM door_enter(E'CREDENTIAL');
SELECT pg_sleep(WORK);
"""
_IDS = r"""SELECT uuidv7() AS uid, subject FROM bench_work WHERE place = :place \gset
"""
_KEY = r"""SELECT uuidv7() AS uid, w.subject, k.wrapped
    FROM bench_work w, audit_key(w.subject) k WHERE w.place = :place \gset
"""
_ENTRY = r"""SELECT audit_append(:uid, :subject, 'KIND',
    convert_to(format(E'ENVELOPE', CAST(:uid AS text), CAST(:subject AS text)), 'UTF8'), SEALED);
"""
_SEALED = "decode(repeat('5a', 140), 'hex')"
_END = "UPDATE bench_work SET n = n + 1 WHERE place = :place;\nCOMMIT;\n"
_ENVELOPE = (
    '{"act":"ACT","at":"2026-11-23T01:02:03.000004Z","id":"%s","n":1,"obj":"%s","org":"ORG","out":"ok",'
    '"pc":"m1zvXhR3VIBS1FqBNMKkQ4XTTqGtsNi5Kq2Wcql1pa0=","pl":1,"v":1,"via":"portal","who":"WHO","why":"own-case"}'
)


def audited_share(house: House) -> list[Measured]:
    """Transactions per second with entries, as a share of those without, measured in turns."""
    with house.connect("admin") as connection:
        connection.execute(_TABLE.encode())
        places = [(place, case) for place, case in enumerate(house.cases[:CLIENTS], 1)]
        connection.cursor().executemany("INSERT INTO bench_work (place, subject) VALUES (%s, %s)", places)
    full, bare, plain_rates = [], [], []
    for _ in range(ROUNDS):
        plain = _rate(house, "", audited=False)
        plain_rates.append(plain)
        bare.append(_rate(house, _IDS + _entry(house, "NULL"), audited=True) / plain)
        full.append(_rate(house, _KEY + _entry(house, _SEALED), audited=True) / plain)
    return [
        Measured(f"audited transactions, of unaudited ({CLIENTS} clients, 5 ms of work)", tuple(full), bar=BAR),
        Measured("the same, entries that say nothing beyond their envelope", tuple(bare)),
        Measured("the unaudited ones", tuple(plain_rates), "a second", digits=0),
    ]


def _entry(house: House, sealed: str) -> str:
    act = Act.CASE_FACTS_CHANGED.value
    said = _ENVELOPE.replace("ACT", act.code).replace("ORG", house.actor.agency_code)
    entry = _ENTRY.replace("SEALED", sealed)
    return entry.replace("ENVELOPE", _text(said.replace("WHO", house.actor.person))).replace("KIND", act.kind)


def _text(plain: str) -> str:
    return plain.replace(":", r"\x3a")


def _rate(house: House, entry: str, *, audited: bool) -> float:
    with house.connect("admin") as connection:  # without the commit check the change needs no entry
        connection.execute(f"ALTER TABLE bench_work {'ENABLE' if audited else 'DISABLE'} TRIGGER audited".encode())
    begin = _BEGIN.replace("CREDENTIAL", _text(house.credential)).replace("WORK", str(WORK_S))
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "change.sql"
        script.write_text(begin + entry + _END)
        command = [str(shipped_binaries() / "pgbench"), "-n", "-M", "prepared", "-f", str(script)]
        command += ["-c", str(CLIENTS), "-j", "2", "-T", str(ROUND_S)]
        done = subprocess.run(command, env=_environment(house), capture_output=True, text=True)
    found = re.search(r"^tps = ([0-9.]+)", done.stdout, re.MULTILINE)
    if found is None or done.returncode:
        raise RuntimeError(f"pgbench: {done.stderr or done.stdout}")
    return float(found[1])


def _environment(house: House) -> dict[str, str]:
    url = urlsplit(house.server.app_url)
    place = parse_qs(url.query)
    login = {"PGUSER": unquote(url.username or ""), "PGPASSWORD": unquote(url.password or "")}
    return {**os.environ, **login, "PGHOST": place["host"][0], "PGPORT": place["port"][0], "PGDATABASE": url.path[1:]}
