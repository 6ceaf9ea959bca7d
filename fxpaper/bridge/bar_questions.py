"""Bars of the past, asked of a terminal that has the symbol."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping

from fxpaper.aggregator.broker_past import past_utc
from fxpaper.aggregator.source import Span
from fxpaper.aggregator.sources.metatrader import EVIDENCE
from fxpaper.bridge.messages import ToTerminal
from fxpaper.bridge.session import Session
from fxpaper.bridge.trade_messages import Bars, BarsWanted
from fxpaper.clock import Clock
from fxpaper.domain.bar import INTERVALS, Bar
from fxpaper.domain.instant import NS_PER_MS, NS_PER_SECOND, Instant
from fxpaper.domain.instrument import Instrument
from fxpaper.errors import TransientError

_PATIENCE_SECONDS = 20.0
_HOUR_SECONDS = 3600

Say = Callable[[Session, ToTerminal], None]


class BarQuestions:
    """Asks, and gives each answer to who asked.

    Args:
        instruments: the known ones, by canonical symbol.
        clock: of the market.
        sessions: returns the terminals that are connected.
        say: sends a terminal a message.
    """

    def __init__(
        self,
        instruments: Mapping[str, Instrument],
        clock: Clock,
        sessions: Callable[[], Iterable[Session]],
        say: Say,
    ) -> None:
        self._instruments = instruments
        self._clock = clock
        self._sessions = sessions
        self._say = say
        self._waiting: dict[int, asyncio.Future[Bars]] = {}
        self._asked = 0

    async def ask(self, symbol: str, span: Span) -> list[Bar]:
        """Return closed bars of bids, oldest first.

        Raises:
            TransientError: no terminal has the symbol, knows its clock, or answers in time.
        """
        session = next((one for one in self._sessions() if _can_tell(one, symbol)), None)
        if session is None:
            raise TransientError(f"No terminal is connected that can tell bars of {symbol}.")
        self._asked += 1
        number, now, ahead = self._asked, self._clock.now(), session.memory.clock.offset
        question = BarsWanted(
            s=session.next_number(),
            t=now // NS_PER_MS,
            req=number,
            sym=session.symbols[symbol].symbol,
            minutes=INTERVALS[span.interval] // 60,
            # An hour more on both sides: the broker's clock may have been another one then.
            begins=span.begins // NS_PER_SECOND + ahead - _HOUR_SECONDS,
            ends=min(span.ends, now) // NS_PER_SECOND + ahead + _HOUR_SECONDS,
        )
        answer: asyncio.Future[Bars] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        self._say(session, question)
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                told = await answer
        except TimeoutError:
            raise TransientError(f"The terminal {session.name} told no bars in time.") from None
        finally:
            self._waiting.pop(number, None)
        return self._bars(symbol, span, told, ahead * NS_PER_SECOND, now)

    def take(self, told: Bars) -> None:
        """Give an answer to who asked; one that nobody waits for is dropped."""
        waiting = self._waiting.get(told.req)
        if waiting is not None and not waiting.done():
            waiting.set_result(told)

    def _bars(self, symbol: str, span: Span, told: Bars, ahead_ns: int, now: Instant) -> list[Bar]:
        instrument, length = self._instruments[symbol], INTERVALS[span.interval] * NS_PER_SECOND
        bars = []
        for opened, *prices in told.rows:
            at = past_utc(opened, ahead_ns, now)
            if not span.begins <= at < span.ends or at + length > now:
                continue
            first, high, low, last = (instrument.nearest_points(price) for price in prices)
            bars.append(
                Bar(
                    symbol,
                    span.interval,
                    at,
                    first,
                    high,
                    low,
                    last,
                    0,
                    closed=True,
                    source=EVIDENCE.source,
                )
            )
        return bars


def _can_tell(session: Session, symbol: str) -> bool:
    return session.over is None and session.memory.clock.known and symbol in session.symbols
