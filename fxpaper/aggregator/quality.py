"""Whether a quote can be one: the last look before anybody acts on it."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum

import msgspec

from fxpaper.domain.instant import NS_PER_SECOND, Instant
from fxpaper.domain.instrument import Points
from fxpaper.domain.quote import Quote

CLOCK_TOLERANCE_NS = 2 * NS_PER_SECOND
"""How far a provider's clock may be ahead of ours."""
JUMP_DIVISOR = 10
"""A move of more than a tenth is no market move while the price before is recent."""
MEMORY_NS = 300 * NS_PER_SECOND
"""How long a quote is held against a jump; after that the market may have opened elsewhere."""


class Reason(StrEnum):
    """Why a quote was kept back, or ``from_future`` why its time was corrected."""

    NOT_POSITIVE = "not_positive"
    CROSSED = "crossed"
    JUMP = "jump"
    BACKWARDS = "backwards"
    REPEATED = "repeated"
    FROM_FUTURE = "from_future"


class Rejection(msgspec.Struct, frozen=True):
    """A quote that is not passed on.

    Args:
        reason: why.
        text: one sentence with the numbers.
    """

    reason: Reason
    text: str


def examine(quote: Quote, previous: Quote | None, now: Instant) -> Quote | Rejection:
    """Return the quote as it may be passed on, or why it may not.

    Args:
        quote: as a source gave it.
        previous: the latest quote of the symbol that was passed on, from whatever source.
        now: nanoseconds UTC.

    A provider's time more than two seconds ahead of ``now`` is replaced by ``now``. A zero spread
    is a real thing and passes.
    """
    if quote.bid <= 0 or quote.ask <= 0:
        return Rejection(
            Reason.NOT_POSITIVE,
            f"{quote.symbol} at {quote.bid}/{quote.ask} points is no price",
        )
    if quote.ask < quote.bid:
        return Rejection(
            Reason.CROSSED,
            f"the ask of {quote.symbol}, {quote.ask} points, is below its bid, {quote.bid}",
        )
    if quote.quoted_at > now + CLOCK_TOLERANCE_NS:
        quote = msgspec.structs.replace(quote, quoted_at=now)
    if previous is None:
        return quote
    return _compare(quote, previous) or quote


def _compare(quote: Quote, previous: Quote) -> Rejection | None:
    behind = previous.quoted_at - quote.quoted_at
    if behind > 0:
        return Rejection(
            Reason.BACKWARDS,
            f"{quote.symbol} of {quote.evidence.source} is {behind / NS_PER_SECOND:.3f} s older "
            f"than the latest quote, of {previous.evidence.source}",
        )
    if behind == 0 and (quote.bid, quote.ask) == (previous.bid, previous.ask):
        return Rejection(
            Reason.REPEATED,
            f"{quote.evidence.source} repeated its quote of {quote.symbol}",
        )
    recent = quote.received_at - previous.received_at < MEMORY_NS
    if recent and (_jumped(quote.bid, previous.bid) or _jumped(quote.ask, previous.ask)):
        return Rejection(
            Reason.JUMP,
            f"{quote.symbol} of {quote.evidence.source} jumped from {previous.bid} to {quote.bid} "
            f"points, by more than 10 %; believed if nothing else is quoted for five minutes",
        )
    return None


def _jumped(price: Points, before: Points) -> bool:
    return abs(price - before) * JUMP_DIVISOR > before


class Examiner:
    """Examines every quote of every source and counts what it kept back.

    Attributes:
        counts: by source and reason.
    """

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, Reason]] = Counter()
        self._latest: dict[str, Quote] = {}

    def latest(self, symbol: str) -> Quote | None:
        """Return the latest quote of a symbol that passed."""
        return self._latest.get(symbol)

    def examine(self, quote: Quote, now: Instant) -> Quote | Rejection:
        """Return the quote as it may be passed on, or why it may not; see :func:`examine`."""
        outcome = examine(quote, self._latest.get(quote.symbol), now)
        if isinstance(outcome, Rejection):
            self.counts[quote.evidence.source, outcome.reason] += 1
        elif outcome is not quote:
            self.counts[quote.evidence.source, Reason.FROM_FUTURE] += 1
        return outcome

    def accept(self, quote: Quote) -> None:
        """Make an examined quote the latest of its symbol."""
        self._latest[quote.symbol] = quote
