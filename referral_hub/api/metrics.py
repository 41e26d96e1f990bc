"""``/metrics`` for whoever watches the hub: counts and times in the Prometheus text format, on the loopback alone.

Labels are names of endpoints and statuses: no address, no id, nobody. Several web processes count into files of one
directory (``PROMETHEUS_MULTIPROC_DIR``, made by ``serve``); without it each process answers for itself.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Flask, Response, g, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from referral_hub.api.log import log_files
from referral_hub.audit.standing import Standing, standing
from referral_hub.kernel import clock
from referral_hub.kernel.db import db
from referral_hub.kernel.jobs import Figures
from referral_hub.kernel.jobs import figures as work

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Metric

LOOPBACK = frozenset({"127.0.0.1", "::1"})
FORWARDED = ("X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "X-Real-Ip", "Via")
DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
SIGN_IN = "security.login"


@contextmanager
def counting_together() -> Iterator[None]:
    """A directory in which the web processes that are started inside the block count together.

    One that the operator set (a service manager's runtime directory, emptied at each start) is used as it is.
    """
    if os.environ.get(DIRECTORY):
        yield
        return
    here, directory = os.getpid(), tempfile.mkdtemp(prefix="referral-hub-metrics-")
    os.environ[DIRECTORY] = directory
    try:
        yield
    finally:
        if os.getpid() == here:  # web processes are forks that leave through this block as well
            del os.environ[DIRECTORY]
            shutil.rmtree(directory, ignore_errors=True)


def add_metrics(app: Flask) -> None:
    """Count what ``app`` answers, and serve the counts."""
    # Imported here: the library decides at its import whether several processes count into files.
    from prometheus_client import CollectorRegistry, Counter, Histogram

    own = CollectorRegistry()
    requests = Counter("hub_requests", "Answers by endpoint and status.", ["endpoint", "status"], registry=own)
    took = Histogram(
        "hub_request_seconds", "Time until the answer was made.", ["endpoint"], registry=own, buckets=BUCKETS
    )
    refused = Counter("hub_refused", "Steps that the policy refused; each has its entry.", registry=own)
    failed = Counter("hub_sign_in_failed", "Sign-ins that were not let in.", registry=own)

    def begin() -> None:
        g.began = time.perf_counter()

    def count(response: Response) -> Response:
        endpoint = request.endpoint or "none"
        requests.labels(endpoint, str(response.status_code)).inc()
        if "began" in g:
            took.labels(endpoint).observe(time.perf_counter() - g.began)
        if "refused" in g:
            refused.inc()
        if endpoint == SIGN_IN and request.method == "POST" and response.status_code != 302:
            failed.inc()
        return response

    app.before_request(begin)
    app.after_request(count)
    machines = Blueprint("metrics", __name__)
    machines.add_url_rule("/metrics", "metrics", _view(own))
    app.register_blueprint(machines)


def _view(own: "CollectorRegistry") -> Callable[[], ResponseReturnValue]:
    def metrics() -> ResponseReturnValue:
        """Figures of all processes, and how log and worker stand. Behind a proxy there is no such page."""
        from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

        if request.remote_addr not in LOOPBACK or any(name in request.headers for name in FORWARDED):
            return Response("not found\n", 404, content_type="text/plain; charset=utf-8")
        body = generate_latest(_all_processes(own)) + generate_latest(_of_the_installation())
        return Response(body, content_type=CONTENT_TYPE_LATEST)

    return metrics


def _all_processes(own: "CollectorRegistry") -> "CollectorRegistry":
    if not os.environ.get(DIRECTORY):
        return own
    from prometheus_client import CollectorRegistry
    from prometheus_client.multiprocess import MultiProcessCollector

    every = CollectorRegistry()
    MultiProcessCollector(every)  # type: ignore[no-untyped-call]
    return every


def _of_the_installation() -> "CollectorRegistry":
    from prometheus_client import CollectorRegistry

    registry = CollectorRegistry()
    registry.register(_Figures())
    return registry


class _Figures:
    """How log and worker stand, asked when somebody asks: figures of the installation, not of a process."""

    def collect(self) -> "Iterable[Metric]":
        """One gauge each; none while the database is away."""
        now = clock.now()
        try:
            return list(_gauges(standing(log_files().roster, now=now), work(now=now)))
        except SQLAlchemyError:
            return []
        finally:
            db.session.rollback()


def _gauges(found: Standing, waiting: Figures) -> "Iterator[Metric]":
    from prometheus_client.core import GaugeMetricFamily

    figures: tuple[tuple[str, str, Any], ...] = (
        ("hub_log_entries", "Entries in the tree of the log.", found.entries),
        ("hub_log_queue", "Entries that wait for their place in the tree.", found.queued),
        ("hub_log_lag_seconds", "Age of the oldest of them.", found.lag_s),
        ("hub_log_signed_size", "Size of the newest signed checkpoint.", found.signed_size),
        ("hub_log_sealed_size", "Size of the newest sealed checkpoint.", found.sealed_size),
        ("hub_log_unsealed_seconds", "Age of the oldest entry that is not sealed.", found.unsealed_s),
        ("hub_worker_due", "Jobs that are due and not done.", waiting.due),
        ("hub_worker_lag_seconds", "How long the oldest due work has waited.", waiting.lag),
        ("hub_worker_dead", "Jobs that failed for good and wait for a person.", waiting.dead),
    )
    for name, what, value in figures:
        if value is not None:
            yield GaugeMetricFamily(name, what, value=value)
