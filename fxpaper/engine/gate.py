"""Whether a quote may be traded on. A stale quote is a typed refusal, never a price."""

from __future__ import annotations

import msgspec

from fxpaper.domain.instant import NS_PER_SECOND, Instant
from fxpaper.domain.quote import Grade, Quote, Transport
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.engine.sessions import is_open

_WORST_THAT_FILLS = Grade.C


class FillLimits(msgspec.Struct, frozen=True):
    """What an account asks of a quote before it trades on it.

    Args:
        lowest_grade: the worst acceptable grade; D and E never fill whatever it says.
        stream_age_ns: oldest acceptable quote of a stream, a recording or a simulation.
        rest_age_ns: oldest acceptable quote that was fetched.
        around_the_clock: whether the market never closes, as a simulated one.
    """

    lowest_grade: Grade = Grade.C
    stream_age_ns: int = 5 * NS_PER_SECOND
    rest_age_ns: int = 10 * NS_PER_SECOND
    around_the_clock: bool = False

    def age_limit(self, transport: Transport) -> int:
        """Return the oldest acceptable age for a way of travelling, in nanoseconds."""
        return self.rest_age_ns if transport is Transport.REST else self.stream_age_ns


def unfit(quote: Quote, now: Instant, limits: FillLimits) -> Refused | None:
    """Return why a quote must not be traded on at ``now``, or None when it may.

    Age counts from the provider's time, so a fresh answer with an old price is old.
    """
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
    if not limits.around_the_clock and not is_open(now):
        return market_closed(quote.symbol)
    return None


def market_closed(symbol: str) -> Refused:
    """Return the refusal of anything that wants to trade in a closed market."""
    return Refused(
        code=RefusalCode.MARKET_CLOSED,
        text=f"The market for {symbol} is closed: forex trades from Sunday 17:00 to Friday 17:00 "
        "New York time.",
    )


def _seconds(nanoseconds: int) -> str:
    return f"{nanoseconds / NS_PER_SECOND:.1f} s"
