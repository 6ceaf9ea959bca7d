"""What is told although no event says it: where prices come from, whether they come, the terminal.

Pure: quotes, states and the time in, alerts out. A first quote, a first connection and a symbol
that has never been quoted are no news.
"""

from __future__ import annotations

from collections.abc import Iterable

from fxpaper.aggregator.source import SourceCondition, SourceState
from fxpaper.domain.alert import Alert, AlertKind, Tone
from fxpaper.domain.instant import NS_PER_SECOND, Instant
from fxpaper.domain.quote import Quote, Transport
from fxpaper.domain.terminal import TerminalDown, TerminalSaid, TerminalUp

STALE_NS = {Transport.STREAM: 120 * NS_PER_SECOND, Transport.REST: 900 * NS_PER_SECOND}
"""Silence that is told, by how prices come; what is asked for may come once in minutes."""

_WORKS = {SourceCondition.LIVE, SourceCondition.QUIET}


class AlertWatch:
    """Remembers how things were."""

    def __init__(self) -> None:
        self._latest: dict[str, Quote] = {}
        self._heard: dict[str, Instant] = {}
        self._stale: set[str] = set()
        self._works: dict[str, bool] = {}
        self._terminal: bool | None = None

    def on_quote(self, quote: Quote) -> list[Alert]:
        """Take a quote that was passed on; mostly nothing is told."""
        symbol, at = quote.symbol, quote.received_at
        before = self._latest.get(symbol)
        self._latest[symbol] = quote
        since, self._heard[symbol] = self._heard.get(symbol, at), at
        if before is None:
            return []
        told: list[Alert] = []
        name = quote.evidence.source
        if name != before.evidence.source:
            text = f"Prices of {symbol} now come from {name} instead of {before.evidence.source}."
            told.append(Alert(kind=AlertKind.FAILOVER, at=at, text=text, symbol=symbol))
        if symbol in self._stale:
            self._stale.remove(symbol)
            minutes = max(1, (at - since) // (60 * NS_PER_SECOND))
            text = f"Prices of {symbol} are back after {minutes} min."
            told.append(Alert(kind=AlertKind.STALE, at=at, text=text, symbol=symbol))
        return told

    def on_time(self, now: Instant, *, is_open: bool) -> list[Alert]:
        """Look for prices that have stopped; in a closed market none are expected."""
        if not is_open:
            self._heard = dict.fromkeys(self._heard, now)
            return []
        told: list[Alert] = []
        for symbol, quote in self._latest.items():
            limit = STALE_NS.get(quote.evidence.transport)
            passed = now - self._heard[symbol]
            if limit is None or passed < limit or symbol in self._stale:
                continue
            self._stale.add(symbol)
            text = (
                f"No price of {symbol} for {passed // NS_PER_SECOND} s, last from "
                f"{quote.evidence.source}; nothing fills meanwhile."
            )
            told.append(
                Alert(kind=AlertKind.STALE, at=now, text=text, tone=Tone.BAD, symbol=symbol)
            )
        return told

    def on_sources(self, states: Iterable[SourceState], now: Instant) -> list[Alert]:
        """Look for sources that worked and have failed, or are back."""
        told: list[Alert] = []
        for state in states:
            failed = state.state is SourceCondition.FAILED
            if not failed and state.state not in _WORKS:
                continue
            before = self._works.get(state.name)
            if failed and before is None:
                continue
            self._works[state.name] = not failed
            if before is None or before is not failed:
                continue
            text = f"Source {state.name} is back."
            if failed:
                text = f"Source {state.name} has failed: {state.error or 'no reason given'}"
            tone = Tone.BAD if failed else Tone.GOOD
            told.append(Alert(kind=AlertKind.SOURCE, at=now, text=text, tone=tone))
        return told

    def on_terminal(self, said: TerminalSaid, now: Instant) -> list[Alert]:
        """Take what a live account's terminal said."""
        if not isinstance(said, TerminalUp | TerminalDown):
            return []
        before, self._terminal = self._terminal, isinstance(said, TerminalUp)
        if self._terminal is before or (before is None and self._terminal):
            return []
        if isinstance(said, TerminalDown):
            text = f"The terminal is away: {said.why} Stops stand at the broker."
            return [Alert(kind=AlertKind.BRIDGE, at=now, text=text, tone=Tone.BAD)]
        text = f"The terminal {said.name} is back."
        return [Alert(kind=AlertKind.BRIDGE, at=now, text=text, tone=Tone.GOOD)]
