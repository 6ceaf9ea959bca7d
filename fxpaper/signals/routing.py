"""Which of a daemon's accounts a signal that names none goes to."""

from __future__ import annotations

from fnmatch import fnmatchcase

import msgspec
from msgspec.structs import replace

from fxpaper.domain.instant import Instant
from fxpaper.domain.signal import Signal


class Taking(msgspec.Struct, frozen=True, kw_only=True):
    """Which signals an account takes part in.

    Args:
        symbols: patterns of canonical symbols, ``*`` and ``?`` as in names of files.
        models: patterns of models.
    """

    symbols: tuple[str, ...] = ("*",)
    models: tuple[str, ...] = ("*",)

    def takes(self, signal: Signal) -> bool:
        """Tell whether a signal is among them."""
        return _matches(signal.symbol, self.symbols) and _matches(signal.model, self.models)


def as_first_taken(signal: Signal, earlier: Signal | None, opened_at: Instant) -> Signal | None:
    """Return a signal as an account takes it that may have been sent before.

    A file that is read again must not trade on an account what was advised long ago: a repeat has
    the times of the first arrival, so it may have expired, and is nothing to an account that was
    opened later.

    Args:
        signal: for the account, as it came in just now.
        earlier: the same signal as the daemon's own account took it; None when it did not.
        opened_at: when the account was opened, nanoseconds UTC.
    """
    if earlier is None:
        return signal
    if earlier.received_at < opened_at:
        return None
    return replace(
        signal, at=earlier.at, expires_at=earlier.expires_at, received_at=earlier.received_at
    )


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
