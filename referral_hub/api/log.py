"""The log for machines: checkpoint, tiles, who seals it, and where a witness leaves its cosignature.

Open to everybody: sizes, hashes and signatures alone (C2SP tlog-tiles). What an entry says is in no answer here.
"""

import time

from flask import Blueprint, Flask, Response, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.routing import PathConverter, ValidationError

from referral_hub.audit import checkpoints
from referral_hub.audit.checkpoints import Checkpoint
from referral_hub.audit.cosigning import Outcome, receive
from referral_hub.audit.folder import Folder
from referral_hub.audit.notes import NoteError, parse_note
from referral_hub.audit.serving import LOG_FILES, WELL_KNOWN, LogFiles
from referral_hub.audit.standing import lines_of, with_lines
from referral_hub.audit.tiles import Level, TileError, parse_path
from referral_hub.config import Settings
from referral_hub.kernel.db import db, transaction

MACHINES = "machines"  # blueprints whose callers have no session and no form: the portal asks them for no form's token
MAX_NOTE = 64 * 1024
TEXT = "text/plain; charset=utf-8"
YEAR_S = 365 * 24 * 3600
FOREVER = f"public, max-age={YEAR_S}, immutable"
STATUS = {Outcome.KEPT: 200, Outcome.NOT_A_NOTE: 400, Outcome.NOT_A_WITNESS: 403, Outcome.NOT_OURS: 404}

TilePlace = tuple[Level, int, int]


class TileConverter(PathConverter):
    """``0/x001/067.p/12`` and nothing that is written in any other way: nothing else of the disk is reachable."""

    regex = r"(?:[0-9]|[1-5][0-9]|6[0-3])/(?:x[0-9]{3}/)*[0-9]{3}(?:\.p/[1-9][0-9]{0,2})?"

    def to_python(self, value: str) -> TilePlace:
        """Level, index, width.

        :raises ValidationError: not a tile's path.
        """
        try:
            return parse_path(f"tile/{value}")
        except TileError as error:
            raise ValidationError from error


class BundleConverter(TileConverter):
    """The same below ``tile/entries/``."""

    regex = r"(?:x[0-9]{3}/)*[0-9]{3}(?:\.p/[1-9][0-9]{0,2})?"

    def to_python(self, value: str) -> TilePlace:
        """``entries``, index, width.

        :raises ValidationError: not a bundle's path.
        """
        return super().to_python(f"entries/{value}")


def add_log(app: Flask, settings: Settings) -> None:
    """Make ``app`` serve the log's files. Call before routes that name a tile or a bundle are added."""
    app.extensions[LOG_FILES] = LogFiles(Folder(settings.log_folder), settings.public_url)
    app.url_map.converters["tile"] = TileConverter
    app.url_map.converters["bundle"] = BundleConverter
    log = Blueprint("log", __name__)
    log.add_url_rule("/audit/checkpoint", "checkpoint", checkpoint)
    log.add_url_rule("/audit/tile/<tile:place>", "tile", tile)
    log.add_url_rule("/audit/cosignature", "cosignature", cosignature, methods=["POST"])
    log.add_url_rule(WELL_KNOWN, "about", about)
    app.register_blueprint(log)
    app.extensions.setdefault(MACHINES, []).append(log)


def log_files() -> LogFiles:
    """The folder of the log, as this application serves it."""
    found: LogFiles = current_app.extensions[LOG_FILES]
    return found


def checkpoint() -> ResponseReturnValue:
    """The newest checkpoint, with every cosignature that has arrived since it was published."""
    body = log_files().checkpoint
    if body is None:
        return _none()
    return _cached(Response(_with_late_lines(body), content_type=TEXT), "no-cache")


def tile(place: TilePlace) -> ResponseReturnValue:
    """A hash tile. What a tile of this width holds never changes."""
    found = log_files().tile(*place)
    if found is None:
        return _none()
    return _cached(Response(found, content_type="application/octet-stream"), FOREVER)


def about() -> ResponseReturnValue:
    """What verifiers and witnesses are configured with."""
    found = log_files().about()
    if found is None:
        return _none()
    return _cached(jsonify(found), "no-cache")


def cosignature() -> ResponseReturnValue:
    """A witness that fetches checkpoints itself brings one back with its line."""
    request.max_content_length = MAX_NOTE
    files = log_files()
    try:
        body = request.get_data()
    except RequestEntityTooLarge:
        return Response("more than a checkpoint\n", 413, {"Connection": "close"}, content_type=TEXT)
    with transaction(None):
        outcome = receive(body, files.roster, now=time.time())
    return Response(f"{outcome.value}\n", STATUS[outcome], content_type=TEXT)


def _with_late_lines(note: bytes) -> bytes:
    try:
        size = _parsed(note).size
        return with_lines(note, lines_of(size))
    except (NoteError, SQLAlchemyError):  # what the log published stands, whatever else is broken
        return note
    finally:
        db.session.rollback()


def _parsed(note: bytes) -> Checkpoint:
    return checkpoints.parse(parse_note(note).text)


def _none() -> Response:
    return Response("not found\n", 404, {"Cache-Control": "no-store"}, content_type=TEXT)  # it may be there soon


def _cached(response: Response, how_long: str) -> Response:
    response.headers["Cache-Control"] = how_long
    response.add_etag()
    return response.make_conditional(request)  # type: ignore[return-value]
