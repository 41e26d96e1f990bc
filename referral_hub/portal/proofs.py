"""The proof of one entry of the log, to take away; and for auditors the entries themselves, as files."""

from uuid import UUID

from flask import Response, current_app
from flask.typing import ResponseReturnValue

from referral_hub.access.actions import Action
from referral_hub.access.actors import Actor, actor_from_door
from referral_hub.access.gate import NO_SUBJECT, Refused, require
from referral_hub.access.policy import Relation, allowed
from referral_hub.audit.acts import Act
from referral_hub.audit.proofs import SUFFIX
from referral_hub.audit.proving import NotYetSigned, prove
from referral_hub.audit.recording import Entry, record
from referral_hub.audit.serving import LOG_FILES, LogFiles
from referral_hub.audit.tiles import Level
from referral_hub.kernel import clock
from referral_hub.kernel.db import transaction
from referral_hub.kernel.errors import NotFound
from referral_hub.portal.language import _
from referral_hub.portal.language import locale as reader_locale
from referral_hub.portal.pages import Download, Page, credential, page

RETRY_S = 15

TilePlace = tuple[Level, int, int]


def log_files() -> LogFiles:
    """The folder of the log, as this application serves it."""
    found: LogFiles = current_app.extensions[LOG_FILES]
    return found


@page(Action.LOG_PROOF_TAKE)
def proof(actor: Actor, uid: UUID) -> Download | Page:
    """One entry's ``.tlog-proof``. What is not there and what is not for this reader look alike."""
    require(actor, Action.LOG_PROOF_TAKE)
    try:
        body = prove(actor, uid, log_files().roster, now=clock.now())
    except NotFound as missing:
        raise Refused(Action.LOG_PROOF_TAKE, uid, missing) from None
    except NotYetSigned as early:
        said = early.sentence.text(reader_locale())
        context = {"title": _("Not available just now"), "message": said}
        return Page("message.html", context, status=503, retry_after_s=RETRY_S)
    return Download(body, f"{uid}{SUFFIX}")


def entries(place: TilePlace) -> ResponseReturnValue:
    """A bundle of entries, for auditors who are signed in. For all others there is no such file."""
    found = log_files().tile(*place)
    with transaction(credential()) as entered:
        actor = None if entered is None else actor_from_door(entered, "portal")
        if actor is None or not allowed(actor, Action.LOG_ENTRIES_READ, Relation()) or found is None:
            raise NotFound
        record(actor, Entry(Act.LOG_ENTRIES_READ, NO_SUBJECT, count=place[2]), now=clock.now())
    return Response(found, content_type="application/octet-stream")  # no-store, like every page


entries.action = Action.LOG_ENTRIES_READ  # type: ignore[attr-defined]
