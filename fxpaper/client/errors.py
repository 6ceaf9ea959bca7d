"""The faults that a client raises; a refused signal is none of them but an answer.

::

    FxpaperError
    ├── NoDaemonError        nobody answers; start a daemon, or say where it is
    ├── NotAllowedError      the token is missing or wrong
    ├── RefusedError         what was asked for by hand was not done; says why
    ├── InputError           a signal cannot be sent as it was given; nothing was sent
    └── ProtocolError        what answers is another version, or no daemon at all
"""

from __future__ import annotations

from fxpaper.errors import FxpaperError, InputError, NoDaemonError, ProtocolError

__all__ = ["InputError", "NoDaemonError", "NotAllowedError", "ProtocolError", "RefusedError"]


class NotAllowedError(FxpaperError):
    """The daemon does not know the token, or there is none to send."""


class RefusedError(FxpaperError):
    """Something that was asked for by hand was not done.

    Args:
        code: stable name of the reason; see docs/reference/refusals.md and api.md.
        text: one sentence for people.
        actual: the value that was found.
        limit: the value that would have been right.
    """

    def __init__(self, code: str, text: str, actual: str = "", limit: str = "") -> None:
        super().__init__(f"{text} ({code})")
        self.code = code
        self.text = text
        self.actual = actual
        self.limit = limit
