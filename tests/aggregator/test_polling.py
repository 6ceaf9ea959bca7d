"""Asking in turn, at the pace that the budget sets, the urgent ones more often."""

from __future__ import annotations

from collections import Counter
from itertools import islice, pairwise

import pytest

from fxpaper.aggregator.budget import Budget, Limits
from fxpaper.aggregator.planner import Urgency
from fxpaper.aggregator.sources.polling import Hurry, Spending, poll, watched
from fxpaper.clock import ManualClock, SystemClock
from fxpaper.domain.instant import NS_PER_SECOND, parse_instant
from fxpaper.errors import RateLimitedError, TransientError

NOON = parse_instant("2026-11-18T12:00:00Z")
SATURDAY = parse_instant("2026-11-21T12:00:00Z")
MINUTE = 60 * NS_PER_SECOND
PLAN = {"twelve_data": Limits(per_minute=8, per_day=800)}


class Asked:
    """A provider that has some symbols, and the waits between the calls."""

    def __init__(self, store, quote, broken: dict[str, Exception], at: int = NOON) -> None:
        self.quote, self.broken = quote, broken
        self.calls: list[tuple[str, int]] = []
        self.clock = ManualClock(at)
        self.budget = Budget(store, PLAN, self.clock.now)
        self.urgent: dict[str, Urgency] = {}

    async def fetch(self, symbol: str, hurry: Hurry):
        await self.spending().reserve(hurry)
        self.calls.append((symbol, self.clock.now()))
        if symbol in self.broken:
            raise self.broken[symbol]
        return self.quote(symbol=symbol)

    def spending(self) -> Spending:
        def urgency(symbol: str) -> Urgency:
            return self.urgent.get(symbol, watched(symbol))

        return Spending("Twelve Data", "twelve_data", self.budget, self.clock, urgency, self.wait)

    async def wait(self, seconds: float) -> None:
        self.clock.move_to(self.clock.now() + round(seconds * NS_PER_SECOND))

    async def take(self, symbols: set[str], count: int) -> list[str]:
        """Return the symbols of the first quotes."""
        quotes = poll(frozenset(symbols), self.fetch, self.spending())
        return [(await anext(quotes)).symbol for _ in islice(range(count), count)]


async def test_symbols_take_turns_and_only_the_first_round_is_not_paced(store, quote):
    asked = Asked(store, quote, {})
    assert await asked.take({"B", "A"}, 6) == ["A", "B", "A", "B", "A", "B"]
    times = [at for _, at in asked.calls]
    gaps = [(later - sooner) / NS_PER_SECOND for sooner, later in pairwise(times)]
    assert gaps[0] == 0
    # Twelve open hours of this day are left for 640 credits less those of the first round.
    assert gaps[1:] == pytest.approx([12 * 3600 / 638] * 4, rel=0.01)


async def test_a_symbol_near_a_level_gets_nine_calls_for_one(store, quote):
    asked = Asked(store, quote, {})
    asked.urgent = {"A": Urgency.NEAR_LEVEL, "B": Urgency.AT_RISK}
    counts = Counter((await asked.take({"A", "B", "C"}, 3 + 130))[3:])
    assert counts == {"A": 90, "B": 30, "C": 10}


async def test_nothing_is_asked_while_the_market_is_closed_but_one_look_each(store, quote):
    asked = Asked(store, quote, {}, SATURDAY)
    assert await asked.take({"A", "B"}, 3) == ["A", "B", "A"]
    opens = parse_instant("2026-11-22T22:00:00Z")
    assert opens <= asked.calls[-1][1] < opens + 20 * NS_PER_SECOND


async def test_one_symbol_that_cannot_be_had_does_not_stop_the_others(store, quote):
    asked = Asked(store, quote, {"B": TransientError("no price")})
    assert await asked.take({"A", "B", "C"}, 4) == ["A", "C", "A", "C"]


async def test_two_failures_in_a_row_are_the_sources(store, quote):
    asked = Asked(store, quote, {"B": TransientError("b"), "C": TransientError("c")})
    with pytest.raises(TransientError, match="c"):
        await asked.take({"A", "B", "C"}, 4)
    assert [symbol for symbol, _ in asked.calls] == ["A", "B", "C"]


async def test_the_only_symbol_fails_at_once(store, quote):
    with pytest.raises(TransientError, match="b"):
        await Asked(store, quote, {"B": TransientError("b")}).take({"B"}, 1)


async def test_a_spent_budget_stops_the_round(store, quote):
    asked = Asked(store, quote, {"A": RateLimitedError("spent", 5)})
    with pytest.raises(RateLimitedError):
        await asked.take({"A", "B"}, 1)
    assert [symbol for symbol, _ in asked.calls] == ["A"]


async def test_a_call_without_hurry_waits_for_the_next_minute(store):
    """The clock is set so that the minute ends a twentieth of a second from now."""
    real = SystemClock()
    ahead = -(real.now() + NS_PER_SECOND // 20) % MINUTE

    class Shifted:
        def now(self) -> int:
            return real.now() + ahead

    budget = Budget(store, PLAN, Shifted().now)
    spending = Spending("Twelve Data", "twelve_data", budget, Shifted())
    await budget.settle("twelve_data", minute=8)
    minute = Shifted().now() // MINUTE
    with pytest.raises(RateLimitedError, match="8 of 8 calls of this minute"):
        await spending.reserve(Hurry.NOW)
    await spending.reserve(Hurry.SPARE)
    assert Shifted().now() // MINUTE == minute + 1


async def test_nobody_waits_for_the_next_day(store):
    clock = ManualClock(NOON)
    budget = Budget(store, PLAN, clock.now)
    await budget.settle("twelve_data", day=800)
    with pytest.raises(RateLimitedError, match="800 of 800 calls of this day") as caught:
        await Spending("Twelve Data", "twelve_data", budget, clock).reserve(Hurry.SPARE)
    assert caught.value.retry_at == parse_instant("2026-11-19T00:00:00Z")
