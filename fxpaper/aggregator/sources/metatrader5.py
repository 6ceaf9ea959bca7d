"""A MetaTrader 5 terminal on the same Windows machine, asked through MetaTrader's Python package.

The newest tick of each wanted symbol is looked at ten times a second; where it has changed, all
ticks since the latest one that was taken are copied, so none is lost between two looks. The
terminal's own login is used. Until the broker's clock is known there are no quotes; see
:mod:`fxpaper.aggregator.sources.metatrader5_clock`.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator

from fxpaper.aggregator.one_sided import read_price
from fxpaper.aggregator.registry import Setup, SourceSpec
from fxpaper.aggregator.source import Capabilities, Span
from fxpaper.aggregator.sources.blocking import BlockingCalls
from fxpaper.aggregator.sources.metatrader5_calls import (
    MOST_TICKS,
    Package,
    Rate,
    TerminalCalls,
    installed_package,
)
from fxpaper.aggregator.sources.metatrader5_clock import Tick, TickClock, Trail
from fxpaper.aggregator.sources.streaming import Stream
from fxpaper.domain.bar import INTERVALS, Bar
from fxpaper.domain.instant import NS_PER_SECOND, Instant
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.errors import ConfigurationError, TransientError

_EVIDENCE = Evidence("metatrader5", Transport.STREAM, Spread.REAL, Grade.A)
CAPABILITIES = Capabilities(
    title="MetaTrader 5 (Python package)",
    evidence=_EVIDENCE,
    sides="bid and ask of your broker",
    updates="every tick, looked at ten times a second",
    history="what the terminal has, real bids",
    free_plan="all of it, with a terminal of yours on this Windows machine",
    past=("1m", "5m", "15m", "30m", "1h"),
    past_bars=5000,
)
ELSEWHERE = (
    "metatrader5 works on Windows only; elsewhere the Expert Advisor hands over the same prices "
    "(fxpaper mt5 install)"
)
_PATIENCE_SECONDS = 30.0
_PAUSE_SECONDS = 0.1
_LOOKS_BETWEEN_CHECKS = 50
_LOOKS_FOR_THE_CLOCK = 100
_HOUR_SECONDS = 3600
_LATEST_NS = 300 * 60 * NS_PER_SECOND


class MetaTrader5Source(Stream):
    """Asks a terminal.

    Args:
        path: of ``terminal64.exe``, or ``auto``.
        setup: what it works with.
        package: MetaTrader's; None for the installed one.
        pause: seconds between two looks.
    """

    name = "metatrader5"
    evidence = _EVIDENCE
    capabilities = CAPABILITIES

    def __init__(
        self,
        path: str,
        setup: Setup,
        package: Package | None = None,
        pause: float = _PAUSE_SECONDS,
    ) -> None:
        self._instruments = setup.instruments
        self._chosen = setup.broker_names
        self._now = setup.clock.now
        self._pause = pause
        self._calls = BlockingCalls("MetaTrader 5", 1, _PATIENCE_SECONDS)
        load = installed_package if package is None else lambda: package
        self._terminal = TerminalCalls(path, load)
        self._clock = TickClock()

    def supports(self, symbol: str) -> bool:
        """Tell whether the broker has a symbol; that is known once the terminal was reached."""
        names = self._terminal.names
        return symbol in names if names else symbol in self._instruments

    async def quotes(self, symbols: frozenset[str]) -> AsyncGenerator[Quote, None]:
        """Yield ticks as they come.

        Raises:
            TransientError: the terminal is closed, does not answer, or has lost its broker.
            ConfigurationError: the package or the path is wrong.
        """
        named = await self._show(symbols)
        trails: dict[str, Trail] = {}
        looks = 0
        while True:
            newest = await self._look(named)
            for name, tick in newest.items():
                for one in await self._taken(trails, name, tick):
                    yield self._quote(named[name], one)
            looks += 1
            if looks % _LOOKS_BETWEEN_CHECKS == 0:
                await self._calls.call(self._terminal.check)
            await asyncio.sleep(self._pause)

    async def history(self, symbol: str, span: Span | None = None) -> list[Bar]:
        """Return closed bars of real bids, oldest first.

        Raises:
            TransientError: as for :meth:`quotes`, or the broker's clock is not known because
                nothing moves.
        """
        named = await self._show(frozenset({symbol}))
        await self._learn_the_clock(named)
        now = self._now()
        span = span or Span("1m", now - _LATEST_NS, now)
        # An hour more on both sides: the broker's clock may have been another one then.
        begins = self._clock.broker_seconds(span.begins) - _HOUR_SECONDS
        ends = self._clock.broker_seconds(min(span.ends, now)) + _HOUR_SECONDS
        [name] = named
        rates = await self._calls.call(
            lambda: self._terminal.rates(name, span.interval, begins, ends)
        )
        bars = [self._bar(symbol, span.interval, one, now) for one in rates]
        length = INTERVALS[span.interval] * NS_PER_SECOND
        return [
            one
            for one in bars
            if span.begins <= one.opened_at < span.ends
            and one.opened_at % length == 0
            and one.opened_at + length <= now
        ]

    async def close(self) -> None:
        """Let go of the terminal and the thread."""
        self._calls.close(self._terminal.shutdown)

    async def _show(self, symbols: frozenset[str]) -> dict[str, str]:
        """Connect, put symbols into the market watch, and return ours by the broker's names.

        Raises:
            TransientError: the terminal cannot be reached, or has none of them.
        """
        await self._calls.call(lambda: self._terminal.connect(self._instruments, self._chosen))
        names = self._terminal.names
        named = {names[symbol]: symbol for symbol in sorted(symbols) if symbol in names}
        if not named:
            raise TransientError(
                f"The broker of the MetaTrader 5 terminal has none of {', '.join(sorted(symbols))}"
            )
        await self._calls.call(lambda: self._terminal.select(named))
        return named

    async def _look(self, named: dict[str, str]) -> dict[str, Tick]:
        """Return the newest tick of each symbol, after the clock has been told of them."""
        newest = await self._calls.call(lambda: self._terminal.newest(named))
        now = self._now()
        for name, tick in newest.items():
            self._clock.see(name, tick.ms, now)
        return newest

    async def _taken(self, trails: dict[str, Trail], name: str, newest: Tick) -> list[Tick]:
        """Return the ticks of a symbol that have come since; while the clock is unknown they wait.

        The first one of all is shown only where its time can be told at once.
        """
        trail = trails.get(name)
        if trail is None:
            trails[name] = Trail(newest)
            return [newest] if self._clock.trusted else []
        if not self._clock.trusted or not trail.is_new(newest):
            return []
        copied = await self._calls.call(lambda: self._terminal.ticks_since(name, trail.begins))
        return trail.take(copied, newest if len(copied) < MOST_TICKS else None)

    async def _learn_the_clock(self, named: dict[str, str]) -> None:
        looks = 0
        while not self._clock.trusted:
            if looks == _LOOKS_FOR_THE_CLOCK:
                raise TransientError(
                    "The clock of the MetaTrader 5 terminal's broker is told from prices that "
                    f"move, and {', '.join(named)} does not; try again while the market is open"
                )
            await self._look(named)
            looks += 1
            await asyncio.sleep(self._pause)

    def _quote(self, symbol: str, tick: Tick) -> Quote:
        instrument = self._instruments[symbol]
        self.raw = f"{symbol} {tick}"
        sides = read_price(tick.bid, instrument), read_price(tick.ask, instrument)
        return Quote(symbol, *sides, self._clock.utc(tick.ms), self._now(), _EVIDENCE)

    def _bar(self, symbol: str, interval: str, rate: Rate, now: Instant) -> Bar:
        instrument = self._instruments[symbol]
        opened, high, low, close = (read_price(price, instrument) for price in rate.prices)
        return Bar(
            symbol,
            interval,
            self._clock.past_utc(rate.opened, now),
            opened,
            high,
            low,
            close,
            0,
            closed=True,
            source=self.name,
        )


def _make(setup: Setup) -> MetaTrader5Source:
    if sys.platform != "win32":
        raise ConfigurationError(f"{ELSEWHERE}.")
    return MetaTrader5Source(setup.keys["metatrader5_path"], setup)


SPEC = SourceSpec(
    name=MetaTrader5Source.name,
    capabilities=CAPABILITIES,
    make=_make,
    keys=("metatrader5_path",),
    unfit="" if sys.platform == "win32" else ELSEWHERE,
)
