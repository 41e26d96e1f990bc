"""``demo run``: what a visitor sees on a fresh machine, from an empty folder to the portal."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from referral_hub.demo.accounts import make_demo_accounts
from referral_hub.kernel import embedded
from referral_hub.kernel.demohome import DemoAccount, is_demo
from referral_hub.kernel.errors import EnvironmentFault
from referral_hub.kernel.server import Server

REGISTER = "so_tiep_nhan_2020.xlsx"


def refuse_real_home(home: Path) -> None:
    """The demo never touches a home that it did not make.

    :raises EnvironmentFault: the home holds keys and is not marked as demo.
    """
    if (home / "keys").exists() and not is_demo(home):
        raise EnvironmentFault(
            f"{home} là nơi lưu của một hệ thống thật: hãy đặt REFERRAL_HUB_HOME sang thư mục khác cho bản thử.",
            f"{home} belongs to a real hub: point REFERRAL_HUB_HOME to another folder for the demo.",
        )


def start_over(home: Path) -> None:
    """Remove a demo home, its database first.

    :raises EnvironmentFault: not a demo home, or its database is in use elsewhere.
    """
    refuse_real_home(home)
    if is_demo(home):
        embedded.remove(home)
        shutil.rmtree(home)


def register_file() -> Path:
    """The centre's book of its first half year (people invented), as shipped."""
    return Path(str(files("referral_hub.intake") / "data" / REGISTER))


def prepare_accounts(server: Server, home: Path) -> list[DemoAccount]:
    """The accounts of the invented people, made once."""
    return make_demo_accounts(server, home)


@contextmanager
def timed() -> Iterator[list[float]]:
    """Seconds that a step took, in the list it yields."""
    began = time.monotonic()
    took: list[float] = []
    try:
        yield took
    finally:
        took.append(time.monotonic() - began)
