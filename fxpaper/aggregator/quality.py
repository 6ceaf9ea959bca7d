"""Whether a quote can be one: the last look before anybody acts on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from enum import StrEnum

import msgspec

from fxpaper.aggregator.outliers import Outliers
from fxpaper.domain.instant import NS_PER_SECOND, Instant, format_instant
from fxpaper.domain.instrument import Points
from fxpaper.domain.quote import Quote, Transport
from fxpaper.engine.sessions import trading_date

CLOCK_TOLERANCE_NS = 2 * NS_PER_SECOND
"""How far a provider's clock may be ahead of ours."""
JUMP_DIVISOR = 10
"""A move of more than a tenth is no market move while the price before is recent."""
MEMORY_NS = 300 * NS_PER_SECOND
"""How long a quote is held against a jump; after that the market may have opened elsewhere."""
FROZEN_NS = 900 * NS_PER_SECOND
"""A price that stands still for so long, though it is quoted again and again, is none any more."""
FROZEN_QUOTES = 30
"""How often it must have been quoted meanwhile; some markets are rarely quoted at all."""
_NOW_NS = 300 * NS_PER_SECOND
"""A quote younger than this is of the present, whatever day has just begun."""
_LIVE = {Transport.STREAM, Transport.REST}
_MEMORY = {Transport.STREAM: MEMORY_NS, Transport.REST: 6 * 3600 * NS_PER_SECOND}
"""For how long a move is judged by the price before; what is asked for may be minutes apart."""


class Reason(StrEnum):
    """Why a quote was kept back, or ``from_future`` why its time was corrected."""

    NOT_POSITIVE = "not_positive"
    CROSSED = "crossed"
    ZERO_SPREAD = "zero_spread"
    """Only counted: a real thing at some brokers, a fault at others."""
    JUMP = "jump"
    OUTLIER = "outlier"
    BACKWARDS = "backwards"
    REPEATED = "repeated"
    FROZEN = "frozen"
    FROM_FUTURE = "from_future"
    """Only counted: the provider's time was replaced by ours."""
    WRONG_DAY = "wrong_day"
    MARKET_CLOSED = "market_closed"
    DIVERGED = "diverged"
    """Only counted: a source that is not serving says something else."""


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
    sound = corrected(quote, now)
    if previous is None or isinstance(sound, Rejection):
        return sound
    return _compare(sound, previous) or sound


def corrected(quote: Quote, now: Instant) -> Quote | Rejection:
    """Return a quote with a possible time, or why its prices are none."""
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
        return msgspec.structs.replace(quote, quoted_at=now)
    return quote


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

    Args:
        is_open: tells whether the market trades at an instant.
        pips: points in a pip, by symbol.

    Attributes:
        counts: by source and reason.
    """

    def __init__(self, is_open: Callable[[Instant], bool], pips: Mapping[str, Points]) -> None:
        self.counts: Counter[tuple[str, Reason]] = Counter()
        self.outliers = Outliers(pips)
        self._is_open = is_open
        self._latest: dict[str, Quote] = {}
        self._still: dict[str, tuple[Instant, int]] = {}

    def latest(self, symbol: str) -> Quote | None:
        """Return the latest quote of a symbol that passed."""
        return self._latest.get(symbol)

    def examine(self, quote: Quote, now: Instant) -> Quote | Rejection:
        """Return the quote as it may be passed on, or why it may not; see :func:`examine`."""
        previous = self._latest.get(quote.symbol)
        outcome = examine(quote, previous, now)
        if not isinstance(outcome, Rejection) and quote.evidence.transport in _LIVE:
            outcome = self._doubtful(outcome, previous, now) or outcome
        self._count(quote, outcome)
        return outcome

    def witness(self, quote: Quote, now: Instant) -> Quote | Rejection:
        """Take the quote of a source that is not serving its symbol, for comparison only."""
        outcome = corrected(quote, now)
        if not isinstance(outcome, Rejection):
            outcome = self._untimely(outcome, now) or outcome
        self._count(quote, outcome)
        if isinstance(outcome, Rejection):
            return outcome
        diverged = self.outliers.witness(outcome)
        if diverged is None:
            return outcome
        self.counts[quote.evidence.source, Reason.DIVERGED] += 1
        return Rejection(Reason.DIVERGED, diverged)

    def witness_moved(self, source: str, symbol: str) -> bool:
        """Tell whether a witness's latest quote has another price than the one before."""
        return self.outliers.witness_moved(source, symbol)

    def accept(self, quote: Quote) -> None:
        """Make an examined quote the latest of its symbol."""
        self._latest[quote.symbol] = quote
        self.outliers.accept(quote)

    def _doubtful(self, quote: Quote, previous: Quote | None, now: Instant) -> Rejection | None:
        untimely = self._untimely(quote, now)
        if untimely is not None or previous is None:
            return untimely
        frozen = self._frozen(quote, previous)
        if frozen is not None:
            return frozen
        if quote.received_at - previous.received_at >= _MEMORY[quote.evidence.transport]:
            return None
        unlikely = self.outliers.unlikely(quote)
        return None if unlikely is None else Rejection(Reason.OUTLIER, unlikely)

    def _untimely(self, quote: Quote, now: Instant) -> Rejection | None:
        """Return why a quote cannot be of the present market, or None."""
        if now - quote.quoted_at <= _NOW_NS:
            if self._is_open(quote.quoted_at) or self._is_open(now):
                return None
            return Rejection(
                Reason.MARKET_CLOSED,
                f"{quote.evidence.source} quotes {quote.symbol} as of "
                f"{format_instant(quote.quoted_at)}, when the market is closed",
            )
        if self._is_open(now) and trading_date(quote.quoted_at) != trading_date(now):
            return Rejection(
                Reason.WRONG_DAY,
                f"{quote.evidence.source} gave the {quote.symbol} of "
                f"{format_instant(quote.quoted_at)} for today's",
            )
        return None

    def _frozen(self, quote: Quote, previous: Quote) -> Rejection | None:
        if (quote.bid, quote.ask) != (previous.bid, previous.ask):
            self._still.pop(quote.symbol, None)
            return None
        since, count = self._still.get(quote.symbol, (previous.quoted_at, 0))
        self._still[quote.symbol] = since, count + 1
        lasted = quote.quoted_at - since
        if lasted < FROZEN_NS or count < FROZEN_QUOTES:
            return None
        return Rejection(
            Reason.FROZEN,
            f"{quote.evidence.source} has quoted {quote.symbol} at the same price for "
            f"{lasted // (60 * NS_PER_SECOND)} minutes",
        )

    def _count(self, quote: Quote, outcome: Quote | Rejection) -> None:
        source = quote.evidence.source
        if isinstance(outcome, Rejection):
            self.counts[source, outcome.reason] += 1
            return
        if outcome is not quote:
            self.counts[source, Reason.FROM_FUTURE] += 1
        if quote.bid == quote.ask:
            self.counts[source, Reason.ZERO_SPREAD] += 1
