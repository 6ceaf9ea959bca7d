"""The faults of fxpaper, sorted by what the reader must do.

::

    FxpaperError
    ├── ConfigurationError   stop; the message names the setting and what would be right
    ├── InputError           one file, line or value cannot be read; nothing was changed
    ├── TransientError       try again later: network, rate limit
    │   └── RateLimitedError      not before ``retry_at``
    ├── NoDaemonError        start the daemon that is asked, or say where it is
    ├── ProtocolError        the other side broke the protocol; close that link
    └── IntegrityError       stored records cannot be trusted; stop trading, keep serving

A business "no" is never an exception: it is a :class:`fxpaper.domain.refusal.Refused`.
"""

from __future__ import annotations


class FxpaperError(Exception):
    """Anything that fxpaper itself reports as wrong."""


class ConfigurationError(FxpaperError):
    """A setting, a path or the environment is wrong; the program cannot start like this."""


class InputError(FxpaperError):
    """Something that was given to be read cannot be read; nothing was changed."""


class TransientError(FxpaperError):
    """Something outside failed and may work later."""


class RateLimitedError(TransientError):
    """A plan's budget is spent.

    Args:
        text: which budget, and how much of it was used.
        retry_at: when to try again, in nanoseconds UTC.
    """

    def __init__(self, text: str, retry_at: int) -> None:
        super().__init__(text)
        self.retry_at = retry_at


class NoDaemonError(FxpaperError):
    """No daemon answers where one was expected."""


class ProtocolError(FxpaperError):
    """The other side sent something that makes no sense; nothing has changed."""


class IntegrityError(FxpaperError):
    """Stored records contradict themselves or cannot be read."""
