"""One terminal's session: pure, messages and the time in, quotes and answers out.

Theory of operation. A terminal says hello and is welcomed or told why not. It describes its
symbols; those that are ours are subscribed, from the latest tick that is known of each, so that a
short interruption loses nothing. Ticks carry a counter for each symbol: a jump is a loss, a repeat
after a reconnection is dropped. Times are the broker's and become UTC by the offset that the
terminal measures. Without a sign of life for three beats the session is over.
"""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal

import structlog

from fxpaper.aggregator.sources.metatrader import EVIDENCE
from fxpaper.bridge.broker_symbols import concerns, resolve
from fxpaper.bridge.broker_time import BrokerClock
from fxpaper.bridge.messages import (
    VERSION,
    Beat,
    Bye,
    FromTerminal,
    Hello,
    Reject,
    Spec,
    Subscribe,
    Ticks,
    Welcome,
)
from fxpaper.bridge.numbers import is_countable
from fxpaper.domain.instant import NS_PER_MS, NS_PER_SECOND, Instant
from fxpaper.domain.instrument import Instrument
from fxpaper.domain.quote import Quote

log = structlog.get_logger(__name__)

BEAT_MS = 1000
_BEATS_MISSED = 3
_ON_THE_WAY_NS = 2 * NS_PER_SECOND
"""Ticks that come with an offset were taken so shortly before, by the clock that it tells of."""
_AHEAD_MS = 24 * 3_600_000
"""No broker's clock is so far ahead of UTC."""


class Memory:
    """What is kept of a terminal over its sessions.

    Attributes:
        clock: of its broker.
        latest: time of the latest tick of each symbol on the broker's clock, milliseconds.
        counted: how many ticks of each symbol the terminal has sent in its present epoch.
        lost: ticks that never came, by the broker's symbol.
    """

    def __init__(self) -> None:
        self.clock = BrokerClock()
        self.latest: dict[str, int] = {}
        self.counted: dict[str, int] = {}
        self.lost: Counter[str] = Counter()
        self._epoch = ""

    def begin(self, epoch: str) -> None:
        """Take note of a session; in a new epoch the terminal counts from zero again."""
        if epoch != self._epoch:
            self._epoch = epoch
            self.counted.clear()


class Admission:
    """Who may speak.

    Args:
        token: of the daemon; asked for where the line is not encrypted. None where ZeroMQ itself
            has asked for it.
        logins: the account that each key of an encrypted line is bound to, or None for any; None
            where the line is not encrypted.
    """

    def __init__(self, token: str | None, logins: Mapping[str, str | None] | None) -> None:
        self._token = token
        self._logins = logins

    def refusal(self, hello: Hello, key: str) -> tuple[str, str] | None:
        """Return why a terminal may not speak, as a code and a sentence, or None."""
        if hello.v != VERSION:
            text = f"This daemon speaks version {VERSION}, the Expert Advisor {hello.v}."
            return "version", text
        if self._logins is None:
            token = self._token
            if token is None or hmac.compare_digest(hello.token.encode(), token.encode()):
                return None
            return "token", "The token is not the daemon's; copy it from the file token."
        if key not in self._logins:
            return "key", "This key is not on the daemon's list; run fxpaper keygen there."
        bound = self._logins[key]
        if bound not in {None, hello.login}:
            return "login", f"This key is bound to account {bound}, not {hello.login}."
        return None


