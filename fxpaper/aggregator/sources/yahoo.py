"""Yahoo Finance, asked through yfinance.

One call, the chart of today's minutes, carries both the latest price with its time
(``regularMarketPrice``, ``regularMarketTime``) and the bars. There is one price, so the typical
spread is laid around it. Yahoo publishes no limits; it answers 429 when it has had enough.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fxpaper.aggregator.budget import Limits
from fxpaper.aggregator.one_sided import bar_around, quote_around, read_price
from fxpaper.aggregator.registry import Setup, SourceSpec
from fxpaper.aggregator.source import Capabilities, Span
from fxpaper.aggregator.sources.blocking import BlockingCalls
from fxpaper.aggregator.sources.polled import Polled
from fxpaper.aggregator.sources.polling import Hurry, Spending
from fxpaper.aggregator.sources.yahoo_names import yahoo_name
from fxpaper.domain.bar import INTERVALS, Bar
from fxpaper.domain.instant import NS_PER_SECOND
from fxpaper.domain.instrument import Instrument
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.errors import TransientError

if TYPE_CHECKING:
    from fxpaper.aggregator.sources.yahoo_calls import Chart, YahooCalls

_EVIDENCE = Evidence("yahoo", Transport.REST, Spread.MODELLED, Grade.C)
CAPABILITIES = Capabilities(
    title="Yahoo Finance",
    evidence=_EVIDENCE,
    sides="one price",
    updates="when asked; about once a minute",
    history="minutes of a week, hours of two years",
    free_plan="no key; 30 calls a minute are what we allow ourselves",
    past=("1m", "5m", "15m", "30m", "1h"),
    past_bars=5000,
)
_PATIENCE_SECONDS = 20.0
_FIRST_BAN_NS = 60 * NS_PER_SECOND
_LONGEST_BAN_NS = 1800 * NS_PER_SECOND


class YahooSource(Polled):
    """Asks Yahoo.

    Args:
        setup: what it works with.
        session: of curl_cffi or requests; None for yfinance's own.
    """

    name = "yahoo"
    evidence = _EVIDENCE
    capabilities = CAPABILITIES

    def __init__(
        self,
        setup: Setup,
        session: Any = None,  # noqa: ANN401 - either library's
    ) -> None:
        spending = Spending("Yahoo", self.name, setup.budget, setup.clock, setup.urgency)
        super().__init__(setup.instruments, spending)
        self._session = session
        self._calls = BlockingCalls("Yahoo", 1, _PATIENCE_SECONDS)
        self._sdk: YahooCalls | None = None
        self._ban_ns = _FIRST_BAN_NS

    def quotes_instrument(self, instrument: Instrument) -> bool:
        """Tell whether Yahoo has the spot price; it has none of metals, only futures."""
        return yahoo_name(instrument) is not None

    async def history(self, symbol: str, span: Span | None = None) -> list[Bar]:
        """Return closed bars, today's minutes where nothing else is asked for, oldest first."""
        instrument = self._instruments[symbol]
        interval = "1m" if span is None else span.interval
        rows = (await self._chart(instrument, lambda sdk, name: sdk.chart(name, span))).rows
        length, now = INTERVALS[interval] * NS_PER_SECOND, self._clock.now()
        return [
            bar_around(row.opened_at, row.prices, instrument, self.name, interval)
            for row in rows
            if row.opened_at % length == 0
            and row.opened_at + length <= now
            and (span is None or span.begins <= row.opened_at < span.ends)
        ]

    async def close(self) -> None:
        """Let go of the thread and the session."""
        self._calls.close(None if self._sdk is None else self._sdk.close)

    async def ask_quote(self, symbol: str, hurry: Hurry) -> Quote:
        """Return a quote asked for just now."""
        instrument = self._instruments[symbol]
        chart = await self._chart(instrument, lambda sdk, name: sdk.chart(name), hurry)
        if chart.quoted_at is None:
            raise TransientError(f"Yahoo, {symbol}: the price came without a time")
        middle = read_price(chart.price, instrument)
        return quote_around(middle, instrument, chart.quoted_at, self._clock.now(), _EVIDENCE)

    async def _chart(
        self,
        instrument: Instrument,
        call: Callable[[YahooCalls, str], Chart],
        hurry: Hurry = Hurry.SPARE,
    ) -> Chart:
        """Reserve a call and make it."""
        name = yahoo_name(instrument)
        if name is None:
            raise TransientError(f"Yahoo has no spot price of {instrument.symbol}.")
        await self._spending.reserve(hurry)
        outcome = await self._calls.call(lambda: self._try_chart(name, call))
        if isinstance(outcome, str):
            raise TransientError(f"Yahoo, {instrument.symbol}: {outcome}")
        if outcome is None:
            until = self._clock.now() + self._ban_ns
            self._ban_ns = min(2 * self._ban_ns, _LONGEST_BAN_NS)
            await self._budget.ban(self.name, until)
            raise self._spending.limited("too many requests", until)
        self._ban_ns = _FIRST_BAN_NS
        self.raw = f"price {outcome.price} at {outcome.quoted_at} ns, {len(outcome.rows)} bars"
        return outcome

    def _try_chart(self, name: str, call: Callable[[YahooCalls, str], Chart]) -> Chart | str | None:
        """Return the chart, why there is none, or None when Yahoo wants fewer calls.

        Runs in the thread; importing yfinance takes seconds.
        """
        from fxpaper.aggregator.sources.yahoo_calls import (  # noqa: PLC0415 - 2 s, 100 MB
            TooManyError,
            YahooCalls,
        )

        if self._sdk is None:
            self._sdk = YahooCalls(self._session)
        try:
            return call(self._sdk, name)
        except TooManyError:
            return None
        except ValueError as problem:
            self._sdk.forget()
            return f"the answer makes no sense: {problem}"
        except OSError as problem:
            return f"cannot be reached: {problem}"


SPEC = SourceSpec(
    name=YahooSource.name,
    capabilities=CAPABILITIES,
    make=YahooSource,
    supports=lambda instrument: yahoo_name(instrument) is not None,
    limits=Limits(per_minute=30),
)
