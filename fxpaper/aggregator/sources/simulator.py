"""Made-up prices, for a first look without any provider. Nobody ever quoted them.

Every currency and metal has one worth in dollars that wanders; an instrument's price is the ratio
of two of them, so crosses always agree with their majors. A worth wanders at random around a level
that itself drifts for a while one way, then another.
"""

from __future__ import annotations

import asyncio
import heapq
import math
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping

from fxpaper.aggregator.one_sided import bid_around, spread_at
from fxpaper.aggregator.source import Capabilities, Finding, Span, Usage
from fxpaper.clock import Clock
from fxpaper.domain.bar import Bar
from fxpaper.domain.instant import NS_PER_SECOND, Instant
from fxpaper.domain.instrument import Instrument, Points
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.errors import TransientError

HISTORY_MINUTES = 300
_EVIDENCE = Evidence("simulator", Transport.SIMULATED, Spread.REAL, Grade.A)
_MINUTE_NS = 60 * NS_PER_SECOND
_STEPS_A_MINUTE = 12
_GAP_SECONDS = (0.1, 0.9)
_DRIFT_SECONDS = 900.0
_PULL = 1 / 1800
_YEAR_SECONDS = 252 * 86_400
_WIDEST = 10
"""No spread is more than so many typical ones, so that a price above that has a positive bid."""

# Dollars for one unit, and volatility a year, as in a calm year.
_WORTHS = {
    "USD": (1.0, 0.0),
    "EUR": (1.0850, 0.065),
    "GBP": (1.2700, 0.075),
    "AUD": (0.6550, 0.095),
    "NZD": (0.6050, 0.095),
    "CAD": (0.7325, 0.060),
    "CHF": (1.1300, 0.070),
    "JPY": (0.006690, 0.090),
    "SEK": (0.0950, 0.090),
    "NOK": (0.0935, 0.100),
    "DKK": (0.1455, 0.065),
    "PLN": (0.2500, 0.090),
    "CZK": (0.0430, 0.080),
    "HUF": (0.002750, 0.100),
    "SGD": (0.7400, 0.045),
    "HKD": (0.1281, 0.010),
    "CNH": (0.1385, 0.040),
    "MXN": (0.0550, 0.120),
    "ZAR": (0.0545, 0.140),
    "TRY": (0.0300, 0.120),
    "XAU": (2350.0, 0.150),
    "XAG": (29.50, 0.280),
    "XPT": (980.0, 0.220),
    "XPD": (1010.0, 0.320),
}


CAPABILITIES = Capabilities(
    title="The simulator",
    evidence=_EVIDENCE,
    sides="made up",
    updates="every 100 to 900 ms",
    history="300 made-up minutes",
    free_plan="all of it",
)


class _Worth:
    """What one unit of a currency is worth in dollars.

    Args:
        start: its first worth.
        volatility: standard deviation of a year's logarithmic return.
        chance: where it wanders to.
    """

    def __init__(self, start: float, volatility: float, chance: random.Random) -> None:
        self.log = self._level = math.log(start)
        self._a_second = volatility / math.sqrt(_YEAR_SECONDS)
        self._chance = chance
        self._drift = 0.0
        self._drift_left = 0.0

    def wander(self, seconds: float) -> None:
        """Let some time pass."""
        if self._drift_left <= 0:
            self._drift_left = self._chance.expovariate(1 / _DRIFT_SECONDS)
            self._drift = self._chance.gauss(0, 0.6) * self._a_second / math.sqrt(_DRIFT_SECONDS)
        self._drift_left -= seconds
        self._level += self._drift * seconds
        self.log += (self._level - self.log) * _PULL * seconds
        self.log += self._chance.gauss(0, self._a_second * math.sqrt(seconds))


