"""Asking in turn, at the pace that the budget sets."""

from __future__ import annotations

from itertools import islice

import pytest

from fxpaper.aggregator.budget import Budget, Limits, Wait
from fxpaper.aggregator.sources.polling import poll, reserve
from fxpaper.clock import ManualClock, SystemClock
from fxpaper.domain.instant import NS_PER_SECOND, parse_instant
from fxpaper.errors import RateLimitedError, TransientError

NOON = parse_instant("2026-11-18T12:00:00Z")
MINUTE = 60 * NS_PER_SECOND
PLAN = {"twelve_data": Limits(per_minute=8, per_day=800)}


class Asked:
    """A provider that has some symbols, and the waits between the calls."""

    def __init__(self, quote, broken: dict[str, Exception]) -> None:
        self.quote, self.broken = quote, broken
        self.calls: list[str] = []
        self.waits: list[float] = []

    async def fetch(self, symbol: str):
        self.calls.append(symbol)
        if symbol in self.broken:
            raise self.broken[symbol]
        return self.quote(symbol=symbol)

    async def pace(self) -> float:
        return 7.5

    async def wait(self, seconds: float) -> None:
        self.waits.append(seconds)

    async def take(self, symbols: set[str], count: int) -> list[str]:
        """Return the symbols of the first quotes."""
        quotes = poll(frozenset(symbols), self.fetch, self.pace, self.wait)
        return [(await anext(quotes)).symbol for _ in islice(range(count), count)]


async def test_symbols_take_turns_and_only_the_first_round_is_not_paced(quote):
    asked = Asked(quote, {})
    assert await asked.take({"B", "A"}, 5) == ["A", "B", "A", "B", "A"]
    assert asked.waits == [7.5, 7.5, 7.5]


async def test_one_symbol_that_cannot_be_had_does_not_stop_the_others(quote):
    asked = Asked(quote, {"B": TransientError("no price")})
    assert await asked.take({"A", "B", "C"}, 4) == ["A", "C", "A", "C"]


async def test_two_failures_in_a_row_are_the_sources(quote):
    asked = Asked(quote, {"B": TransientError("b"), "C": TransientError("c")})
    with pytest.raises(TransientError, match="c"):
        await asked.take({"A", "B", "C"}, 4)
    assert asked.calls == ["A", "B", "C"]


async def test_the_only_symbol_fails_at_once(quote):
    with pytest.raises(TransientError, match="b"):
        await Asked(quote, {"B": TransientError("b")}).take({"B"}, 1)


async def test_a_spent_budget_stops_the_round(quote):
    asked = Asked(quote, {"A": RateLimitedError("spent", 5)})
    with pytest.raises(RateLimitedError):
        await asked.take({"A", "B"}, 1)
    assert asked.calls == ["A"]


async def test_a_call_without_hurry_waits_for_the_next_minute(store):
    """The clock is set so that the minute ends a twentieth of a second from now."""
    real = SystemClock()
    ahead = -(real.now() + NS_PER_SECOND // 20) % MINUTE

    class Shifted:
        def now(self) -> int:
            return real.now() + ahead

    budget = Budget(store, PLAN, Shifted().now)
    await budget.settle("twelve_data", minute=8)
    minute = Shifted().now() // MINUTE
    assert isinstance(await reserve(budget, "twelve_data", Shifted(), spare=False), Wait)
    assert await reserve(budget, "twelve_data", Shifted(), spare=True) is None
    assert Shifted().now() // MINUTE == minute + 1


async def test_nobody_waits_for_the_next_day(store):
    clock = ManualClock(NOON)
    budget = Budget(store, PLAN, clock.now)
    await budget.settle("twelve_data", day=800)
    spent = await reserve(budget, "twelve_data", clock, spare=True)
    assert spent is not None
    assert spent.window == "day"
