"""Yahoo Finance, asked through yfinance.

One call, the chart of today's minutes, carries both the latest price with its time
(``regularMarketPrice``, ``regularMarketTime``) and the bars. There is one price, so the typical
spread is laid around it. Yahoo publishes no limits; it answers 429 when it has had enough.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any

from fxpaper.aggregator.budget import Budget
from fxpaper.aggregator.one_sided import bar_around, quote_around, read_price
from fxpaper.aggregator.source import Usage
from fxpaper.aggregator.sources.blocking import BlockingCalls
from fxpaper.aggregator.sources.polling import poll, reserve
from fxpaper.aggregator.sources.yahoo_names import yahoo_name
from fxpaper.clock import Clock
from fxpaper.domain.bar import Bar
from fxpaper.domain.instant import NS_PER_SECOND, Instant, format_instant
from fxpaper.domain.instrument import Instrument
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.errors import RateLimitedError, TransientError

if TYPE_CHECKING:
    from fxpaper.aggregator.sources.yahoo_calls import Chart, Row, YahooCalls

_EVIDENCE = Evidence("yahoo", Transport.REST, Spread.MODELLED, Grade.C)
_PATIENCE_SECONDS = 20.0
_MINUTE_NS = 60 * NS_PER_SECOND
_FIRST_BAN_NS = 60 * NS_PER_SECOND
_LONGEST_BAN_NS = 1800 * NS_PER_SECOND


class YahooSource:
    """Asks Yahoo.

    Args:
        instruments: the known ones, by canonical symbol.
        clock: of the market.
        budget: knows the plan of ``yahoo``.
        session: of curl_cffi or requests; None for yfinance's own.
    """

    name = "yahoo"
    evidence = _EVIDENCE
    polled = True

    def __init__(
        self,
        instruments: Mapping[str, Instrument],
        clock: Clock,
        budget: Budget,
        session: Any = None,  # noqa: ANN401 - either library's
    ) -> None:
        self._instruments = instruments
        self._clock = clock
        self._budget = budget
        self._session = session
        self._calls = BlockingCalls("Yahoo", 1, _PATIENCE_SECONDS)
        self._sdk: YahooCalls | None = None
        self._ban_ns = _FIRST_BAN_NS

    def supports(self, symbol: str) -> bool:
        """Tell whether Yahoo has the spot price; it has none of metals, only futures."""
        instrument = self._instruments.get(symbol)
        return instrument is not None and yahoo_name(instrument) is not None

    def quotes(self, symbols: frozenset[str]) -> AsyncIterator[Quote]:
        """Ask for the symbols in turn, as often as the budget allows."""
        return poll(symbols, self._fetch_spare, self._pace)

    async def fetch(self, symbol: str) -> Quote:
        """Ask for a quote now."""
        return await self._fetch(symbol, spare=False)

    async def history(self, symbol: str) -> list[Bar]:
        """Return today's closed one-minute bars, oldest first."""
        instrument = self._instruments[symbol]
        chart = await self._chart(instrument, spare=True)
        now = self._clock.now()
        return [
            bar_around(row.opened_at, row.prices, instrument, self.name)
            for row in chart.rows
            if _is_closed(row, now)
        ]

    async def usage(self) -> Usage | None:
        """Return what we have used of what we allow ourselves."""
        return await self._budget.usage(self.name)

    async def close(self) -> None:
        """Let go of the thread and the session."""
        self._calls.close(None if self._sdk is None else self._sdk.close)

    async def _fetch_spare(self, symbol: str) -> Quote:
        return await self._fetch(symbol, spare=True)

    async def _fetch(self, symbol: str, *, spare: bool) -> Quote:
        instrument = self._instruments[symbol]
        chart = await self._chart(instrument, spare=spare)
        if chart.quoted_at is None:
            raise TransientError(f"Yahoo, {symbol}: the price came without a time")
        middle = read_price(chart.price, instrument)
        return quote_around(middle, instrument, chart.quoted_at, self._clock.now(), _EVIDENCE)

    async def _pace(self) -> float:
        return await self._budget.pace(self.name, self._clock.now())

    async def _chart(self, instrument: Instrument, *, spare: bool) -> Chart:
        """Reserve a call and make it."""
        name = yahoo_name(instrument)
        if name is None:
            raise TransientError(f"Yahoo has no spot price of {instrument.symbol}.")
        spent = await reserve(self._budget, self.name, self._clock, spare=spare)
        if spent is not None:
            raise self._limited("our own limit of calls is reached", spent.until)
        outcome = await self._calls.call(lambda: self._try_chart(name))
        if isinstance(outcome, str):
            raise TransientError(f"Yahoo, {instrument.symbol}: {outcome}")
        if outcome is None:
            until = self._clock.now() + self._ban_ns
            self._ban_ns = min(2 * self._ban_ns, _LONGEST_BAN_NS)
            await self._budget.ban(self.name, until)
            raise self._limited("too many requests", until)
        self._ban_ns = _FIRST_BAN_NS
        return outcome

    def _try_chart(self, name: str) -> Chart | str | None:
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
            return self._sdk.chart(name)
        except TooManyError:
            return None
        except ValueError as problem:
            self._sdk.forget()
            return f"the answer makes no sense: {problem}"
        except OSError as problem:
            return f"cannot be reached: {problem}"

    def _limited(self, why: str, until: Instant) -> RateLimitedError:
        return RateLimitedError(f"Yahoo: {why}; asked again at {format_instant(until)}", until)


def _is_closed(row: Row, now: Instant) -> bool:
    """Tell whether a row is a whole minute; the last one is still growing or a stray price."""
    return row.opened_at % _MINUTE_NS == 0 and row.opened_at + _MINUTE_NS <= now
