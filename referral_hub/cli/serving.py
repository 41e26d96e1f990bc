"""``serve``, ``demo run`` and ``demo accounts``."""

import os
import socket
import sys
from typing import Any

import click
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from referral_hub.api.metrics import counting_together
from referral_hub.app import create_app
from referral_hub.audit.running import run_once
from referral_hub.cli.beside import beside
from referral_hub.cli.log import place_of
from referral_hub.cli.register import import_book
from referral_hub.cli.reports import print_report
from referral_hub.cli.runtime import FAULTS, Run, answer, answering, pass_run
from referral_hub.demo import morning
from referral_hub.demo.running import prepare_accounts, refuse_real_home, register_file, start_over, timed
from referral_hub.installation import upgrade
from referral_hub.kernel import clock, logs
from referral_hub.kernel.demohome import DemoAccount, mark, read_accounts
from referral_hub.kernel.errors import EnvironmentFault, Invalid
from referral_hub.regulation import store

THREADS = 8
PUBLIC_URL = "REFERRAL_HUB_PUBLIC_URL"


class _Lines(Logger):  # type: ignore[misc]
    """gunicorn's own lines go where those of the hub go."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.handlers = []
        self.error_log.propagate = True


class _Gunicorn(BaseApplication):  # type: ignore[misc]
    """gunicorn from inside our process: one worker of threads, the database server kept in use by the parent."""

    def __init__(self, run: Run, port: int) -> None:
        self.run_, self.port = run, port
        super().__init__()

    def load_config(self) -> None:
        """Loopback only: a proxy stands in front in production."""
        self.cfg.set("bind", f"127.0.0.1:{self.port}")
        self.cfg.set("workers", int(os.environ.get("WEB_CONCURRENCY", "2")))
        self.cfg.set("worker_class", "gthread")
        self.cfg.set("threads", THREADS)
        self.cfg.set("loglevel", "warning")
        self.cfg.set("logger_class", _Lines)
        self.cfg.set("proc_name", "referral-hub")

    def load(self) -> Any:
        """The application, made in each worker."""
        return create_app(self.run_.settings, self.run_.server)


@click.command("serve")
@click.option("--port", type=click.IntRange(1, 65535), default=8000)
@answering
@pass_run
def serve(run: Run, port: int) -> None:
    """The portal on http://localhost:PORT."""
    _is_found_at(run, port)
    _serve(run, port)


def _is_found_at(run: Run, port: int) -> None:
    """Without an address of its own the portal is found where it listens; the processes beside it are told as well."""
    if not os.environ.get(PUBLIC_URL):
        os.environ[PUBLIC_URL] = f"http://localhost:{port}"
        vars(run).pop("settings", None)  # they are read again


