"""What every source that has to be asked does alike: it spends a plan that has not every pair."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping

from fxpaper.aggregator.source import Finding, Usage
from fxpaper.aggregator.sources.polling import Hurry, Spending, poll
from fxpaper.domain.instant import NS_PER_SECOND, Instant
from fxpaper.domain.instrument import Instrument
from fxpaper.domain.quote import Quote

_BLOCKED_NS = 24 * 3600 * NS_PER_SECOND


def account_name(source: str, key: str) -> str:
    """Return whose budget a key spends; the key cannot be read from it."""
    return f"{source}:{hashlib.sha256(key.encode()).hexdigest()[:12]}"


class Polled(ABC):
    """The part of :class:`fxpaper.aggregator.source.Source` in which all that are asked are alike.

    Args:
        instruments: the known ones, by canonical symbol.
        spending: of its plan.
    """

    name: str
    polled = True
    raw = ""
    latest: Quote | None = None

    def __init__(self, instruments: Mapping[str, Instrument], spending: Spending) -> None:
        self._instruments = instruments
        self._spending = spending
        self._clock = spending.clock
        self._budget = spending.budget
        self._account = spending.account
        self._blocked: dict[str, Instant] = {}

    def supports(self, symbol: str) -> bool:
        """Tell whether a pair can be asked for; False for a day where the plan has it not."""
        instrument = self._instruments.get(symbol)
        if instrument is None or self._blocked.get(symbol, 0) > self._clock.now():
            return False
        return self.quotes_instrument(instrument)

    def quotes(self, symbols: frozenset[str]) -> AsyncIterator[Quote]:
        """Ask for the symbols in turn, spread over what the plan leaves of the day."""
        return poll(symbols, self.ask_quote, self._spending)

    async def fetch(self, symbol: str) -> Quote:
        """Ask for a quote now; may use the part of the plan that is kept for this."""
        self.latest = await self.ask_quote(symbol, Hurry.NOW)
        return self.latest

    async def usage(self) -> Usage | None:
        """Return what is used of the plan."""
        return await self._budget.usage(self._account)

    async def probe(self, symbol: str) -> Finding:
        """Ask for a quote."""
        quote = await self.ask_quote(symbol, Hurry.NOW)
        age = (quote.received_at - quote.quoted_at) / NS_PER_SECOND
        text = f"{symbol} is answered, {age:.0f} s old, grade {quote.evidence.grade}."
        return Finding(ok=True, text=text)

    @abstractmethod
    async def ask_quote(self, symbol: str, hurry: Hurry) -> Quote:
        """Return a quote asked for just now.

        Args:
            symbol: which.
            hurry: how the call is counted.
        """

    @abstractmethod
    def quotes_instrument(self, instrument: Instrument) -> bool:
        """Tell whether the provider quotes this very instrument."""

    def _block(self, symbol: str) -> None:
        """Leave a symbol alone for a day, because the plan does not have it."""
        self._blocked[symbol] = self._clock.now() + _BLOCKED_NS