class Session:
    """A terminal that has said hello.

    Args:
        hello: what it said.
        name: of the session.
        memory: of earlier sessions of the same terminal.
        instruments: the known ones, by canonical symbol.
        chosen: the broker's names that a person has chosen, by canonical symbol.
        now: nanoseconds UTC.
    """

    def __init__(
        self,
        hello: Hello,
        name: str,
        memory: Memory,
        instruments: Mapping[str, Instrument],
        chosen: Mapping[str, str],
        now: Instant,
    ) -> None:
        self.hello = hello
        self.name = name
        self.memory = memory
        self.heard_at = now
        self.connected = True
        self.trade_allowed = False
        self.line = 0
        """Number of the connection that it came by."""
        self.over: str | None = None
        """Why it has ended; None while it goes on."""
        self.missed = 0
        """Messages of the terminal that never came."""
        self._instruments = instruments
        self._chosen = chosen
        self._specs: dict[str, Spec] = {}
        self._mine: dict[str, str] = {}
        self._expected = hello.s + 1
        self._sent = 0
        self._subscribed: tuple[str, ...] = ()
        memory.begin(hello.epoch)
        memory.clock.learn(hello.offset, now, valid=hello.offset_valid)

    @property
    def symbols(self) -> dict[str, Spec]:
        """The broker's symbol of each instrument that it has."""
        return {ours: self._specs[theirs] for theirs, ours in self._mine.items()}

    @property
    def names(self) -> dict[str, str]:
        """Our symbol of each of the broker's that stands for one."""
        return self._mine

    def utc(self, broker_ms: int, now: Instant) -> Instant:
        """Return the instant of a time on the broker's clock, as well as that clock is known."""
        if self.memory.clock.known:
            return self.memory.clock.utc(broker_ms, now)
        return broker_ms * NS_PER_MS - self.hello.offset * NS_PER_SECOND

    def broker_seconds(self, at: Instant | None) -> int:
        """Return an instant on the broker's clock, in seconds; 0 for None."""
        if at is None:
            return 0
        clock = self.memory.clock
        offset = clock.offset if clock.known else self.hello.offset
        return at // NS_PER_SECOND + offset

    def welcome(self, now: Instant) -> Welcome:
        """Return the answer to the hello."""
        return Welcome(s=self.next_number(), t=now // NS_PER_MS, session=self.name, hb_ms=BEAT_MS)

    def beat(self, now: Instant) -> Beat:
        """Return a sign of the daemon's life; its time is what deadlines are counted by."""
        return Beat(s=self.next_number(), t=now // NS_PER_MS)

    def want(self, symbols: frozenset[str], now: Instant) -> Subscribe | None:
        """Return what asks the terminal for these symbols, where it is not asked already."""
        names = tuple(sorted(theirs for theirs, ours in self._mine.items() if ours in symbols))
        if names == self._subscribed:
            return None
        self._subscribed = names
        since = {name: self.memory.latest[name] for name in names if name in self.memory.latest}
        return Subscribe(s=self.next_number(), t=now // NS_PER_MS, symbols=list(names), since=since)

    def take(self, message: FromTerminal, now: Instant) -> list[Quote]:
        """Take a message and return the quotes in it."""
        self.heard_at = now
        if message.s > self._expected:
            self.missed += message.s - self._expected
            log.warning("messages_missed", terminal=self.name, missed=self.missed)
        self._expected = message.s + 1
        match message:
            case Spec():
                self._describe(message)
            case Ticks():
                return self._quotes(message, now)
            case Beat():
                self.connected, self.trade_allowed = message.connected, message.trade_allowed
                if self.memory.clock.learn(message.offset, now, valid=message.offset_valid):
                    log.info("broker_clock", terminal=self.name, offset=message.offset)
            case Bye():
                self.over = f"The terminal left: {message.reason or 'no reason given'}."
            case _:
                pass
        return []

    def check_life(self, now: Instant) -> None:
        """End the session when too many beats are missing."""
        silent_ms = (now - self.heard_at) // NS_PER_MS
        if self.over is None and silent_ms > _BEATS_MISSED * BEAT_MS:
            self.over = f"The terminal has been silent for {silent_ms / 1000:.1f} s."

    def _describe(self, spec: Spec) -> None:
        if spec.symbol not in self._specs and not concerns(spec, self._instruments, self._chosen):
            return
        self._specs[spec.symbol] = spec
        found = resolve(self._specs.values(), self._instruments, self._chosen)
        self._mine = {theirs.symbol: ours for ours, theirs in found.items()}

    def _quotes(self, message: Ticks, now: Instant) -> list[Quote]:
        ours, memory = self._mine.get(message.sym), self.memory
        if ours is None:
            return []
        if message.offset is not None and message.ticks:
            taken = message.ticks[0][0] * NS_PER_MS - message.offset * NS_PER_SECOND
            since = taken if 0 < now - taken < _ON_THE_WAY_NS else now
            memory.clock.learn(message.offset, since, valid=True)
        end = now // NS_PER_MS + _AHEAD_MS
        fresh = [tick for tick in self._fresh(message) if _is_tick(tick, end)]
        if not memory.clock.known or not fresh:
            return []
        memory.latest[message.sym] = max(tick[0] for tick in fresh)
        instrument, clock = self._instruments[ours], self.memory.clock
        return [
            Quote(
                ours,
                instrument.nearest_points(bid),
                instrument.nearest_points(ask),
                clock.utc(at, now),
                now,
                EVIDENCE,
            )
            for at, bid, ask in fresh
        ]

    def _fresh(self, message: Ticks) -> list[tuple[int, Decimal, Decimal]]:
        """Return the ticks that have not come before, and note those that never came."""
        memory, name = self.memory, message.sym
        known = memory.counted.get(name)
        memory.counted[name] = max(known or 0, message.n + len(message.ticks))
        if known is None:
            latest = memory.latest.get(name, -1)
            fresh = [tick for tick in message.ticks if tick[0] > latest]
        else:
            fresh = message.ticks[max(0, known - message.n) :]
        lost = max(message.lost, 0 if known is None else message.n - known)
        if lost > 0:
            memory.lost[name] += lost
            log.warning("ticks_lost", terminal=self.name, symbol=name, lost=lost)
        return fresh

    def next_number(self) -> int:
        """Return the number of the next message to the terminal."""
        self._sent += 1
        return self._sent


def _is_tick(tick: tuple[int, Decimal, Decimal], end: int) -> bool:
    """Tell whether time and prices can be counted with: a price may come as NaN or 1e999."""
    at, bid, ask = tick
    return 0 < at < end and is_countable(bid) and is_countable(ask) and bid > 0 and ask > 0


def refused(code: str, why: str, now: Instant) -> Reject:
    """Return the answer to a terminal that may not speak."""
    return Reject(s=1, t=now // NS_PER_MS, code=code, why=why)


def terminal_name(hello: Hello) -> str:
    """Return how a terminal is called: ``login@server``."""
    return f"{hello.login or '?'}@{hello.server or '?'}"
