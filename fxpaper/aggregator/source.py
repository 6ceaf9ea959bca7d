"""The port of a price source, and what is told about one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from enum import StrEnum
from typing import Protocol

import msgspec

from fxpaper.domain.bar import Bar
from fxpaper.domain.instant import Instant
from fxpaper.domain.quote import Evidence, Quote


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """What is used of a provider's plan.

    Args:
        used_minute: calls counted in this calendar minute.
        limit_minute: calls allowed in a minute; None without such a limit.
        used_hour: calls counted in this clock hour.
        limit_hour: calls allowed in an hour; None without such a limit.
        used_day: calls counted on this day of the provider.
        limit_day: calls allowed in a day; None without such a limit.
        banned_until: the provider wants no call before; nanoseconds UTC, 0 for never banned.
    """

    used_minute: int = 0
    limit_minute: int | None = None
    used_hour: int = 0
    limit_hour: int | None = None
    used_day: int = 0
    limit_day: int | None = None
    banned_until: Instant = 0


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What a source can do, as its provider documents it.

    Args:
        title: the provider's name for people.
        evidence: what its quotes carry at best.
        sides: which prices of the market it tells.
        updates: how often a price changes there.
        history: what it has of the past.
        free_plan: what costs nothing allows.
        sign_up: where a key comes from; empty where none is needed.
        past: which intervals its history has; longer ones are made of these.
        past_bars: how many bars one call for the past brings at most.
    """

    title: str
    evidence: Evidence
    sides: str
    updates: str
    history: str
    free_plan: str
    sign_up: str = ""
    past: tuple[str, ...] = ()
    past_bars: int = 0


class Span(msgspec.Struct, frozen=True):
    """A stretch of the past.

    Args:
        interval: of its bars, one of :attr:`Capabilities.past`.
        begins: opening of its first bar, nanoseconds UTC.
        ends: no bar opens at or after it, nanoseconds UTC.
    """

    interval: str
    begins: Instant
    ends: Instant


class Finding(msgspec.Struct, frozen=True):
    """What a look at a provider with this key has told.

    Args:
        ok: whether it is as the source needs it.
        text: one sentence.
        raw: of the answer, shortened, without the key.
    """

    ok: bool
    text: str
    raw: str = ""


class Source(Protocol):
    """One origin of prices.

    A source is given normal symbols (``EURUSD``) and returns quotes in points. It knows its
    provider's names, wire format and limits, and nothing about other sources.
    """

    name: str
    """As in the configuration, e.g. ``twelve_data``."""
    capabilities: Capabilities
    """What it can do."""
    evidence: Evidence
    """What its quotes carry."""
    raw: str
    """The latest answer as it came, shortened and without the key; empty where there was none."""
    latest: Quote | None
    """What was made of it."""
    polled: bool
    """Whether a fresh quote has to be fetched by :meth:`fetch`; False for a stream."""

    def supports(self, symbol: str) -> bool:
        """Tell whether the provider quotes this very instrument (never a future in its place)."""

    def quotes(self, symbols: frozenset[str]) -> AsyncIterator[Quote]:
        """Yield quotes as they come, until the source ends or fails.

        A polled source fetches in turn, as often as its budget and interval allow.

        Raises:
            TransientError: it failed and may work later; ``RateLimitedError`` tells when.
            ConfigurationError: its key is wrong; it will not work before that is changed.
        """

    async def fetch(self, symbol: str) -> Quote:
        """Return a quote asked for just now; only a polled source can.

        Raises:
            TransientError: as for :meth:`quotes`.
        """

    async def history(self, symbol: str, span: Span | None = None) -> list[Bar]:
        """Return closed bars of bids, oldest first; empty where there are none.

        Args:
            symbol: canonical symbol.
            span: at most :attr:`Capabilities.past_bars` long; None for the latest minutes.

        Raises:
            TransientError: as for :meth:`quotes`.
        """

    async def usage(self) -> Usage | None:
        """Return what is used of its plan; None where nothing is counted.

        Raises:
            TransientError: the store with the budgets does not answer.
        """

    async def probe(self, symbol: str) -> Finding:
        """Ask the provider what this key gets; may cost a call.

        Args:
            symbol: one that is wanted.

        Raises:
            TransientError: as for :meth:`quotes`.
            ConfigurationError: as for :meth:`quotes`.
        """

    async def close(self) -> None:
        """Release sockets and threads."""


class SourceCondition(StrEnum):
    """How a source is doing."""

    IDLE = "idle"
    CONNECTING = "connecting"
    LIVE = "live"
    QUIET = "quiet"
    FAILED = "failed"
    LIMITED = "limited"
    FINISHED = "finished"


class SourceState(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about a source right now.

    Args:
        name: of the source.
        state: how it is doing.
        active: whether some symbol's quotes come from it now.
        evidence: what its quotes carry.
        symbols: those it is serving now.
        last_quote_at: receive time of its latest quote, nanoseconds UTC.
        error: why it failed, in one sentence.
        retry_at: when it is tried again, nanoseconds UTC.
        used_minute: calls counted in this minute.
        limit_minute: calls allowed in a minute; None without such a limit.
        used_hour: calls counted in this hour.
        limit_hour: calls allowed in an hour; None without such a limit.
        used_day: calls counted today.
        limit_day: calls allowed in a day; None without such a limit.
        probe: what was found out about this key at the start; None before.
        switches: how often a symbol has gone over to it.
        refused: how many of its quotes were kept back or corrected, by reason.
        capabilities: what it can do.
    """

    name: str
    state: SourceCondition
    active: bool
    evidence: Evidence
    symbols: tuple[str, ...] = ()
    last_quote_at: Instant | None = None
    error: str | None = None
    retry_at: Instant | None = None
    used_minute: int = 0
    limit_minute: int | None = None
    used_hour: int = 0
    limit_hour: int | None = None
    used_day: int = 0
    limit_day: int | None = None
    probe: Finding | None = None
    switches: int = 0
    refused: dict[str, int] = {}
    capabilities: Capabilities | None = None
