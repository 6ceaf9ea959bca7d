"""Whether a quote may be traded on. A stale quote is a typed refusal, never a price."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from fxpaper.domain.instant import NS_PER_SECOND, Instant, format_instant
from fxpaper.domain.instrument import Instrument
from fxpaper.domain.quote import Grade, Quote, Transport
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.engine.sessions import is_open, next_open

_WORST_THAT_FILLS = Grade.C


class ClosedMarket(StrEnum):
    """What becomes of an order or a close that comes in while its market is closed."""

    REFUSE = "refuse"
    """It is refused, with the instant at which the market opens."""
    QUEUE = "queue"
    """It waits for the first quote that is fit to trade on."""


class FillLimits(msgspec.Struct, frozen=True):
    """What an account asks of a quote before it trades on it.

    Args:
        lowest_grade: the worst acceptable grade; D and E never fill whatever it says.
        stream_age_ns: oldest acceptable quote of a stream, a recording or a simulation.
        rest_age_ns: oldest acceptable quote that was fetched.
        around_the_clock: whether the market never closes, as a simulated one.
        closed_market: what becomes of orders that come in while it is closed.
    """

    lowest_grade: Grade = Grade.C
    stream_age_ns: int = 5 * NS_PER_SECOND
    rest_age_ns: int = 10 * NS_PER_SECOND
    around_the_clock: bool = False
    closed_market: ClosedMarket = ClosedMarket.REFUSE

    def age_limit(self, transport: Transport) -> int:
        """Return the oldest acceptable age for a way of travelling, in nanoseconds."""
        return self.rest_age_ns if transport is Transport.REST else self.stream_age_ns


def unfit(quote: Quote, instrument: Instrument, now: Instant, limits: FillLimits) -> Refused | None:
    """Return why a quote must not be traded on at ``now``, or None when it may.

    Age counts from the provider's time, so a fresh answer with an old price is old. A closed market
    is the reason before all others: in it no better quote can come.
    """
    if not limits.around_the_clock and not is_open(instrument, now):
        return market_closed(instrument, now)
    lowest = min(limits.lowest_grade, _WORST_THAT_FILLS)
    grade = quote.evidence.grade
    if grade > lowest:
        return Refused(
            code=RefusalCode.GRADE_TOO_LOW,
            actual=grade,
            limit=lowest,
            text=f"The {quote.symbol} quote from {quote.evidence.source} has grade {grade}; "
            f"this account fills on {lowest} or better.",
        )
    age, limit = now - quote.quoted_at, limits.age_limit(quote.evidence.transport)
    if age > limit:
        return Refused(
            code=RefusalCode.STALE_QUOTE,
            actual=_seconds(age),
            limit=_seconds(limit),
            text=f"The latest {quote.symbol} quote, from {quote.evidence.source}, is "
            f"{_seconds(age)} old; this account fills on quotes up to {_seconds(limit)} old.",
        )
    return None


def market_closed(instrument: Instrument, now: Instant) -> Refused:
    """Return the refusal of anything that wants to trade at ``now`` in a closed market."""
    opens = format_instant(next_open(instrument, now))
    return Refused(
        code=RefusalCode.MARKET_CLOSED,
        actual=format_instant(now),
        limit=opens,
        text=f"The market for {instrument.symbol} is closed; it opens at {opens}.",
    )


def _seconds(nanoseconds: int) -> str:
    return f"{nanoseconds / NS_PER_SECOND:.1f} s"
