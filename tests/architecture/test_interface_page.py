"""docs/interface.md and docs/domain.md against the product, both ways; and that no page leads nowhere."""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import click
import psycopg
import pytest
from flask import Flask

from referral_hub import config, tables
from referral_hub.api.log import add_log
from referral_hub.api.metrics import add_metrics
from referral_hub.cli.commands import root
from referral_hub.config import Settings
from referral_hub.hub import STATISTICS, make_hub
from referral_hub.kernel.db import db
from referral_hub.portal.setup import add_portal
from referral_hub.regulation.loader import shipped
from tests.trial import PREFIX, Trial

ROOT = Path(__file__).resolve().parents[2]
CODE = re.compile(r"`([^`]+)`")


def section(page: str, heading: str) -> str:
    """What stands under a heading of a page, up to the next heading of its kind."""
    text = (ROOT / "docs" / page).read_text("utf-8")
    (found,) = re.findall(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    return str(found)


def rows(text: str) -> Iterator[list[str]]:
    """The cells of every row of the tables in a text, headings left out."""
    lines = text.splitlines()
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if line.startswith("| ") and not following.startswith("|---"):
            yield [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def names(text: str, column: int = 0) -> list[str]:
    """Everything set as code in one column of the tables of a text."""
    return [name for row in rows(text) for name in CODE.findall(row[column])]


def commands(group: click.Group = root, path: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command with its path; a verb that is also spelt with an underscore once."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            if command.invoke_without_command:
                yield path + name, command
            yield from commands(command, f"{path}{name} ")
        elif "_" not in name:
            yield path + name, command


def verbs() -> set[str]:
    return {t.verb.replace("_", "-") for t in shipped().transitions} - {"send"}


def documented_commands() -> dict[str, set[str]]:
    """Path -> options, as the page has them."""
    found = {}
    for cells in rows(section("interface.md", "Commands")):
        (command,) = CODE.findall(cells[0])
        path = " ".join(word for word in command.split() if not word.isupper())
        for one in [f"referral {verb}" for verb in verbs()] if "<verb>" in path else [path]:
            found[one] = set(CODE.findall(cells[1]))
    return found


def test_the_page_has_every_command_with_every_option() -> None:
    built = {
        path: {max(p.opts, key=len) for p in command.params if isinstance(p, click.Option)} - {"--format"}
        for path, command in commands()
    }
    assert documented_commands() == built


def test_every_command_answers_in_json() -> None:
    assert [path for path, command in commands() if "output" not in {p.name for p in command.params}] == []


def test_the_page_lists_the_verbs_of_the_transition_table() -> None:
    listed = re.search(r"^Verbs: (.*?)\. Which", section("interface.md", "Commands"), re.M | re.S)
    assert listed is not None
    assert set(CODE.findall(listed[1])) == verbs()


@pytest.fixture
def app(installation: Trial, settings: Settings) -> Iterator[Flask]:
    made = make_hub(settings, installation.server())
    add_metrics(made)
    add_log(made, settings)
    add_portal(made, settings)
    yield made
    made.extensions[STATISTICS].dispose()
    with made.app_context():
        db.engine.dispose()


def plain(rule: str) -> str:
    """`/referrals/<uuid:referral_id>/<string:verb>` as people write it: `/referrals/<uuid>/<verb>`."""
    return re.sub(r"<(?:(\w+):)?(\w+)>", lambda m: "<uuid>" if m[1] == "uuid" else f"<{m[2]}>", rule).replace(
        "<filename>", "<path>"
    )


def test_the_page_has_every_address_with_its_methods(app: Flask) -> None:
    listed = {}
    for cells in rows(section("interface.md", "Addresses")):
        (address,) = CODE.findall(cells[0])
        listed[address] = set(cells[1].split())
    built = {plain(rule.rule): set(rule.methods or ()) - {"HEAD", "OPTIONS"} for rule in app.url_map.iter_rules()}
    assert listed == built


def test_what_is_not_yet_there_is_not_there(app: Flask) -> None:
    promised = set(names(section("interface.md", "Not yet"), 1))
    assert {"partner register", "/api/openapi.json"} <= promised
    built = {path for path, _ in commands()} | {plain(rule.rule) for rule in app.url_map.iter_rules()}
    settings = set(re.findall(r"REFERRAL_HUB_\w+", inspect.getsource(config)))
    scripts = {f"script/{path.name}" for path in (ROOT / "script").iterdir()}
    assert promised & (built | settings | scripts) == set()


def relations(connection: psycopg.Connection) -> set[str]:
    found = connection.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'm', 'p')"
    ).fetchall()
    return {name for (name,) in found} - {"alembic_version"}


def test_the_page_has_every_table_and_view(admin_connection: psycopg.Connection) -> None:
    listed = [name for row in rows(section("interface.md", "Tables")) for name in CODE.findall(row[0])]
    assert len(listed) == len(set(listed))
    assert set(listed) == relations(admin_connection)


def test_the_page_has_every_function_of_the_database(admin_connection: psycopg.Connection) -> None:
    found = admin_connection.execute(
        "SELECT proname, proowner::regrole::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
    ).fetchall()
    listed = [name.partition("(")[0] for name in names(section("interface.md", "Functions"))]
    assert len(listed) == len(set(listed))
    assert {(name, f"{PREFIX}_door") for name in listed} == set(found)


def test_the_page_has_every_setting() -> None:
    read_by = [ROOT / "wsgi.py", ROOT / "tests" / "trial.py", *(ROOT / "referral_hub").rglob("*.py")]
    used = {
        name
        for path in read_by
        for name in re.findall(r"""["'](REFERRAL_HUB_[A-Z_]+|WEB_CONCURRENCY)["']""", path.read_text("utf-8"))
    }
    listed = {name for name in names(section("interface.md", "Files and settings")) if name.isupper()}
    assert listed == used


def test_the_domain_page_puts_every_table_into_one_class() -> None:
    classes = {row[0]: CODE.findall(row[2]) for row in rows(section("domain.md", "Four classes of tables"))}
    listed = [table for tables_of in classes.values() for table in tables_of]
    assert len(listed) == len(set(listed))
    assert set(listed) == set(tables.metadata.tables)
    same = {row[1]: CODE.findall(row[0]) for row in rows(section("interface.md", "Tables"))}
    assert {name: set(found) for name, found in classes.items()} == {
        name: set(found) for name, found in same.items() if name in classes
    }


def test_the_domain_page_has_the_statuses_of_the_regulation() -> None:
    states = section("domain.md", "States of a referral")
    listed = [(CODE.findall(row[0])[0], row[1], row[2]) for row in rows(states) if len(row) == 4]
    statuses = shipped().codes("referral_statuses")
    assert listed == [(code, entry.label.vi, entry.label.en) for code, entry in statuses.items()]


def test_the_domain_page_has_the_transitions_of_the_regulation() -> None:
    states = section("domain.md", "States of a referral")
    listed = [
        (CODE.findall(row[0])[0], row[1], set(row[2].split(", ")), set(CODE.findall(row[3])), row[4].strip("`"))
        for row in rows(states)
        if len(row) == 6
    ]
    assert listed == [(t.verb, t.label.vi, t.by, t.sources, t.target) for t in shipped().transitions]


def test_the_domain_page_uses_the_words_of_the_glossary() -> None:
    glossary = {(en, vi) for _code, en, vi in shipped().raw["glossary"]}
    words = [(row[0], row[1]) for row in rows(section("domain.md", "Words")) if len(row) == 4]
    assert len(words) > 20
    assert [pair for pair in words if pair not in glossary] == []


PAGES = sorted(path.relative_to(ROOT).as_posix() for path in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")])


@pytest.mark.parametrize("page", PAGES)
def test_every_link_of_a_page_leads_somewhere(page: str) -> None:
    path = ROOT / page
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)", path.read_text("utf-8")):
        file = path.parent / target if target else path
        assert file.exists(), target
        if anchor:
            headings = [line.lower() for line in re.findall(r"^#+ (.+)$", file.read_text("utf-8"), re.M)]
            assert anchor in {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in headings}, anchor
