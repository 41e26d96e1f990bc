"""Figures for whoever watches the hub: on this machine alone, of all its processes, and about nobody."""

import os
import re
import subprocess
import sys

import psycopg
import pytest

from tests.api.conftest import Enrol
from tests.audit.small_log import SmallLog, a_cosigner
from tests.portal.browsing import Browser
from tests.portal.conftest import SignedIn
from tests.story import Told


def figure(browser: Browser, name: str) -> float:
    """The sum of a figure over its labels."""
    page = browser.get("/metrics").get_data(as_text=True)
    found = re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", page, re.M)
    return sum(map(float, found))


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        ("192.0.2.7", {}),
        ("::ffff:192.0.2.7", {}),
        ("127.0.0.1", {"X-Forwarded-For": "192.0.2.7"}),
        ("127.0.0.1", {"X-Forwarded-For": ""}),
        ("127.0.0.1", {"Forwarded": "for=127.0.0.1"}),
        ("::1", {"X-Real-IP": "127.0.0.1"}),
    ],
)
def test_from_elsewhere_or_through_a_proxy_there_is_no_such_page(
    browser: Browser, address: str, headers: dict[str, str]
) -> None:
    answer = browser.client.get("/metrics", headers=headers, environ_overrides={"REMOTE_ADDR": address})
    assert answer.status_code == 404
    assert b"hub_" not in answer.get_data()


def test_answers_refusals_and_failed_sign_ins_are_counted(
    sent: Told, signed_in: SignedIn, browser: Browser, small_log: SmallLog
) -> None:
    names = ("hub_requests_total", "hub_refused_total", "hub_sign_in_failed_total", "hub_request_seconds_count")
    before = {name: figure(browser, name) for name in names}
    signed_in("minh@tro-giup-phap-ly").get(f"/referrals/{sent.referral}")
    Browser(browser.client.application).sign_in("lan@anh-duong", "wrong")
    after = {name: figure(browser, name) for name in names}
    assert after["hub_refused_total"] == before["hub_refused_total"] + 1
    assert after["hub_sign_in_failed_total"] == before["hub_sign_in_failed_total"] + 1
    assert after["hub_requests_total"] > before["hub_requests_total"] + 4
    page = browser.get("/metrics").get_data(as_text=True)
    assert 'hub_requests_total{endpoint="portal.referral",status="404"}' in page


def test_the_state_of_the_log_is_among_them(sent: Told, small_log: SmallLog, browser: Browser, enrol: Enrol) -> None:
    assert figure(browser, "hub_log_queue") > 0
    assert figure(browser, "hub_log_lag_seconds") > 0
    size = small_log.advance()
    assert (figure(browser, "hub_log_entries"), figure(browser, "hub_log_queue")) == (size, 0)
    assert "hub_log_unsealed_seconds" not in browser.get("/metrics").get_data(as_text=True)
    police = a_cosigner("police.example")
    enrol(police, quorum=1)
    assert figure(browser, "hub_log_unsealed_seconds") > 0
    small_log.advance(cosigners=(police,))
    assert figure(browser, "hub_log_unsealed_seconds") == 0


def test_what_waits_for_the_worker_and_what_it_gave_up_are_among_them(
    sent: Told, browser: Browser, admin_connection: psycopg.Connection
) -> None:
    states = "SELECT count(*) FROM jobs.procrastinate_jobs WHERE status = 'todo' AND scheduled_at IS NULL"
    (due,) = admin_connection.execute(states).fetchone() or (0,)
    assert due > 0, "sending leaves notices to be sent"
    before, dead = figure(browser, "hub_worker_due"), figure(browser, "hub_worker_dead")
    assert before >= due and dead == 0
    assert figure(browser, "hub_worker_lag_seconds") >= 0
    admin_connection.execute(
        "UPDATE jobs.procrastinate_jobs SET status = 'doing' WHERE status = 'todo' AND scheduled_at IS NULL"
    )
    admin_connection.execute("UPDATE jobs.procrastinate_jobs SET status = 'failed' WHERE status = 'doing'")
    assert figure(browser, "hub_worker_due") == before - due
    assert figure(browser, "hub_worker_dead") == due


def test_no_label_holds_an_id_or_an_address(sent: Told, signed_in: SignedIn, browser: Browser) -> None:
    lan = signed_in("lan@anh-duong")
    lan.get(f"/referrals/{sent.referral}?q=x")
    lan.get(f"/no/such/{sent.case}")
    page = browser.get("/metrics").get_data(as_text=True)
    assert str(sent.referral) not in page and str(sent.case) not in page
    labels = set(re.findall(r'endpoint="([^"]*)"', page))
    assert labels and all(re.fullmatch(r"[a-z_.]+", one) for one in labels), labels


COUNTING = """
import os, sys
from flask import Flask
from referral_hub.api.metrics import add_metrics, counting_together, DIRECTORY
with counting_together():
    where = os.environ[DIRECTORY]
    for _ in range(3):
        pid = os.fork()
        if pid == 0:
            app = Flask("x")
            add_metrics(app)
            for _ in range(5):
                app.test_client().get("/nowhere")
            sys.exit(0)  # through the block, as a web process of gunicorn
        os.waitpid(pid, 0)
    assert os.path.isdir(where), "a process that ends must not take the others' counts with it"
    from referral_hub.api import metrics
    from prometheus_client import CollectorRegistry, generate_latest
    print(generate_latest(metrics._all_processes(CollectorRegistry())).decode())
assert not os.path.exists(where)
"""


def test_several_web_processes_count_together() -> None:
    environ = {k: v for k, v in os.environ.items() if k != "PROMETHEUS_MULTIPROC_DIR"}
    done = subprocess.run([sys.executable, "-c", COUNTING], capture_output=True, text=True, env=environ, timeout=60)
    assert done.returncode == 0, done.stderr
    assert 'hub_requests_total{endpoint="none",status="404"} 15.0' in done.stdout
