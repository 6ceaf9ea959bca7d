"""The last quotes of an earlier run, for display until the first new ones come. They never fill.

They keep the provider's time and their source, and have grade E; older than an hour they are
forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec
import structlog
from msgspec.structs import replace

from fxpaper.domain.instant import NS_PER_SECOND, Instant
from fxpaper.domain.quote import Grade, Quote
from fxpaper.whole_file import write_whole

log = structlog.get_logger(__name__)

FILE = "last_quotes.json"
KEPT_NS = 3600 * NS_PER_SECOND
_KEEP_NS = 30 * NS_PER_SECOND


def read_last_quotes(directory: Path, now: Instant) -> list[Quote]:
    """Return the quotes of an earlier run that are not older than an hour.

    A file that cannot be read is no reason not to start: it holds nothing that lasts.
    """
    path = directory / FILE
    try:
        quotes = msgspec.json.decode(path.read_bytes(), type=list[Quote])
    except FileNotFoundError:
        return []
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as problem:
        log.warning("last_quotes_unreadable", path=str(path), problem=str(problem))
        return []
    return [
        replace(quote, evidence=replace(quote.evidence, grade=Grade.E))
        for quote in quotes
        if 0 <= now - quote.quoted_at <= KEPT_NS
    ]


class LastQuotes:
    """Those of an earlier run, and the keeping of ours.

    Args:
        directory: where they are kept; None keeps none.
        now: nanoseconds UTC.
    """

    def __init__(self, directory: Path | None, now: Instant) -> None:
        earlier = [] if directory is None else read_last_quotes(directory, now)
        self.earlier = {quote.symbol: quote for quote in earlier}
        """Of an earlier run, by symbol."""
        self._directory = directory
        self._kept_at: Instant = 0

    def keep(self, quotes: Iterable[Quote], now: Instant, *, last: bool = False) -> None:
        """Keep quotes for the next run, every half minute and at the end.

        A disk that refuses is only logged.
        """
        if self._directory is None or (now - self._kept_at < _KEEP_NS and not last):
            return
        self._kept_at = now
        path = self._directory / FILE
        try:
            write_whole(path, msgspec.json.encode(list(quotes)))
        except OSError as problem:
            log.warning("last_quotes_not_kept", path=str(path), problem=str(problem))
