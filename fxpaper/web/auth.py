"""Who may come in: the token of programs, the one-time links and sessions of the page.

A daemon on this machine is reachable from every web page its user opens, so besides "who" it is
asked "through which name" (Host, against DNS rebinding) and "from which page" (Origin).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection

from aiohttp import web

from fxpaper.clock import Clock
from fxpaper.domain.instant import NS_PER_SECOND, Instant
from fxpaper.web.problem import ProblemCode, ProblemError

SESSION_SECONDS = 30 * 24 * 3600
LINK_SECONDS = 600
OWN_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_SCHEME = "bearer "
_CODE_BYTES = 32
_NONCE_BYTES = 16
_HOW = (
    'Programs send "Authorization: Bearer fxp_…" with the token from the file "token" of the data '
    'directory. For the page, run "fxpaper link" and open the link it prints.'
)


class Guard:
    """Decides about every request before anything else looks at it.

    Args:
        token: of programs.
        key: signs sessions, so that they survive a restart.
        clock: the machine's, for expiries.
        hosts: names beside this machine's own under which the daemon may be addressed.
    """

    def __init__(self, token: str, key: bytes, clock: Clock, hosts: Collection[str] = ()) -> None:
        self.cookie = "fxpaper_session"
        self._token = token.encode()
        self._key = hmac.digest(key, b"fxpaper session 1", hashlib.sha256)
        self._clock = clock
        self._hosts = OWN_NAMES | {host.lower().strip("[]") for host in hosts}
        self._codes: dict[bytes, Instant] = {}

    def name_cookie(self, port: int) -> None:
        """Keep the sessions of two daemons apart; cookies do not tell ports apart."""
        self.cookie = f"fxpaper_session_{port}"

    def check_host(self, request: web.Request) -> None:
        """Refuse a request that is addressed to somebody else.

        Raises:
            ProblemError: foreign_host.
        """
        if _name(request.host) not in self._hosts:
            raise ProblemError(
                ProblemCode.FOREIGN_HOST,
                f'This daemon is not called "{request.host[:80]}". Use 127.0.0.1 or localhost, or '
                "add the name to the hosts of the configuration.",
                actual=request.host[:80],
            )

    def check_caller(self, request: web.Request) -> None:
        """Refuse a request without a right to be here.

        Raises:
            ProblemError: unauthorized, foreign_origin or unsupported_media_type.
        """
        if not self.knows(request):
            raise ProblemError(
                ProblemCode.UNAUTHORIZED, _HOW, headers={"WWW-Authenticate": "Bearer"}
            )
        if request.method not in _SAFE:
            self.check_origin(request)
            self._check_type(request)

    def check_origin(self, request: web.Request) -> None:
        """Refuse what another page sent in its visitor's name.

        A cookie travels with whatever a browser sends, so its holder must also show where the
        request came from; a token is only ever sent on purpose.

        Raises:
            ProblemError: foreign_origin.
        """
        origin = request.headers.get("Origin")
        site = request.headers.get("Sec-Fetch-Site")
        own = origin is None or origin.partition("://")[2].lower() == request.host.lower()
        shown = origin is not None or site is not None or self._has_token(request)
        if not own or not shown or site not in {None, "same-origin", "none"}:
            raise ProblemError(
                ProblemCode.FOREIGN_ORIGIN,
                f"Changes are taken from this daemon's own page and from programs with the token, "
                f"not from {origin or site or 'an unknown origin'}.",
                actual=origin or site or "",
                limit=f"{request.scheme}://{request.host}",
            )

    def knows(self, request: web.Request) -> bool:
        """Tell whether a request shows the token or a valid session."""
        return self._has_token(request) or self.has_session(request)

    def has_session(self, request: web.Request) -> bool:
        """Tell whether a browser has a session that is still valid."""
        expires, _, rest = request.cookies.get(self.cookie, "").partition(".")
        nonce, _, seal = rest.partition(".")
        if not hmac.compare_digest(_bytes(seal), self._seal(expires, nonce)):
            return False
        return int(expires) * NS_PER_SECOND > self._clock.now()

    def new_session(self) -> str:
        """Return the value of a session cookie that is valid for 30 days."""
        expires = str(self._clock.now() // NS_PER_SECOND + SESSION_SECONDS)
        nonce = secrets.token_urlsafe(_NONCE_BYTES)
        return f"{expires}.{nonce}.{self._seal(expires, nonce).decode()}"

    def new_code(self) -> tuple[str, Instant]:
        """Return a code that logs in once, and when it stops to do so (nanoseconds UTC)."""
        now = self._clock.now()
        self._codes = {code: until for code, until in self._codes.items() if until > now}
        code, until = secrets.token_urlsafe(_CODE_BYTES), now + LINK_SECONDS * NS_PER_SECOND
        self._codes[_hashed(code)] = until
        return code, until

    def redeem(self, code: str) -> bool:
        """Use a code up; True when it was good."""
        return self._codes.pop(_hashed(code), 0) > self._clock.now()

    def _has_token(self, request: web.Request) -> bool:
        given = request.headers.get("Authorization", "")
        if given[: len(_SCHEME)].lower() != _SCHEME:
            return False
        token = _bytes(given[len(_SCHEME) :].strip())
        return hmac.compare_digest(token, self._token)

    def _check_type(self, request: web.Request) -> None:
        if self._has_token(request) or request.content_type == "application/json":
            return
        raise ProblemError(
            ProblemCode.UNSUPPORTED_MEDIA_TYPE,
            f'The page sends "Content-Type: application/json", not "{request.content_type}".',
            actual=request.content_type,
            limit="application/json",
        )

    def _seal(self, expires: str, nonce: str) -> bytes:
        said = _bytes(f"{expires}.{nonce}")
        return hmac.digest(self._key, said, hashlib.sha256).hex().encode()


def _name(host: str) -> str:
    """Return the name in a Host header, without port, brackets and final dot."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].rstrip(".").lower()


def _hashed(code: str) -> bytes:
    return hashlib.sha256(_bytes(code)).digest()


def _bytes(text: str) -> bytes:
    """Return what somebody sent as bytes; whatever is no text matches nothing."""
    return text.encode("utf-8", "replace")
