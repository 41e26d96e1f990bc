"""What every command needs: the settings, the database, who it speaks as, and how it answers."""

import functools
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click
from flask import Flask

from referral_hub.access.actors import Actor, actor_from_door
from referral_hub.access.gate import Refused
from referral_hub.audit.acts import Act
from referral_hub.audit.recording import Entry, record
from referral_hub.config import Settings, read_settings
from referral_hub.hub import STATISTICS, make_hub
from referral_hub.installation import check_database, operator_secret
from referral_hub.kernel import clock
from referral_hub.kernel.db import db, transaction
from referral_hub.kernel.errors import EnvironmentFault, HubError, Invalid
from referral_hub.kernel.faults import environment_faults
from referral_hub.kernel.server import Server, open_server
from referral_hub.vault.sealing import Unsealable

DONE, FAULTS, ENVIRONMENT, IN_PART = 0, 1, 2, 3


class Run:
    """One run of the command line. The database is opened when a command first asks for it."""

    def __init__(self, locale: str) -> None:
        self.locale = locale
        self._server: Server | None = None

    @functools.cached_property
    def settings(self) -> Settings:
        """Settings from the environment."""
        return read_settings()

    @property
    def server(self) -> Server:
        """The configured PostgreSQL, started when it is the one from the wheel."""
        if self._server is None:
            s = self.settings
            self._server = open_server(s.home, s.role_prefix, s.database_url, s.admin_database_url)
        return self._server

    @functools.cached_property
    def hub(self) -> Flask:
        """The hub on a database that was checked."""
        check_database(self.server)
        return make_hub(self.settings, self.server)

    def close(self) -> None:
        """Give back what the hub of this run holds open."""
        made: Flask | None = self.__dict__.get("hub")
        if made is not None:
            with made.app_context():
                db.engine.dispose()
            made.extensions[STATISTICS].dispose()

    @contextmanager
    def acting(self, credential: str, channel: str = "cli") -> Iterator[Actor]:
        """Enter as a person (by e-mail) or as ``system:<task>:<agency>``; one transaction. A refusal leaves its entry.

        :raises Invalid: nobody like that.
        """
        sealed = f"operator:{operator_secret(self.settings.home)}:{credential}"
        with self.hub.app_context():
            try:
                with transaction(sealed) as row:
                    yield self._actor(row, channel)
            except Refused as refused:
                with transaction(sealed) as row:
                    entry = Entry(Act.ACCESS_REFUSED, refused.subject, why=str(refused.action), outcome="denied")
                    record(self._actor(row, channel), entry, now=clock.now())
                raise refused.answer from None

    @contextmanager
    def reading(self) -> Iterator[None]:
        """What is open to everybody (directory, regulation), with nobody acting."""
        with self.hub.app_context(), transaction(None):
            yield

    @staticmethod
    def _actor(row: Any, channel: str) -> Actor:
        if row is None:
            raise Invalid("as", "Không có tài khoản đang hoạt động này.", "There is no such active account.")
        return actor_from_door(row, channel)


@contextmanager
def machine_faults() -> Iterator[None]:
    """Turns what the machine, or a key that does not fit, says into :class:`EnvironmentFault`; lets the rest pass."""
    try:
        yield
    except BrokenPipeError:  # who reads has seen enough: no fault
        raise
    except OSError as error:
        what = f"{error.filename}: {error.strerror}" if error.filename else error.strerror or str(error)
        raise EnvironmentFault(
            f"Máy không cho đọc hoặc ghi ({what}): hãy kiểm tra quyền và dung lượng đĩa.",
            f"The machine does not allow this ({what}): check rights and free space.",
        ) from error
    except Unsealable as error:
        raise EnvironmentFault(
            "Tệp khóa không mở được dữ liệu này: hãy khôi phục tệp khóa đúng từ bản sao lưu khóa.",
            "The keyring does not open this data: restore the right keyring from the key backup.",
        ) from error


def answering(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command ``--format`` and turn errors into a sentence on stderr and the exit status."""

    @click.option("--format", "output", type=click.Choice(["text", "json"]), default="text", help="text | json")
    @functools.wraps(command)
    def run(*args: Any, output: str, **kwargs: Any) -> None:
        context = click.get_current_context()
        context.meta["output"] = output
        locale = context.ensure_object(Run).locale
        try:
            with environment_faults(), machine_faults():
                command(*args, **kwargs)
        except EnvironmentFault as fault:
            click.echo(fault.sentence.text(locale), err=True)
            sys.exit(ENVIRONMENT)
        except HubError as error:
            if output == "json":
                _print_json({"error": error.code, "detail": error.sentence.text(locale), **_jsonable(error.details)})
            click.echo(error.sentence.text(locale), err=True)
            sys.exit(FAULTS)

    return run


def wants_json() -> bool:
    """Whether ``--format json`` was given."""
    return bool(click.get_current_context().meta.get("output") == "json")


def answer(document: Any, text: str) -> None:
    """The result: ``document`` as JSON, or ``text`` for a person."""
    if wants_json():
        _print_json(document)
    else:
        click.echo(text)


def _print_json(document: Any) -> None:
    click.echo(json.dumps(document, ensure_ascii=False, default=str))


def _jsonable(details: Any) -> dict[str, Any]:
    return {key: value for key, value in details.items() if isinstance(value, (str, int, list, dict))}


pass_run = click.make_pass_decorator(Run)
