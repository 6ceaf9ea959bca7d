"""A month on free plans, in virtual time: what is spent, and how old quotes become.

Two processes share the key of each provider and its budget, are stopped and started again every few
hours, and now and then a signal asks for a quote at once. The provider counts the calls in its own
minutes and days; one too many ends the run. Printed is how long each symbol waited between two
quotes while the market was open. Plans without a limit of the day are left out.

    python -m benchmarks.free_plans [DAYS]
"""

from __future__ import annotations

import asyncio
import heapq
import random
import sys
import tempfile
from collections import Counter
from contextlib import aclosing
from itertools import pairwise
from pathlib import Path
from statistics import quantiles
from zoneinfo import ZoneInfo

from fxpaper.aggregator.budget import Budget, Limits
from fxpaper.aggregator.planner import Urgency, open_seconds
from fxpaper.aggregator.registry import plans
from fxpaper.aggregator.sources import polling
from fxpaper.aggregator.sources.polling import Hurry, Spending, poll
from fxpaper.aggregator.store import Store, open_store
from fxpaper.clock import ManualClock
from fxpaper.domain.instant import NS_PER_SECOND, Instant, as_datetime, parse_instant
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.engine.sessions import FOREX_HOLIDAYS, trading_hours
from fxpaper.errors import RateLimitedError

SYMBOLS = ("EURUSD", "GBPUSD", "USDJPY", "AUDUSD", "XAUUSD")
BEGINS = parse_instant("2026-10-26T00:00:00Z")
_DAY = 86_400
_SHORTEST_NS = NS_PER_SECOND // 1000
_RESTART_HOURS = (2, 9)
_SIGNAL_HOURS = 1.5
_EVIDENCE = Evidence("provider", Transport.REST, Spread.MODELLED, Grade.C)


class VirtualTime:
    """Time that passes only when everybody waits for it."""

    def __init__(self, begins: Instant) -> None:
        self.clock = ManualClock(begins)
        self._waiting: list[tuple[Instant, int, asyncio.Future[None]]] = []
        self._number = 0

    async def wait(self, seconds: float) -> None:
        """Return when so many seconds of it have passed."""
        future = asyncio.get_running_loop().create_future()
        self._number += 1
        at = self.clock.now() + max(_SHORTEST_NS, round(seconds * NS_PER_SECOND))
        heapq.heappush(self._waiting, (at, self._number, future))
        await future

    async def pass_until(self, ends: Instant, tasks: int) -> None:
        """Let it pass; ``tasks`` is how many wait for it."""
        while True:
            while len(self._waiting) < tasks:  # noqa: ASYNC110 - whoever works is not waiting
                await asyncio.sleep(0)
            at, _, future = self._waiting[0]
            if at > ends:
                return
            heapq.heappop(self._waiting)
            if future.cancelled():
                continue
            self.clock.move_to(at)
            future.set_result(None)


class Provider:
    """Answers, and counts in its own windows."""

    def __init__(self, name: str, plan: Limits, time: VirtualTime) -> None:
        self.name, self.plan, self.time = name, plan, time
        self.counts: Counter[tuple[str, str]] = Counter()
        self.asked_at: dict[str, list[Instant]] = {symbol: [] for symbol in SYMBOLS}

    def answer(self, symbol: str) -> Quote:
        """Return a quote, or end the run because the plan is exceeded."""
        now = self.time.clock.now()
        local = as_datetime(now).astimezone(ZoneInfo(self.plan.midnight))
        for window, limit, text in (
            ("minute", self.plan.per_minute, f"{local:%Y-%m-%d %H:%M}"),
            ("hour", self.plan.per_hour, f"{local:%Y-%m-%d %H}"),
            ("day", self.plan.per_day, f"{local:%Y-%m-%d}"),
        ):
            self.counts[window, text] += 1
            if limit is not None and self.counts[window, text] > limit:
                raise AssertionError(f"{self.name}: more than {limit} in the {window} {text}")
        self.asked_at[symbol].append(now)
        return Quote(symbol, 100_000, 100_010, now, now, _EVIDENCE)

    def most(self, window: str) -> int:
        """Return the most calls that fell into one window."""
        return max((n for (name, _), n in self.counts.items() if name == window), default=0)


