"""Every terminal that talks with us, whatever carries the messages: who is there, what they want.

A door (ZeroMQ, HTTP) turns bytes into messages and hands them over with the line they came by; what
is to be said goes back through that line, in order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from fxpaper.aggregator.source import Span
from fxpaper.aggregator.sources.metatrader import TickFeed
from fxpaper.bridge.bar_questions import BarQuestions
from fxpaper.bridge.broker_profile import BrokerSpecs, keep_specs
from fxpaper.bridge.live_line import LiveLine
from fxpaper.bridge.messages import Beat, FromTerminal, Hello, Spec, ToTerminal
from fxpaper.bridge.session import Admission, Memory, Session, refused, terminal_name
from fxpaper.bridge.trade_messages import Bars
from fxpaper.clock import Clock
from fxpaper.domain.bar import Bar
from fxpaper.domain.instant import Instant
from fxpaper.domain.instrument import Instrument
from fxpaper.errors import ProtocolError

log = structlog.get_logger(__name__)

_LOOK_SECONDS = 0.5
_MOST_STRANGERS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What terminals are told from.

    Args:
        data_dir: where the brokers' rules are kept.
        instruments: the known ones, by canonical symbol.
        chosen: the broker's names that a person has chosen, by canonical symbol.
    """

    data_dir: Path
    instruments: Mapping[str, Instrument]
    chosen: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """The way to one terminal; two are the same when door and identity are.

    Args:
        door: that it came through.
        identity: of the terminal at that door.
        say: lets a message be sent, after those before it.
        chart: names the very chart at the very terminal that it leads to.
        connection: number of the connection that carries it; whoever connects under an identity
            takes it over, and has to say hello.
    """

    door: str
    identity: bytes
    say: Callable[[ToTerminal], None] = field(compare=False)
    chart: str = field(compare=False)
    connection: int = field(compare=False, default=0)


