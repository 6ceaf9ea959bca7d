"""A quote, and the evidence that comes with it."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from fxpaper.domain.instant import Instant
from fxpaper.domain.instrument import Points


class Grade(StrEnum):
    """How far a price can be believed; ``A`` is best. ``D`` and ``E`` never fill."""

    A = "A"
    """Two-sided quote of a broker, a stream or a recording of one."""
    B = "B"
    """One-sided stream with a modelled spread."""
    C = "C"
    """Quote with its time, fetched over REST."""
    D = "D"
    """Close of a bar, or a price without a time."""
    E = "E"
    """Reference rate, or a price from the database."""


class Transport(StrEnum):
    """How a quote travelled."""

    STREAM = "stream"
    REST = "rest"
    FILE = "file"
    SIMULATED = "simulated"


class Spread(StrEnum):
    """Where the distance between bid and ask comes from."""

    REAL = "real"
    MODELLED = "modelled"


class Evidence(msgspec.Struct, frozen=True):
    """What is known about a quote's origin.

    Args:
        source: the price source, e.g. ``twelve_data``.
        transport: how it travelled.
        spread: whether bid and ask are both the market's.
        grade: how far it can be believed.
    """

    source: str
    transport: Transport
    spread: Spread
    grade: Grade

    @property
    def simulated(self) -> bool:
        """Whether no market ever quoted this price."""
        return self.transport is Transport.SIMULATED


class Quote(msgspec.Struct, frozen=True):
    """Bid and ask of one symbol at one instant.

    Args:
        symbol: canonical symbol.
        bid: what a seller gets, in points.
        ask: what a buyer pays, in points.
        quoted_at: when the provider says the price was valid, nanoseconds UTC.
        received_at: when it reached this process, nanoseconds UTC.
        evidence: where it comes from.
    """

    symbol: str
    bid: Points
    ask: Points
    quoted_at: Instant
    received_at: Instant
    evidence: Evidence

    @property
    def spread(self) -> Points:
        """Ask minus bid, in points."""
        return self.ask - self.bid
