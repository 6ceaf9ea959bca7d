"""Bars from quotes: one-minute bars grow with each bid, longer ones with each minute that closes.

An interval without quotes has no bar; nothing is made up. A bar is closed exactly once, by the
first quote after it or by the time, and a late quote never opens it again. Intervals are cut by
the provider's time, ``quoted_at``, and start at multiples of their length in UTC.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from itertools import islice

from fxpaper.domain.bar import INTERVALS, Bar
from fxpaper.domain.instant import NS_PER_SECOND, Instant
from fxpaper.domain.instrument import Points
from fxpaper.domain.quote import Quote

LIMIT = 3000
"""Closed bars kept of each symbol and interval."""
LATE_NS = 2 * NS_PER_SECOND
"""How long a bar waits for quotes that are still on their way before the time closes it."""
_MINUTE = "1m"
_MINUTE_NS = INTERVALS[_MINUTE] * NS_PER_SECOND
_LONGER = {name: INTERVALS[name] * NS_PER_SECOND for name in INTERVALS if name != _MINUTE}


class _Open:
    """A bar that is still growing."""

    __slots__ = ("close", "ends_at", "high", "low", "open", "opened_at", "quotes", "sources")

    def __init__(self, opened_at: Instant, length: int, price: Points, sources: str) -> None:
        self.opened_at = opened_at
        self.ends_at = opened_at + length
        self.open = self.high = self.low = self.close = price
        self.quotes = 0
        self.sources = sources.split("+")

    def add(self, bar: Bar) -> None:
        """Take in a closed bar of a shorter interval."""
        self.high = max(self.high, bar.high)
        self.low = min(self.low, bar.low)
        self.close = bar.close
        self.quotes += bar.quotes
        for source in bar.source.split("+"):
            if source not in self.sources:
                self.sources.append(source)

    def as_bar(self, symbol: str, interval: str, *, closed: bool) -> Bar:
        """Return it as it is now."""
        return Bar(
            symbol,
            interval,
            self.opened_at,
            self.open,
            self.high,
            self.low,
            self.close,
            self.quotes,
            closed,
            "+".join(self.sources),
        )


def longer_bars(bars: Iterable[Bar], interval: str) -> list[Bar]:
    """Return the closed bars of a longer interval that shorter ones make up, oldest first.

    Args:
        bars: closed, of one symbol, oldest first.
        interval: one of :data:`fxpaper.domain.bar.INTERVALS`.
    """
    length, made, growing = INTERVALS[interval] * NS_PER_SECOND, list[Bar](), None
    symbol = ""
    for bar in bars:
        start = bar.opened_at - bar.opened_at % length
        if growing is not None and growing.opened_at != start:
            made.append(growing.as_bar(symbol, interval, closed=True))
            growing = None
        if growing is None:
            growing, symbol = _Open(start, length, bar.open, bar.source), bar.symbol
        growing.add(bar)
    if growing is not None:
        made.append(growing.as_bar(symbol, interval, closed=True))
    return made


class _Track:
    """The bars of one symbol."""

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol
        self.minute: _Open | None = None
        self.closed_until: Instant = 0
        self.longer: dict[str, _Open] = {}
        self.closed: dict[str, deque[Bar]] = {name: deque(maxlen=LIMIT) for name in INTERVALS}

    def close_minute(self) -> list[Bar]:
        """Close the growing minute and return every bar that this closed."""
        minute = self.minute
        if minute is None:
            return []
        self.minute, self.closed_until = None, minute.ends_at
        bar = minute.as_bar(self.symbol, _MINUTE, closed=True)
        self.closed[_MINUTE].append(bar)
        return [bar, *self.grow_longer(bar), *self.close_longer(minute.ends_at)]

    def grow_longer(self, bar: Bar) -> list[Bar]:
        """Take a closed minute into the longer bars; return those that ended before it."""
        ended = self.close_longer(bar.opened_at)
        for interval, length in _LONGER.items():
            longer = self.longer.get(interval)
            if longer is None:
                start = bar.opened_at - bar.opened_at % length
                longer = _Open(start, length, bar.open, bar.source)
                self.longer[interval] = longer
            longer.add(bar)
        return ended

    def close_longer(self, until: Instant) -> list[Bar]:
        """Close the longer bars that end at or before ``until``."""
        ended = [name for name, longer in self.longer.items() if longer.ends_at <= until]
        bars = [self.longer.pop(name).as_bar(self.symbol, name, closed=True) for name in ended]
        for bar in bars:
            self.closed[bar.interval].append(bar)
        return bars

    def growing(self, interval: str) -> Bar | None:
        """Return the bar of an interval that is not closed yet."""
        minute = self.minute
        if interval == _MINUTE:
            return None if minute is None else minute.as_bar(self.symbol, _MINUTE, closed=False)
        longer = self.longer.get(interval)
        so_far = None if longer is None else longer.as_bar(self.symbol, interval, closed=False)
        if minute is None:
            return so_far
        length = _LONGER[interval]
        start = minute.opened_at - minute.opened_at % length
        newest = minute.as_bar(self.symbol, _MINUTE, closed=False)
        joined = _Open(start, length, newest.open, newest.source)
        if so_far is not None and so_far.opened_at == start:
            joined = _Open(start, length, so_far.open, so_far.source)
            joined.add(so_far)
        joined.add(newest)
        return joined.as_bar(self.symbol, interval, closed=False)


class Bars:
    """Bars of every symbol and interval.

    Args:
        is_open: tells whether the market trades at an instant; there are no bars while it does
            not, because some providers go on repeating Friday's price.
    """

    def __init__(self, is_open: Callable[[Instant], bool]) -> None:
        self._is_open = is_open
        self._tracks: dict[str, _Track] = {}

    def on_quote(self, quote: Quote) -> list[Bar]:
        """Take a quote and return the bars that it closed."""
        track = self._tracks.get(quote.symbol)
        minute = track.minute if track is not None else None
        if minute is None or not minute.opened_at <= quote.quoted_at < minute.ends_at:
            return self._start_minute(quote)
        bid = quote.bid
        if bid > minute.high:
            minute.high = bid
        elif bid < minute.low:
            minute.low = bid
        minute.close = bid
        minute.quotes += 1
        source = quote.evidence.source
        if source != minute.sources[-1] and source not in minute.sources:
            minute.sources.append(source)
        return []

    def on_time(self, now: Instant) -> list[Bar]:
        """Return the bars whose interval is over and that no quote has closed."""
        closed: list[Bar] = []
        until = now - LATE_NS
        for track in self._tracks.values():
            if track.minute is not None and track.minute.ends_at <= until:
                closed += track.close_minute()
            closed += track.close_longer(until)
        return closed

    def seed(self, symbol: str, history: Iterable[Bar]) -> None:
        """Put closed one-minute bars of a provider's history before what quotes have made.

        Minutes that are known already stay as they are. Nothing is taken once the kept minutes
        are full.
        """
        track = self._tracks.setdefault(symbol, _Track(symbol))
        known = track.closed[_MINUTE]
        if len(known) == LIMIT:
            return
        minutes = {bar.opened_at: bar for bar in history if self._is_open(bar.opened_at)}
        if track.minute is not None:
            minutes = {at: bar for at, bar in minutes.items() if at < track.minute.opened_at}
        minutes |= {bar.opened_at: bar for bar in known}
        rebuilt = _Track(symbol)
        rebuilt.minute = track.minute
        for at in sorted(minutes)[-LIMIT:]:
            rebuilt.closed[_MINUTE].append(minutes[at])
            rebuilt.grow_longer(minutes[at])
            rebuilt.closed_until = at + _MINUTE_NS
        rebuilt.close_longer(max(rebuilt.closed_until, track.closed_until))
        self._tracks[symbol] = rebuilt

    def series(self, symbol: str, interval: str, limit: int) -> list[Bar]:
        """Return the newest bars, oldest first; the last one may be open.

        Raises:
            KeyError: there is no such interval.
        """
        if interval not in INTERVALS:
            raise KeyError(interval)
        track = self._tracks.get(symbol)
        if track is None:
            return []
        growing = track.growing(interval)
        tail = [] if growing is None else [growing]
        newest = list(islice(reversed(track.closed[interval]), max(0, limit - len(tail))))
        return [*reversed(newest), *tail][-limit:] if limit > 0 else []

    def _start_minute(self, quote: Quote) -> list[Bar]:
        """Begin the minute that a quote belongs to, unless it is over or the market is shut."""
        track = self._tracks.setdefault(quote.symbol, _Track(quote.symbol))
        at = quote.quoted_at - quote.quoted_at % _MINUTE_NS
        ahead_of = track.closed_until if track.minute is None else track.minute.ends_at
        if at < ahead_of or not self._is_open(quote.quoted_at):
            return []
        closed = track.close_minute()
        track.minute = _Open(at, _MINUTE_NS, quote.bid, quote.evidence.source)
        track.minute.quotes = 1
        return [*closed, *track.close_longer(at)]
