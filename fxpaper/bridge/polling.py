"""Terminals that can only ask: each poll brings what they say and takes what is to be said to them.

Theory of operation. A terminal names its line and numbers its polls from 1; it sends the next one
only when the one before was answered, and otherwise the same again. So one answer for each line is
all that must be kept: a number that has come before is answered with it and changes nothing. Thus
whatever gets lost on the way, every message arrives once and in order, in both directions.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

import msgspec

from fxpaper.bridge.messages import Hello, ToTerminal, decode, encode
from fxpaper.bridge.session import Admission, refused
from fxpaper.bridge.terminals import Line, Terminals
from fxpaper.clock import Clock
from fxpaper.domain.instant import NS_PER_SECOND, Instant
from fxpaper.errors import ProtocolError

MOST_LINES = 16
FORGOTTEN_NS = 10 * NS_PER_SECOND
"""A line without a poll for so long is given up."""
HELD_SECONDS = 0.1
"""How long an answer is held back while there is nothing to say; a terminal stands still then."""

_MOST_WAITING = 10_000
_DOOR = "mt4"
_PAIRS = msgspec.json.Decoder(list[tuple[str, msgspec.Raw]])


class PolledLine:
    """What is kept of one line: the number of its latest poll, that answer, and what waits.

    Args:
        name: as the terminal calls it; the part before a full stop names its chart.
        now: nanoseconds UTC.
    """

    def __init__(self, name: str, now: Instant) -> None:
        chart = f"{_DOOR}:{name.partition('.')[0]}"
        self.line = Line(_DOOR, name.encode(), self._say, chart)
        self.polled_at = now
        self.turn = asyncio.Lock()
        self.something = asyncio.Event()
        self.broken = False
        """Whether more was to be said than can be kept."""
        self._number = 0
        self._answer: bytes | None = b""
        self._waiting: list[ToTerminal] = []

    @property
    def expected(self) -> int:
        """The number of a poll that has not come before."""
        return self._number + 1

    @property
    def answer(self) -> bytes | None:
        """What the latest poll was answered; None while it was not."""
        return self._answer

    def is_new(self, number: int) -> bool:
        """Tell whether a poll brings something, and count it if so.

        Raises:
            ProtocolError: it is neither the next one nor the latest one again.
        """
        if number == self._number and number > 0:
            return False
        if number != self.expected or self.broken:
            raise ProtocolError(f"poll {number} came where {self.expected} was due")
        self._number, self._answer = number, None
        return True

    def make_answer(self) -> bytes:
        """Answer the latest poll with all that waits; from now on it is answered so."""
        said, self._waiting = self._waiting, []
        self.something.clear()
        self._answer = array_of(said)
        return self._answer

    def _say(self, message: ToTerminal) -> None:
        if len(self._waiting) >= _MOST_WAITING:
            self.broken = True
            return
        self._waiting.append(message)
        self.something.set()


class Polls:
    """Carries messages between polls and what talks with every terminal.

    Args:
        terminals: that talks.
        token: of the daemon.
        clock: the machine's.
    """

    def __init__(self, terminals: Terminals, token: str, clock: Clock) -> None:
        self._terminals = terminals
        self._admission = Admission(token, None)
        self._clock = clock
        self._lines: dict[str, PolledLine] = {}

    async def poll(self, name: str, number: int, body: bytes) -> bytes:
        """Take a poll and return its answer, a JSON array of pairs: kind and object.

        Args:
            name: of the line.
            number: of the poll on that line.
            body: a JSON array of pairs.
        """
        now = self._clock.now()
        self._forget(now)
        line = self._lines.get(name)
        if line is None:
            if number != 1:
                why = "Say hello first; the daemon may have been restarted."
                return array_of([refused("hello", why, now)])
            if not self._has_room():
                why = f"{MOST_LINES} terminals poll this daemon already."
                return array_of([refused("lines", why, now)])
            line = self._lines[name] = PolledLine(name, now)
        line.polled_at = now
        async with line.turn:
            return await self._answer(line, number, body)

    async def _answer(self, line: PolledLine, number: int, body: bytes) -> bytes:
        try:
            is_new = line.is_new(number)
        except ProtocolError as problem:
            return array_of([refused("line", f"Begin a new line: {problem}.", self._clock.now())])
        if is_new:
            self._take(line.line, body)
        if line.answer is not None:
            return line.answer
        with suppress(TimeoutError):
            async with asyncio.timeout(HELD_SECONDS):
                await line.something.wait()
        return line.make_answer()

    def _take(self, line: Line, body: bytes) -> None:
        try:
            for kind, value in _pairs(body):
                message = decode([kind.encode(), bytes(value)])
                if isinstance(message, Hello):
                    self._terminals.greet(line, message, self._admission)
                else:
                    self._terminals.take(line, message)
                if not self._terminals.knows(line):
                    return
        except ProtocolError as problem:
            self._terminals.stumble(line, problem)

    def _has_room(self) -> bool:
        """Make room for one more line: those that were refused go first."""
        if len(self._lines) >= MOST_LINES:
            lines = self._lines.items()
            self._lines = {name: one for name, one in lines if self._terminals.knows(one.line)}
        return len(self._lines) < MOST_LINES

    def _forget(self, now: Instant) -> None:
        for name, line in list(self._lines.items()):
            if now - line.polled_at > FORGOTTEN_NS:
                del self._lines[name]
                self._terminals.leave(line.line, "It polls no more.")


def array_of(messages: list[ToTerminal]) -> bytes:
    """Return messages as an answer carries them."""
    pairs = (encode(message) for message in messages)
    return b"[" + b",".join(b'["%b",%b]' % (kind, body) for kind, body in pairs) + b"]"


def _pairs(body: bytes) -> list[tuple[str, msgspec.Raw]]:
    try:
        return _PAIRS.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise ProtocolError(f"the body is no array of pairs: {problem}") from None
