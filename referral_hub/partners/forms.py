"""The form that a partner's system posts to an OAuth address, read strictly (RFC 6749 section 3.2)."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from referral_hub.partners.faults import OAuthFault

FORM = "application/x-www-form-urlencoded"
LARGEST_BODY = 64 * 1024
MOST_FIELDS = 32


def read_form(content_type: str, query: str, body: bytes, authorization: str | None) -> Mapping[str, str]:
    """The parameters, each once; empty ones count as left out (RFC 6749 section 3.2).

    :param content_type: as the header says, parameters included.
    :param query: what stood behind ``?``; a secret there would end in logs, so there must be nothing.
    :param authorization: the header; the assertion in the form is the only way to prove oneself (section 2.3).
    :raises OAuthFault: ``invalid_request``; 413 for a body above :data:`LARGEST_BODY`, 415 for another type.
    """
    if len(body) > LARGEST_BODY:
        raise OAuthFault("invalid_request", 413, "the form is too large")
    if content_type.split(";")[0].strip().lower() != FORM:
        raise OAuthFault("invalid_request", 415, "not a form")
    if query:
        raise _invalid("parameters in the address")
    if authorization is not None:
        raise _invalid("a second way of proving oneself")
    return _each_once(body)


def _each_once(body: bytes) -> dict[str, str]:
    try:
        text = body.decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError as fault:
        raise _invalid("the form cannot be read") from fault
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise _invalid("a parameter stands twice")
    # Texts that we might say back in an error have to be ASCII (RFC 6749, appendix A).
    if not all(name.isascii() and value.isascii() and value.isprintable() for name, value in pairs):
        raise _invalid("a letter that no parameter may have")
    return {name: value for name, value in pairs if value}


def _invalid(reason: str) -> OAuthFault:
    return OAuthFault("invalid_request", 400, reason)
