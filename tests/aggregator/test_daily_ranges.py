"""Average days are learnt from the hours of the past month."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fxpaper.aggregator.history import History
from fxpaper.aggregator.source import Span
from fxpaper.clock import ManualClock
from fxpaper.daily_ranges import learn
from fxpaper.domain.bar import INTERVALS, Bar
from fxpaper.engine.sessions import forex_is_open
from fxpaper.errors import TransientError
from fxpaper.signals.volatility import Volatility
from tests.aggregator.test_history import EURUSD, KNOWN, NOW, Past


class Calm(Past):
    """Every hour goes from 100 to 180 and back; the first answer is a failure."""

    async def history(self, symbol: str, span: Span) -> list[Bar]:
        self.asked.append(span)
        if len(self.asked) == 1:
            raise TransientError("The line is down.")
        length = INTERVALS[span.interval] * 10**9
        openings = range(-(-span.begins // length) * length, span.ends, length)
        return [
            Bar(symbol, span.interval, at, 100, 180, 100, 100, 0, closed=True, source="x")
            for at in openings
            if at + length <= self.clock.now()
        ]


async def test_the_past_month_is_learnt_and_asked_again_after_a_failure(tmp_path: Path):
    """A symbol that nobody has a past of stays unknown and holds nothing up."""
    clock = ManualClock(NOW)
    sources: list[Any] = [Calm(clock)]
    volatility = Volatility()
    history = History(tmp_path, sources, clock, forex_is_open)
    await learn(volatility, [KNOWN["GBPUSD"], EURUSD], history, clock, again_seconds=0)
    assert volatility.daily_range("EURUSD", NOW) == 80
    assert volatility.daily_range("GBPUSD", NOW) is None
