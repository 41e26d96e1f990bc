"""The hub without its edges: database, keyring and wiring. The portal and the command line both start from here."""

from collections.abc import Callable

from flask import Flask
from sqlalchemy import Engine, create_engine

from referral_hub import tables
from referral_hub.config import Settings
from referral_hub.consent.events import ConsentsEnded
from referral_hub.installation import keyring_file
from referral_hub.kernel.db import db
from referral_hub.kernel.events import subscribe
from referral_hub.kernel.jobs import Task
from referral_hub.kernel.mail import mail_server, make_mailer
from referral_hub.kernel.server import Server
from referral_hub.kernel.sms import gateway
from referral_hub.notifications import delivering, desk, reminding, tasking, telling
from referral_hub.notifications.posting import Post, use_post
from referral_hub.referrals import escalating, stopping
from referral_hub.referrals.events import Assigned, DeadlinePassed, Stepped
from referral_hub.referrals.stepping import on_consents_ended
from referral_hub.rights import retention
from referral_hub.rights.events import BreachFound, RightAsked
from referral_hub.tasks.events import TaskDone, TaskOpened
from referral_hub.vault.current import use_keyring
from referral_hub.vault.keyring import load_keyring

#: Where an application keeps its other engines: one sees aggregates alone, one can only start a session.
STATISTICS = "statistics"
SIGN_IN = "sign-in"

#: Who is told what: the only table of handlers.
HANDLERS: tuple[tuple[type, Callable[..., None]], ...] = (
    (ConsentsEnded, stopping.on_consents_ended),
    (ConsentsEnded, on_consents_ended),
    (TaskDone, stopping.on_task_done),
    (TaskOpened, tasking.on_task_opened),
    (Stepped, telling.on_stepped),
    (DeadlinePassed, telling.on_deadline),
    (Assigned, telling.on_assigned),
    (RightAsked, desk.on_asked),
    (BreachFound, desk.on_found),
)

#: What the worker does: the only table of tasks.
TASKS: tuple[Task, ...] = (
    Task(escalating.SWEEP, escalating.sweep, attempts=1, every="*/10 * * * * *"),
    Task(escalating.FIRE, escalating.fire),
    Task(telling.TELL, telling.tell),
    Task(tasking.TELL_TASK, tasking.tell_task),
    Task(tasking.TELL_OVERDUE, tasking.tell_overdue),
    Task(desk.TELL_RIGHT, desk.tell_right),
    Task(desk.TELL_BREACH, desk.tell_breach),
    Task(reminding.REMIND, reminding.remind, attempts=1, every="0 */15 * * * *"),
    Task(retention.KEEP, retention.keep, attempts=1, every="40 19 * * * 0"),  # 02:40 in the province
    Task(delivering.DELIVER, delivering.deliver, attempts=12),
)


def make_hub(settings: Settings, server: Server) -> Flask:
    """An application without routes: its context gives services their session.

    :raises EnvironmentFault: the keyring cannot be used.
    """
    assert tables.metadata is db.metadata
    app = Flask("referral_hub", static_folder="portal/static", template_folder="portal/templates")
    app.config["SQLALCHEMY_DATABASE_URI"] = server.app_url.replace("postgresql://", "postgresql+psycopg://", 1)
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {
        "pool_pre_ping": True,
        "pool_size": 8,
        "max_overflow": 8,
        "hide_parameters": True,  # a failing statement must not bring a token or a name into the log
    }
    db.init_app(app)
    use_keyring(load_keyring(keyring_file(settings.home)))
    app.extensions[STATISTICS] = _small_engine(server.url("stat"))
    app.extensions[SIGN_IN] = _small_engine(server.url("signin"))
    server_of_mail = mail_server(settings.smtp_url, settings.public_url) if settings.smtp_url else None
    use_post(
        Post(
            make_mailer(app, server_of_mail, settings.home),
            gateway(settings.sms_url, settings.home),
            settings.public_url,
        )
    )
    for event_type, handler in HANDLERS:
        subscribe(event_type, handler)
    return app


def _small_engine(url: str) -> Engine:
    return create_engine(url, pool_size=2, pool_pre_ping=True, hide_parameters=True)
