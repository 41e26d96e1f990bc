"""Sign-in by Flask-Security; what counts afterwards is our own session, which the database's door looks up."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple
from unicodedata import normalize
from uuid import UUID

from flask import Flask, Response, abort, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext
from flask_security import LoginForm, MailUtil, Security, SQLAlchemyUserDatastore, user_authenticated
from flask_security.utils import verify_password
from sqlalchemy import Connection, select

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor, actor_from_door
from referral_hub.audit.recording import Who
from referral_hub.directory.models import Agency
from referral_hub.kernel import clock
from referral_hub.kernel.db import db, transaction
from referral_hub.kernel.errors import Invalid
from referral_hub.liaisons.factors import standing
from referral_hub.liaisons.models import Account, Role
from referral_hub.liaisons.sessions import end_session, refuse_session, start_session
from referral_hub.liaisons.throttling import counted_account
from referral_hub.portal import tries
from referral_hub.portal.devices import device_of
from referral_hub.portal.language import locale as reader_locale
from referral_hub.portal.pages import HALF, LOCKED, SEEN, TOKEN, Page, Redirect, credential, page


class Datastore(SQLAlchemyUserDatastore):
    """Flask-Security commits by itself; here the edge does, so its commit only flushes."""

    def commit(self) -> None:
        """Flush."""
        db.session.flush()


class _Mail(MailUtil):
    """An e-mail as a telephone's keyboard types it, with a blank at its end."""

    def normalize(self, email: str) -> str:
        """The address to look up."""
        return str(super().normalize(email.strip()))


class _SignInForm(LoginForm):
    """What somebody types; a try that fails leaves its entry, one that comes too early is not looked at."""

    def validate(self, **more: Any) -> bool:
        """Whether this is somebody who may sign in."""
        if not self.email.data or not self.password.data:
            return bool(super().validate(**more))
        account = counted_account(self.email.data)
        made = tries.begin(account, request.remote_addr)
        if made.wait_s:
            g.wait_s = made.wait_s  # see _slow_down
            self.form_errors.append(tries.too_fast(made.wait_s).sentence.text(reader_locale()))
            return False
        known = self._is_known(**more)
        if known:
            tries.right(made, account)
        return known

    def _is_known(self, **more: Any) -> bool:
        known: bool = super().validate(**more)
        if not known and self.ifield is not None:  # an account was looked for: more than an empty field or a stale form
            refuse(self.user if isinstance(self.user, Account) else None)
        return known


class _SignedIn(NamedTuple):
    person: str
    agency_code: str
    channel: str


def configure(app: Flask) -> None:
    """Switch on what the hub uses of Flask-Security: one form; every other route of it stays off."""
    failed = (lazy_gettext("The e-mail or the password is not right."), "error")
    app.config.update(
        SECURITY_LOGIN_URL="/sign-in",
        SECURITY_LOGOUT_METHODS=None,
        SECURITY_LOGIN_USER_TEMPLATE="sign_in.html",
        SECURITY_POST_LOGIN_VIEW="/inbox",
        SECURITY_RETURN_GENERIC_RESPONSES=True,
        SECURITY_MSG_GENERIC_AUTHN_FAILED=failed,
        SECURITY_MSG_EMAIL_NOT_PROVIDED=(lazy_gettext("Enter your e-mail."), "error"),
        SECURITY_MSG_PASSWORD_NOT_PROVIDED=(lazy_gettext("Enter your password."), "error"),
        SECURITY_PASSWORD_HASH="argon2",
        SECURITY_PASSWORD_SCHEMES=["argon2"],
        SECURITY_PASSWORD_SINGLE_HASH=["argon2"],
        SECURITY_PASSWORD_NORMALIZE_FORM="NFC",  # a keyboard may send either form of the same Vietnamese letter
        SECURITY_FLASH_MESSAGES=False,
        SECURITY_SEND_REGISTER_EMAIL=False,
        SECURITY_DEFAULT_REMEMBER_ME=False,
        SECURITY_FRESHNESS=timedelta(minutes=-1),
        SECURITY_STATIC_FOLDER=None,
        SECURITY_EMAIL_VALIDATOR_ARGS={"check_deliverability": False, "test_environment": True},
    )
    security = Security(app, Datastore(db, Account, Role), mail_util_cls=_Mail, login_form=_SignInForm)
    security.login_context_processor(lambda: {"notice": session.pop("notice", None)})
    user_authenticated.connect(_begin, app)
    app.after_request(_slow_down)


