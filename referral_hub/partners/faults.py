"""What a partner's system is told when its request cannot stand."""


class OAuthFault(Exception):
    """An error of RFC 6749 section 5.2, RFC 9449 section 5 or their kin; read by machines, so in English alone.

    ``error`` and ``status`` go over the wire. ``reason`` is for the log only: telling a caller whether a client is
    unknown, suspended or merely wrong would let it count our partners.
    """

    def __init__(self, error: str, status: int, reason: str) -> None:
        super().__init__(reason)
        self.error = error
        self.status = status
        self.reason = reason


def invalid_client(reason: str) -> OAuthFault:
    """The client did not prove who it is: 401 whatever the reason (RFC 6749 section 5.2)."""
    return OAuthFault("invalid_client", 401, reason)


def invalid_proof(reason: str) -> OAuthFault:
    """The DPoP proof does not hold (RFC 9449 section 5)."""
    return OAuthFault("invalid_dpop_proof", 400, reason)
