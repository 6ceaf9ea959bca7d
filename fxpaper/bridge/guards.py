"""Whom ZeroMQ lets in: by the key of an encrypted line, or by PLAIN, a password on an open one.

The password is the daemon's token. It hides nothing; it serves programs on this machine that know
no other mechanism, and lets no message of a stranger as far as our own code. ZeroMQ's own check
compares passwords letter by letter and would tell by its time how many are right; ours does not.
"""

from __future__ import annotations

import hmac
from pathlib import Path

import structlog
import zmq
import zmq.asyncio
from zmq.auth.asyncio import AsyncioAuthenticator

from fxpaper.bridge.keys import terminals
from fxpaper.errors import ConfigurationError

log = structlog.get_logger(__name__)

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


class KeyGuard(AsyncioAuthenticator):
    """Lets in whose public key is on the list, which is read each time.

    Args:
        context: of the socket that it guards.
        data_dir: where the list is.
    """

    def __init__(self, context: zmq.asyncio.Context, data_dir: Path) -> None:
        super().__init__(context)
        self._data_dir = data_dir
        self.configure_curve_callback("*", self)

    def callback(self, domain: str, key: bytes) -> bool:
        """Tell whether a key is on the list."""
        del domain
        try:
            return any(one.public.encode() == key for one in terminals(self._data_dir))
        except ConfigurationError as problem:
            log.warning("terminals_unreadable", problem=str(problem))
            return False