def _serve(run: Run, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise EnvironmentFault(
                f"Cổng {port} đang được dùng: hãy chọn cổng khác bằng --port.",
                f"Port {port} is in use: choose another with --port.",
            ) from error
    logs.configure("web")
    with counting_together():
        create_app(run.settings, run.server)  # a fault of the environment is told before workers start
        _Gunicorn(run, port).run()


@click.group("demo")
def demo() -> None:
    """The demo with invented people."""


@demo.command("accounts")
@answering
@pass_run
def accounts(run: Run) -> None:
    """Who can sign in to the demo, with the password."""
    found = read_accounts(run.settings.home)
    if not found:
        raise Invalid(
            "home", "Đây không phải bản thử: hãy chạy script/demo trước.", "This is no demo: run script/demo first."
        )
    answer([_public(one) for one in found], _table(found))


@demo.command("run")
@click.option("--fresh", is_flag=True, help="Start over: the demo's data is removed first.")
@click.option("--no-serve", is_flag=True, help="End after the report.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000)
@answering
@pass_run
def run_demo(run: Run, fresh: bool, no_serve: bool, port: int) -> None:
    """The centre's first half year passes through the real system, then this morning, then the portal."""
    home = run.settings.home
    refuse_real_home(home)
    if run.settings.database_url is not None and fresh:
        raise EnvironmentFault(
            "--fresh chỉ dùng với cơ sở dữ liệu kèm theo; hãy bỏ REFERRAL_HUB_DATABASE_URL.",
            "--fresh works with the bundled database alone; unset REFERRAL_HUB_DATABASE_URL.",
        )
    if fresh:
        start_over(home)
    if not read_accounts(home):
        mark(home, "", [])  # before anything else, so that a half-made demo can be started over
    say = _Narrator(run.locale)
    with say.step("Chuẩn bị cơ sở dữ liệu", "Preparing the database"):
        upgrade(run.server, home)
    with say.step("Lập tài khoản thử", "Making the demo's accounts"):
        people = prepare_accounts(run.server, home)
    with say.step("Nhập sổ tiếp nhận 2020", "Importing the register of 2020"):
        book, done = import_book(run, register_file())
    click.echo(_import_line(done, run.locale))
    with say.step("Diễn lại sáng nay", "Playing this morning"), run.hub.app_context():
        made = morning.play(run.acting, clock.now())
    click.echo({"vi": f"  {made} chuyển gửi mới", "en": f"  {made} new referrals"}[run.locale])
    with say.step("Ghi nhật ký và ký mốc", "Writing the log and signing its checkpoint"):
        run_once(place_of(run))
    click.echo("")
    if not _report_holds(run) or book.faults:
        sys.exit(FAULTS)
    if no_serve:
        return
    click.echo("")
    click.echo(_table([one for one in people if one["shown"]]))
    click.echo(
        {
            "vi": f"\nMở http://localhost:{port} (Ctrl-C để dừng)",
            "en": f"\nOpen http://localhost:{port} (Ctrl-C stops)",
        }[run.locale]
    )
    _is_found_at(run, port)
    with beside(["worker"], ["log", "run"]):
        _serve(run, port)


def _report_holds(run: Run) -> bool:
    """Print the half year's report and compare it with what was published then (``statistics.seed_fixture``)."""
    with run.reading():
        _id, regulation = store.in_force(clock.now())
    published = regulation.raw["statistics"]["seed_fixture"]
    first, end = (str(published["source"][key]) for key in ("operating_since", "date"))
    found = {one.code: one.value for one in print_report(run, first, end, "operational").indicators}
    wrong = {code: value for code, value in published["values"].items() if found.get(code) != value}
    words = {
        "vi": ("Khớp với số liệu đã công bố năm 2020.", "KHÔNG khớp với số liệu đã công bố năm 2020:"),
        "en": ("Equal to the figures published in 2020.", "NOT equal to the figures published in 2020:"),
    }[run.locale]
    click.echo("\n" + (f"{words[1]} {', '.join(sorted(wrong))}" if wrong else words[0]))
    return not wrong


class _Narrator:
    def __init__(self, locale: str) -> None:
        self.locale = locale

    def step(self, vi: str, en: str) -> "_Step":
        return _Step({"vi": vi, "en": en}[self.locale])


class _Step:
    def __init__(self, text: str) -> None:
        self.text, self.timing = text, timed()

    def __enter__(self) -> None:
        click.echo(f"{self.text} ...", nl=False)
        self.took = self.timing.__enter__()

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self.timing.__exit__(None, None, None)
        click.echo(f" {self.took[0]:.1f} s" if kind is None else "")


def _import_line(done: Any, locale: str) -> str:
    added = ", ".join(f"{sheet} {count}" for sheet, count in done.added.items())
    if added:
        return f"  {added}"
    return {"vi": "  đã nhập từ trước, không có gì mới", "en": "  imported before, nothing new"}[locale]


def _public(account: DemoAccount) -> dict[str, str]:
    return {k: account[k] for k in ("agency", "role", "email", "password")}


def _table(people: list[DemoAccount]) -> str:
    width = max(len(one["email"]) for one in people)
    return "\n".join(f"{one['email']:<{width}}  {one['password']}  {one['agency']} ({one['role']})" for one in people)


COMMANDS = (serve, demo)
