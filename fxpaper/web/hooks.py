"""Webhooks: who may hand a signal in without the daemon's token.

A sender that can set headers signs what it sends and when (HMAC-SHA256); one that cannot, like
TradingView, has a secret in its path. Both are compared in constant time.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from fxpaper.domain.instant import NS_PER_SECOND, Instant
from fxpaper.web.problem import ProblemCode, ProblemError

PREFIX = "/api/v1/hooks/"
STAMP, SIGNATURE = "X-Fxpaper-Timestamp", "X-Fxpaper-Signature"
WINDOW_SECONDS = 300
"""A signed body is taken so long after it was signed, and so long before."""
_SCHEME = "sha256="


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A door for one sender.

    Args:
        name: in its path.
        secret: in its path too, or the key that it signs with.
        signed: whether it signs; its secret is then in no path.
        model: the author of signals that name none.
        confidence: of signals that tell none, as text; None refuses them.
    """

    name: str
    secret: str
    signed: bool = False
    model: str | None = None
    confidence: str | None = None


def hook_by_path(hooks: Mapping[str, Hook], name: str, secret: str) -> Hook:
    """Return the hook that a path with a secret leads to.

    Raises:
        ProblemError: unauthorized; it does not say whether the name or the secret is wrong.
    """
    hook = hooks.get(name)
    known = "" if hook is None or hook.signed else hook.secret
    if not hmac.compare_digest(_bytes(secret), _bytes(known)) or not known or hook is None:
        raise _unknown()
    return hook


def hook_by_signature(
    hooks: Mapping[str, Hook], name: str, body: bytes, headers: Mapping[str, str], now: Instant
) -> tuple[Hook, str]:
    """Return the hook that has signed a body, and its signature.

    Raises:
        ProblemError: unauthorized: nobody or somebody else signed it, or too long ago.
    """
    hook = hooks.get(name)
    stamp, signature = headers.get(STAMP, ""), headers.get(SIGNATURE, "")
    key = "" if hook is None or not hook.signed else hook.secret
    if not hmac.compare_digest(_bytes(signature), _bytes(signed(key, stamp, body))) or not key:
        raise _unknown()
    age = now // NS_PER_SECOND - int(stamp) if stamp.isascii() and stamp.isdigit() else None
    if age is None or abs(age) > WINDOW_SECONDS or hook is None:
        raise ProblemError(
            ProblemCode.UNAUTHORIZED,
            f"It was signed at {stamp[:20] or 'no time'}; a signature holds for {WINDOW_SECONDS} "
            "seconds. Is the sender's clock right?",
            status=HTTPStatus.UNAUTHORIZED,
            actual=stamp[:20],
            limit=f"{WINDOW_SECONDS} s",
        )
    return hook, signature


def without_secret(path: str) -> str:
    """Return a path as it may be shown and logged."""
    if not path.startswith(PREFIX):
        return path
    return PREFIX + path.removeprefix(PREFIX).partition("/")[0]


def signed(key: str, stamp: str, body: bytes) -> str:
    """Return the signature of a body: of its time in seconds, a dot, and the body."""
    digest = hmac.new(_bytes(key), _bytes(stamp) + b"." + body, hashlib.sha256)
    return _SCHEME + digest.hexdigest()


def _unknown() -> ProblemError:
    return ProblemError(
        ProblemCode.UNAUTHORIZED,
        "No hook has this name and secret, or the signature is not its own; see the table hooks in "
        "the settings.",
        status=HTTPStatus.UNAUTHORIZED,
    )


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")
