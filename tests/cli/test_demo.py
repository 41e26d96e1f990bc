"""The demo on a machine of its own: it starts once, starts again, starts over, and never touches a real hub."""

import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from referral_hub.cli import serving
from referral_hub.config import Settings
from referral_hub.demo.morning import SCENES
from referral_hub.kernel import demohome, embedded
from tests.cli.commandline import CommandLine
from tests.cli.logins import kept_logins
from tests.intake.register.conftest import packed
from tests.intake.workbooks import CALLS, WORK, Book, put, shipped_book
from tests.trial import Trial

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = "from referral_hub.cli import main; main()"
COUNTED = ("case_file", "referral", "contact", "consent", "account", "register_row", "regulation_version")


@dataclass(slots=True)
class Home:
    """A throw-away home, used from outside as a visitor does. Its database is held open meanwhile."""

    path: Path
    told: str = ""
    held: embedded.EmbeddedServer | None = None

    def __call__(self, *words: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("REFERRAL_HUB_")}
        return subprocess.run(
            [sys.executable, "-c", PROGRAM, *words],
            cwd=ROOT,
            env={**kept, "REFERRAL_HUB_HOME": str(self.path), "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=120,
        )

    def hold(self) -> None:
        self.held = embedded.ensure(self.path)

    def let_go(self) -> None:
        if self.held is not None:
            self.held.release()
        self.held = None

    def column(self, query: str) -> list[Any]:
        """What is really there."""
        assert self.held is not None
        with psycopg.connect(self.held.admin_url) as connection:
            return [row[0] for row in connection.execute(query.encode()).fetchall()]

    def rows(self) -> dict[str, int]:
        return {table: self.column(f"SELECT count(*) FROM {table}")[0] for table in COUNTED}

    def codes(self) -> set[str]:
        return set(self.column("SELECT code FROM case_file"))

    def password(self) -> str | None:
        return demohome.password(self.path)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home in which the demo ran once."""
    made = Home(tmp_path_factory.mktemp("demo") / "home")
    said = made("demo", "run", "--no-serve")
    assert said.returncode == 0, said.stdout + said.stderr
    made.told = said.stdout
    made.hold()
    yield made
    made.let_go()
    embedded.remove(made.path)


def test_the_first_start_plays_the_half_year_and_the_morning(home: Home) -> None:
    told = home.told
    assert "Tong_dai 201" in told and "Ho_so 6" in told
    assert "Khớp với số liệu đã công bố năm 2020." in told
    assert "164" in told
    assert home.rows()["case_file"] == 6 + len(SCENES)


def test_the_home_of_the_demo_is_closed_to_others(home: Home) -> None:
    for path in (home.path / "demo.json", *(home.path / "keys").iterdir()):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path.name


def test_the_accounts_are_told_in_the_form_that_is_fixed(home: Home) -> None:
    said = home("demo", "accounts", "--format", "json")
    assert (said.returncode, said.stderr) == (0, "")
    accounts = json.loads(said.stdout)
    assert len(accounts) == len(home.column("SELECT email FROM account")) > 20
    assert {frozenset(one) for one in accounts} == {frozenset({"agency", "role", "email", "password"})}
    assert {one["email"] for one in accounts} == set(home.column("SELECT email FROM account"))
    assert {one["password"] for one in accounts} == {home.password()}


def test_a_second_start_keeps_everything_and_adds_nothing(home: Home) -> None:
    before, password, codes = home.rows(), home.password(), home.codes()
    said = home("demo", "run", "--no-serve")
    assert said.returncode == 0, said.stdout + said.stderr
    assert "đã nhập từ trước" in said.stdout and "0 chuyển gửi mới" in said.stdout
    assert (home.rows(), home.password(), home.codes()) == (before, password, codes)


def test_a_demo_in_use_is_not_started_over(home: Home) -> None:
    before = home.rows()
    said = home("demo", "run", "--fresh", "--no-serve")
    assert said.returncode == 2, said.stdout + said.stderr
    assert len(said.stderr.strip().splitlines()) == 1 and "Traceback" not in said.stderr
    assert home.rows() == before


def test_fresh_starts_over_with_another_password_and_no_old_case(home: Home) -> None:
    rows, password, codes = home.rows(), home.password(), home.codes()
    home.let_go()
    said = home("--locale", "en", "demo", "run", "--fresh", "--no-serve")
    home.hold()
    assert said.returncode == 0, said.stdout + said.stderr
    assert "Equal to the figures published in 2020." in said.stdout
    assert home.rows() == rows
    assert home.password() != password
    assert not home.codes() & codes


@pytest.fixture
def real_home(tmp_path: Path) -> Path:
    """What a real hub leaves in its home."""
    home = tmp_path / "real"
    (home / "keys").mkdir(parents=True, mode=0o700)
    (home / "keys" / "keyring.json").write_text("the only copy", "utf-8")
    return home


@pytest.mark.parametrize("options", [(), ("--fresh",)])
@pytest.mark.parametrize("locale", ["vi", "en"])
def test_a_real_home_is_refused_and_left_as_it_is(
    options: tuple[str, ...], locale: str, cli: CommandLine, real_home: Path
) -> None:
    cli.variable({"HOME": str(real_home), "DATABASE_URL": None, "ADMIN_DATABASE_URL": None})
    said = cli("--locale", locale, "demo", "run", "--no-serve", *options)
    assert said.status == 2
    assert str(real_home) in said.err and len(said.err.strip().splitlines()) == 1
    assert [path.relative_to(real_home).as_posix() for path in real_home.rglob("*")] == ["keys", "keys/keyring.json"]
    assert (real_home / "keys" / "keyring.json").read_text("utf-8") == "the only copy"


def test_there_are_no_demo_accounts_in_a_real_home(cli: CommandLine, real_home: Path) -> None:
    cli.variable({"HOME": str(real_home)})
    said = cli("demo", "accounts", "--format", "json")
    assert (said.status, said.document["error"]) == (1, "validation")


def test_fresh_never_empties_a_database_of_ones_own(cli: CommandLine, tmp_path: Path) -> None:
    demohome.mark(tmp_path / "home", "", [])
    cli.variable({"HOME": str(tmp_path / "home")})
    said = cli("demo", "run", "--fresh", "--no-serve")
    assert said.status == 2
    assert "REFERRAL_HUB_DATABASE_URL" in said.err


@pytest.fixture
def demo_with(
    cli: CommandLine,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    installation: Trial,
    settings: Settings,
) -> Iterator[Callable[[Book], Any]]:
    """The demo on the working database, with another register in place of the shipped one."""
    home = tmp_path / "home"
    shutil.copytree(settings.home / "keys", home / "keys")
    demohome.mark(home, "", [])
    cli.variable({"HOME": str(home)})

    def run(book: Book) -> Any:
        path = tmp_path / "book.xlsx"
        path.write_bytes(packed(book))
        monkeypatch.setattr(serving, "register_file", lambda: path)
        return cli("demo", "run", "--no-serve")

    with kept_logins(installation, home):
        yield run


def test_the_demo_fails_when_its_figures_are_not_those_that_were_published(demo_with: Callable[[Book], Any]) -> None:
    book = shipped_book()
    book[WORK].pop()
    said = demo_with(book)
    assert said.status == 1, said.out + said.err
    assert "perpetrators_worked" in said.out


def test_the_demo_fails_when_its_register_has_a_fault(demo_with: Callable[[Book], Any]) -> None:
    said = demo_with(put(shipped_book(), CALLS, 1, "Kênh tiếp nhận", "Bồ câu"))
    assert said.status == 1, said.out + said.err