def _slow_down(response: Response) -> Response:
    """A try that came too early is answered as such, the same for every account there is or is not."""
    if "wait_s" in g:
        response.status_code = 429
        response.headers["Retry-After"] = str(g.wait_s)
    return response


def _forms_only() -> None:
    """Flask-Security would answer JSON with a token of its own; people sign in by the form."""
    if request.endpoint == "security.login" and (request.is_json or not request.accept_mimetypes.accept_html):
        abort(415)


def refuse(user: Account | None) -> None:
    """The same statements for a known and an unknown address."""
    code = db.session.scalar(select(Agency.code).where(Agency.id == (user.agency_id if user else None)))
    with current_app.extensions["sign-in"].begin() as connection:
        refuse_session(connection, user.id if user else None, code, "portal", now=clock.now())


def _begin(_app: Flask, user: Account, **_: Any) -> None:
    """The password was right: the second factor is asked next, where there is one or has to be one."""
    now = clock.now()
    with _app.extensions["sign-in"].begin() as connection:
        proves = standing(connection, user.id).any
        token = None
        if not (proves or _app.config["SECOND_FACTOR_REQUIRED"]):
            token = begin_session(connection, signing_in(user), user.id, now=now)
    if token is not None:
        enter(user, token)
        return
    db.session.rollback()
    _end_earlier(user)
    session.pop(TOKEN, None)
    session[HALF] = {"account": str(user.id), "at": now.timestamp()}


def begin_session(connection: Connection, who: Who, account_id: UUID, *, now: datetime) -> str:
    """A session of this browser."""
    device = device_of(request.user_agent.string)
    return start_session(connection, who, account_id, device=device, now=now)


def enter(user: Account, token: str) -> None:
    """From here on the door knows this browser."""
    db.session.rollback()
    _end_earlier(user)
    for planted in ("csrf_token", HALF, LOCKED, SEEN):  # a token planted before sign-in is worth nothing afterwards
        session.pop(planted, None)
    session[TOKEN] = token
    session.setdefault("lang", user.locale)


def signing_in(user: Account) -> Who:
    """Who signs in, as the entry says it."""
    code = db.session.scalar(select(Agency.code).where(Agency.id == user.agency_id))
    return _SignedIn(str(user.id), code or "", "portal")


def sign_in_again(actor: Actor, password: str) -> None:
    """Before a dangerous act: is it still the same person? Then a new session takes the place of the browser's.

    A wrong password leaves its entry, like a failed sign-in, and slows the next try down.

    :raises Invalid: it is not the password of who acts, or the try came too early.
    """
    user = db.session.get(Account, actor.account_id)
    assert user is not None
    account = counted_account(f"again:{user.id}")  # whoever guesses at the sign-in page slows nobody down here
    made = tries.begin(account, None)
    if made.wait_s:
        raise tries.too_fast(made.wait_s)
    if not verify_password(normalize("NFC", password[:400]), user.password):
        refuse(user)
        raise Invalid("password", "Mật khẩu chưa đúng.", "The password is not right.")
    tries.right(made, account)
    who = _SignedIn(actor.person, actor.agency_code, actor.channel)
    with current_app.extensions["sign-in"].begin() as connection:
        token = begin_session(connection, who, user.id, now=clock.now())
    end_session(actor, user.id, session[TOKEN], now=clock.now())
    session[TOKEN] = token


def _end_earlier(user: Account) -> None:
    """A browser that signs in again leaves no living session behind."""
    earlier = credential()
    if earlier is None:
        return
    with transaction(earlier) as entered:
        if entered is not None and entered.account_id == user.id:
            actor = actor_from_door(entered, "portal")
            end_session(actor, user.id, session[TOKEN], now=clock.now())


@page(Action.SESSION_END)
def sign_out(actor: Actor) -> Page | Redirect:
    """End this session for good and forget everything in the browser."""
    if actor.account_id is not None:
        end_session(actor, actor.account_id, session[TOKEN], now=clock.now())
    session.clear()
    return Redirect(url_for("security.login"))


sign_out.__wrapped__.while_locked = True  # type: ignore[attr-defined]  # a locked screen may be left as well


def home() -> ResponseReturnValue:
    """The front door: the inbox (which asks to sign in where needed)."""
    return redirect(url_for("portal.inbox"))