class Terminals:
    """Talks with every terminal.

    Args:
        house: what they are told from.
        feed: takes what they quote.
        clock: of the market.
        live: the line of a live account; without it terminals are asked for prices only.
    """

    def __init__(
        self, house: House, feed: TickFeed, clock: Clock, live: LiveLine | None = None
    ) -> None:
        self._house = house
        self._feed = feed
        self._clock = clock
        self._live = live
        self._sessions: dict[Line, Session] = {}
        self._memories: dict[str, Memory] = {}
        self._kept: dict[str, dict[str, Spec]] = {}
        self._refused = 0
        self._bars = BarQuestions(house.instruments, clock, self.sessions, self._say)
        feed.ask_bars = self.bars

    def sessions(self) -> list[Session]:
        """Return the terminals that are connected."""
        return list(self._sessions.values())

    def knows(self, line: Line) -> bool:
        """Tell whether the terminal of a line has been let in and has not gone."""
        return self._session_of(line) is not None

    async def bars(self, symbol: str, span: Span) -> list[Bar]:
        """Return closed bars of the past from a terminal, oldest first.

        Raises:
            TransientError: no terminal can tell them now.
        """
        return await self._bars.ask(symbol, span)

    def beat(self, line: Line) -> None:
        """Say that we are there to the terminal of a line, if it has been let in."""
        session = self._session_of(line)
        if session is not None:
            line.say(session.beat(self._clock.now()))

    def greet(self, line: Line, hello: Hello, admission: Admission, key: str = "") -> None:
        """Let a terminal in, or tell it why not.

        Args:
            line: that it came by.
            hello: what it says.
            admission: of the door.
            key: that it has proved to have.
        """
        now, house = self._clock.now(), self._house
        refusal = admission.refusal(hello, key)
        if refusal is not None:
            self._note("terminal_refused", terminal=terminal_name(hello)[:80], why=refusal[1])
            line.say(refused(*refusal, now))
            return
        name = terminal_name(hello)
        earlier = self._sessions.pop(line, None)
        if earlier is not None and self._live is not None:
            earlier.over = "It has connected anew."
            self._live.part(earlier)
        memory = self._memories.setdefault(name, Memory())
        session = Session(hello, name, memory, house.instruments, house.chosen, now)
        session.line = line.connection
        self._sessions[line] = session
        log.info("terminal_connected", terminal=name, build=hello.build)
        line.say(session.welcome(now))
        self._tell_feed()

    def take(self, line: Line, message: FromTerminal) -> None:
        """Take what a terminal says after its hello; what makes no sense ends its session."""
        session = self._session_of(line)
        if session is None:
            why = "Say hello first; the daemon may have been restarted."
            line.say(refused("hello", why, self._clock.now()))
            return
        try:
            self._take(line, session, message)
        except ProtocolError as problem:
            self.stumble(line, problem)

    def stumble(self, line: Line, problem: ProtocolError) -> None:
        """Refuse a terminal that makes no sense."""
        self._note("bridge_message_refused", problem=str(problem))
        line.say(refused("protocol", str(problem), self._clock.now()))
        self.leave(line, f"The terminal sent nonsense: {problem}.")

    def leave(self, line: Line, why: str) -> None:
        """End the session of a line, if it has one."""
        session = self._session_of(line)
        if session is not None:
            session.over = why
            self._end(line, session)

    async def run(self) -> None:
        """End sessions without a sign of life, and ask for what is newly wanted."""
        while True:
            now = self._clock.now()
            for line, session in list(self._sessions.items()):
                session.check_life(now)
                if session.over is not None:
                    self._end(line, session)
                else:
                    self._subscribe(line, session, now)
                    line.say(session.beat(now))
                    await self._keep_specs(session)
            self._feed.changed.clear()
            try:
                async with asyncio.timeout(_LOOK_SECONDS):
                    await self._feed.changed.wait()
            except TimeoutError:
                continue

    def _take(self, line: Line, session: Session, message: FromTerminal) -> None:
        now = self._clock.now()
        before = len(session.symbols)
        for quote in session.take(message, now):
            self._feed.put(quote)
        if len(session.symbols) != before:
            self._tell_feed()
            self._subscribe(line, session, now)
        self._pass_on(line, session, message)
        if session.over is not None:
            self._end(line, session)

    def _pass_on(self, line: Line, session: Session, message: FromTerminal) -> None:
        """Give a message to whoever else it is for."""
        if isinstance(message, Bars):
            self._bars.take(message)
        if self._live is not None:
            if isinstance(message, Beat):
                self._live.meet(session, line.chart, line.say)
            self._live.take(session, message)

    def _session_of(self, line: Line) -> Session | None:
        """Return the session that was begun over a line."""
        session = self._sessions.get(line)
        return session if session is not None and session.line == line.connection else None

    def _say(self, session: Session, message: ToTerminal) -> None:
        """Let a message be sent to a session's terminal."""
        for line, one in self._sessions.items():
            if one is session:
                line.say(message)

    def _note(self, event: str, **said: str) -> None:
        """Log what a stranger did, but not for ever."""
        self._refused += 1
        if self._refused <= _MOST_STRANGERS:
            log.warning(event, **said)

    async def _keep_specs(self, session: Session) -> None:
        """Keep what a terminal has told of its broker's rules, when it has told something new."""
        specs = session.symbols
        if specs == self._kept.get(session.name, {}):
            return
        self._kept[session.name] = specs
        hello = session.hello
        found = BrokerSpecs(
            session.name,
            hello.company,
            specs,
            currency=hello.currency,
            leverage=hello.leverage,
            margin_mode=hello.margin_mode,
            trade_mode=hello.trade_mode,
            balance=hello.balance,
        )
        try:
            await asyncio.to_thread(keep_specs, self._house.data_dir, found)
        except OSError as problem:
            log.warning("specs_not_kept", terminal=session.name, problem=str(problem))

    def _subscribe(self, line: Line, session: Session, now: Instant) -> None:
        subscription = session.want(self._feed.wanted, now)
        if subscription is not None:
            line.say(subscription)

    def _end(self, line: Line, session: Session) -> None:
        log.warning("terminal_gone", terminal=session.name, why=session.over)
        self._sessions.pop(line, None)
        if self._live is not None:
            self._live.part(session)
        self._tell_feed(session.over)

    def _tell_feed(self, why: str | None = None) -> None:
        symbols = {ours for session in self._sessions.values() for ours in session.symbols}
        if symbols:
            self._feed.serve(frozenset(symbols))
        elif not self._sessions:
            self._feed.fail(why or "No terminal is connected.")
