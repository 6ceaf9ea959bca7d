"""PLAIN: the daemon's token as the password of an open line, for terminals on this machine.

It hides nothing. It serves programs that know no other mechanism, and lets no message of a stranger
as far as our own code. ZeroMQ's own check compares passwords letter by letter and would tell by its
time how many are right; this one does not.
"""

from __future__ import annotations

import hmac

import zmq
import zmq.asyncio
from zmq.auth.asyncio import AsyncioAuthenticator

USER = "fxpaper"


class PlainGuard(AsyncioAuthenticator):
    """Lets in who gives the daemon's token.

    Args:
        context: of the socket that it guards.
        token: the password of :data:`USER`.
    """

    def __init__(self, context: zmq.asyncio.Context, token: str) -> None:
        super().__init__(context)
        self._token = token.encode()

    def _authenticate_plain(self, domain: str, username: str, password: str) -> tuple[bool, bytes]:
        """Answer pyzmq, which asks here and refuses everybody should it ever ask elsewhere."""
        del domain
        known = hmac.compare_digest(password.encode(), self._token) and username == USER
        return (True, b"OK") if known else (False, b"Unknown user or password")