class SimulatorSource:
    """Makes up quotes, the same ones for the same seed and symbols.

    Args:
        instruments: the known ones, by canonical symbol.
        clock: of the market; stamps the quotes.
        seed: decides every price and every pause.
        wait: sleeps for some seconds.
    """

    name = "simulator"
    capabilities = CAPABILITIES
    evidence = _EVIDENCE
    polled = False
    raw = ""
    latest: Quote | None = None

    def __init__(
        self,
        instruments: Mapping[str, Instrument],
        clock: Clock,
        seed: int,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._instruments = instruments
        self._clock = clock
        self._wait = wait
        self._chance = random.Random(seed)  # noqa: S311 - prices, not secrets
        self._worths = {
            name: _Worth(start, volatility, random.Random(f"{seed}{name}"))  # noqa: S311
            for name, (start, volatility) in _WORTHS.items()
        }
        self._past: dict[str, list[Bar]] | None = None

    def supports(self, symbol: str) -> bool:
        """Tell whether both sides of an instrument have a made-up worth."""
        instrument = self._instruments.get(symbol)
        return instrument is not None and {instrument.base, instrument.quote} <= _WORTHS.keys()

    async def quotes(self, symbols: frozenset[str]) -> AsyncIterator[Quote]:
        """Yield quotes of each symbol every 100 to 900 ms, for ever."""
        self._begin()
        waiting = [(self._gap(), symbol) for symbol in sorted(symbols)]
        heapq.heapify(waiting)
        passed = 0.0
        began = self._clock.now()
        while waiting:
            due, symbol = heapq.heapreplace(waiting, (waiting[0][0] + self._gap(), waiting[0][1]))
            ahead = began / NS_PER_SECOND + due - self._clock.now() / NS_PER_SECOND
            await self._wait(max(0.0, ahead))
            self._wander(due - passed)
            passed = due
            yield self._quote(self._instruments[symbol])

    async def fetch(self, symbol: str) -> Quote:
        """Refuse: the simulator streams.

        Raises:
            TransientError: always.
        """
        raise TransientError(f"The simulator cannot be asked for {symbol}; wait for its quote.")

    async def history(self, symbol: str, span: Span | None = None) -> list[Bar]:
        """Return 300 made-up minutes that end at the present price."""
        del span
        return self._begin()[symbol] if self.supports(symbol) else []

    async def usage(self) -> Usage | None:
        """Return None: nothing is counted."""
        return None

    async def probe(self, symbol: str) -> Finding:
        """Tell that nobody ever quoted its prices."""
        return Finding(ok=self.supports(symbol), text="Its prices are made up.")

    async def close(self) -> None:
        """Do nothing; there is nothing open."""

    def _begin(self) -> dict[str, list[Bar]]:
        """Make up the past, once; every worth is then where the live walk begins."""
        if self._past is None:
            ends_at = self._clock.now() - self._clock.now() % _MINUTE_NS
            self._past = {symbol: [] for symbol in self._instruments if self.supports(symbol)}
            for minute in range(HISTORY_MINUTES, 0, -1):
                self._make_minute(ends_at - minute * _MINUTE_NS, self._past)
        return self._past

    def _make_minute(self, opened_at: Instant, past: dict[str, list[Bar]]) -> None:
        steps = [self._bids(opened_at) for _ in self._steps()]
        for symbol, bars in past.items():
            bids = [step[symbol] for step in steps]
            bars.append(
                Bar(
                    symbol,
                    "1m",
                    opened_at,
                    bids[0],
                    max(bids),
                    min(bids),
                    bids[-1],
                    0,
                    closed=True,
                    source=self.name,
                )
            )

    def _steps(self) -> Iterator[int]:
        for step in range(_STEPS_A_MINUTE):
            self._wander(60 / _STEPS_A_MINUTE)
            yield step

    def _wander(self, seconds: float) -> None:
        for worth in self._worths.values():
            worth.wander(seconds)

    def _bids(self, at: Instant) -> dict[str, Points]:
        return {
            symbol: bid_around(self._middle(instrument), spread_at(instrument, at))
            for symbol, instrument in self._instruments.items()
            if self.supports(symbol)
        }

    def _middle(self, instrument: Instrument) -> Points:
        ratio = math.exp(self._worths[instrument.base].log - self._worths[instrument.quote].log)
        lowest = _WIDEST * instrument.typical_spread + 1
        return max(lowest, round(ratio * float(10**instrument.digits)))

    def _quote(self, instrument: Instrument) -> Quote:
        now = self._clock.now()
        spread = max(1, round(spread_at(instrument, now) * self._chance.uniform(0.7, 1.4)))
        bid = bid_around(self._middle(instrument), spread)
        return Quote(instrument.symbol, bid, bid + spread, now, now, _EVIDENCE)

    def _gap(self) -> float:
        return self._chance.uniform(*_GAP_SECONDS)