class Process:
    """One of two daemons with the same key: polls, and is restarted."""

    def __init__(
        self, provider: Provider, plan: Limits, store: Store, chance: random.Random
    ) -> None:
        self._provider, self._plan, self._store, self._chance = provider, plan, store, chance
        self._time = provider.time

    def _spending(self) -> Spending:
        clock = self._time.clock
        budget = Budget(self._store, {self._provider.name: self._plan}, clock.now)
        near = self._chance.choice(SYMBOLS)

        def urgency(symbol: str) -> Urgency:
            return Urgency.NEAR_LEVEL if symbol == near else Urgency.WATCHED

        return Spending(
            self._provider.name, self._provider.name, budget, clock, urgency, self._time.wait
        )

    async def run(self) -> None:
        """Live, die and live again for ever."""
        while True:
            hours = self._chance.uniform(*_RESTART_HOURS)
            dies_at = self._time.clock.now() + round(hours * 3600 * NS_PER_SECOND)
            try:
                await self._live(dies_at)
            except RateLimitedError as problem:
                left = (problem.retry_at - self._time.clock.now()) / NS_PER_SECOND
                await self._time.wait(max(1.0, left))

    async def _live(self, dies_at: Instant) -> None:
        spending = self._spending()

        async def fetch(symbol: str, hurry: Hurry) -> Quote:
            await spending.reserve(hurry)
            return self._provider.answer(symbol)

        async with aclosing(poll(frozenset(SYMBOLS), fetch, spending)) as quotes:  # type: ignore[type-var]
            async for _ in quotes:
                if self._time.clock.now() >= dies_at:
                    return

    async def signals(self) -> None:
        """Ask for a quote at once, now and then, in open hours."""
        spending, hours = self._spending(), trading_hours("", FOREX_HOLIDAYS)
        while True:
            await self._time.wait(self._chance.expovariate(1 / (_SIGNAL_HOURS * 3600)))
            if not hours.session(self._time.clock.now()).open:
                continue
            try:
                await spending.reserve(Hurry.NOW)
            except RateLimitedError:
                continue
            self._provider.answer(self._chance.choice(SYMBOLS))


async def live_through(
    name: str, plan: Limits, days: float, store: Store, allowed: Limits | None = None
) -> Provider:
    """Let two processes live on one plan and return what the provider has seen.

    Args:
        name: of the provider.
        plan: that is counted on.
        days: to live through.
        store: with the budgets.
        allowed: what the provider really allows; the plan by default.

    Raises:
        AssertionError: the plan was exceeded.
    """
    time, chance = VirtualTime(BEGINS), random.Random(name)  # noqa: S311 - a rehearsal
    provider = Provider(name, allowed or plan, time)
    processes = [Process(provider, plan, store, random.Random(chance.random())) for _ in range(2)]  # noqa: S311
    usual, polling.SLICE_SECONDS = polling.SLICE_SECONDS, 600.0
    tasks = [asyncio.create_task(work()) for one in processes for work in (one.run, one.signals)]
    passing = asyncio.create_task(
        time.pass_until(BEGINS + round(days * _DAY) * NS_PER_SECOND, len(tasks))
    )
    try:
        await asyncio.wait([passing, *tasks], return_when=asyncio.FIRST_COMPLETED)
        for task in (passing, *tasks):
            if task.done():
                task.result()
    finally:
        polling.SLICE_SECONDS = usual
        for task in (passing, *tasks):
            task.cancel()
        await asyncio.gather(passing, *tasks, return_exceptions=True)
    return provider


def waits(provider: Provider) -> list[float]:
    """Return the open seconds between two quotes of a symbol, of all symbols."""
    hours = trading_hours("", FOREX_HOLIDAYS)
    return [
        open_seconds(hours, sooner, later)
        for times in provider.asked_at.values()
        for sooner, later in pairwise(times)
    ]


async def _main(days: float) -> None:
    print(f"{days:g} days, two processes, {len(SYMBOLS)} symbols; one of them near a level")
    print("plan           most a minute  most a day   quotes   seconds between quotes")
    print("                                                    median     p90     p99     max")
    for name, plan in plans().items():
        if plan.per_day is None:
            continue
        with tempfile.TemporaryDirectory() as folder:
            store = await open_store(None, Path(folder))
            provider = await live_through(name, plan, days, store)
            await store.close()
        ages = waits(provider)
        cuts = quantiles(ages, n=100)
        minute = f"{provider.most('minute')}/{plan.per_minute or '-'}"
        day = f"{provider.most('day')}/{plan.per_day or '-'}"
        print(
            f"{name:14} {minute:>13}  {day:>10} {len(ages):>8}   "
            f"{cuts[49]:>6.0f}  {cuts[89]:>6.0f}  {cuts[98]:>6.0f}  {max(ages):>6.0f}"
        )


if __name__ == "__main__":
    asyncio.run(_main(float(sys.argv[1]) if len(sys.argv) > 1 else 30))
