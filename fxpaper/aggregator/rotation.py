"""Which source gives which symbol's quotes.

Each symbol has one serving source, and keeps it: changing sources back and forth would turn the
small differences between them into moves nobody made. A source that fails rests, for twice as long
each time, and the next by priority that can serves in its place. When its rest is over it is
connected beside the stand-in and takes over with its first fresh quote, so trying it costs
nothing. Only after a steady minute is it trusted as before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from fxpaper.domain.instant import NS_PER_SECOND, Instant

FIRST_REST_NS = 5 * NS_PER_SECOND
LONGEST_REST_NS = 300 * NS_PER_SECOND
STEADY_NS = 60 * NS_PER_SECOND
STALE_ANSWERS = 3
"""So many old answers in a row are as good as none."""
PROVEN_NS = 10 * NS_PER_SECOND
PROOFS = 5
"""A stream that is silent for so long, while another one moves so often, is not quiet but dead."""
_DOUBLINGS = 10


class Candidate(msgspec.Struct, frozen=True):
    """A source that may serve.

    Args:
        name: of the source.
        supports: tells whether it has a symbol.
        silence_ns: a stream without a fresh quote for so long while the market is open has
            failed; None for a source whose silence means nothing.
        polled: whether it answers when asked; then old answers count.
    """

    name: str
    supports: Callable[[str], bool]
    silence_ns: int | None
    polled: bool


class Standing:
    """How a source has done lately; a rest of one symbol of a source is kept the same way."""

    __slots__ = ("error", "failures", "gone", "limited_until", "retry_at", "steady_since")

    def __init__(self) -> None:
        self.failures = 0
        self.retry_at: Instant = 0
        self.limited_until: Instant = 0
        self.steady_since: Instant | None = None
        self.error: str | None = None
        self.gone = False

    def may_run(self, now: Instant) -> bool:
        """Tell whether it may be tried."""
        return not self.gone and now >= max(self.retry_at, self.limited_until)

    def fail(self, now: Instant, error: str) -> None:
        """Rest, twice as long as the last time."""
        rest = min(FIRST_REST_NS << min(self.failures, _DOUBLINGS), LONGEST_REST_NS)
        self.failures += 1
        self.retry_at = now + rest
        self.steady_since = None
        self.error = error

    def succeed(self, now: Instant) -> None:
        """Note a fresh quote; earlier failures are forgotten after a steady minute of them."""
        self.error = None
        if self.failures == 0:
            return
        if self.steady_since is None:
            self.steady_since = now
        elif now - self.steady_since >= STEADY_NS:
            self.failures = 0


class Rotation:
    """Decides; knows no clock and no socket.

    Args:
        candidates: by priority, best first.
        symbols: that are wanted.
        witnesses: whether one more stream is connected beside the serving source, whose quotes
            do not count; when the serving one fails it takes over without having to connect.
    """

    def __init__(
        self, candidates: Sequence[Candidate], symbols: Sequence[str], *, witnesses: bool = False
    ) -> None:
        self._witnesses = witnesses
        self._candidates = tuple(candidates)
        self._rank = {candidate.name: rank for rank, candidate in enumerate(candidates)}
        self._symbols = tuple(symbols)
        self._standing = {candidate.name: Standing() for candidate in candidates}
        self._serving: dict[str, str] = {}
        self._assigned: dict[str, frozenset[str]] = {}
        self._heard: dict[tuple[str, str], Instant] = {}
        self._stale: dict[tuple[str, str], int] = {}
        self._benched: dict[tuple[str, str], Standing] = {}
        self._moves: dict[str, int] = {}
        """How often a witness has moved since the serving source was heard, by symbol."""

    def standing(self, name: str) -> Standing:
        """Return how a source has done lately."""
        return self._standing[name]

    def serving(self, symbol: str) -> str | None:
        """Return the source whose quotes of a symbol count now."""
        return self._serving.get(symbol)

    def served_by(self, name: str) -> tuple[str, ...]:
        """Return the symbols whose quotes come from a source now, in their configured order."""
        return tuple(symbol for symbol in self._symbols if self._serving.get(symbol) == name)

    def assign(self, now: Instant) -> dict[str, frozenset[str]]:
        """Return the symbols each source is to be connected for now.

        That is the serving source of each symbol, every better one that may be tried again, and
        a witness.
        """
        assigned: dict[str, set[str]] = {candidate.name: set() for candidate in self._candidates}
        for symbol in self._symbols:
            options = self._options(symbol, now)
            if self._serving.get(symbol) not in options:
                self._serving.pop(symbol, None)
                if options:
                    self._serving[symbol] = options[0]
            for name in self._connected(symbol, options):
                assigned[name].add(symbol)
        self._watch(assigned, now)
        self._assigned = {name: frozenset(symbols) for name, symbols in assigned.items()}
        return self._assigned

    def is_witness(self, name: str, symbol: str) -> bool:
        """Tell whether a source is only heard beside the one that serves a symbol."""
        serving = self._serving.get(symbol)
        return serving is not None and self._rank[name] > self._rank[serving]

    def report_quote(self, name: str, symbol: str, now: Instant, *, fresh: bool) -> bool:
        """Take note of a quote and tell whether it counts.

        Args:
            name: of the source.
            symbol: of the quote.
            now: nanoseconds UTC.
            fresh: whether it is as young as it should be.
        """
        pair = (name, symbol)
        if fresh:
            self._heard[pair] = now
            self._stale.pop(pair, None)
            self._standing[name].succeed(now)
            if pair in self._benched:
                self._benched[pair].succeed(now)
        elif self._candidate(name).polled:
            self._stale[pair] = self._stale.get(pair, 0) + 1
            if self._stale[pair] >= STALE_ANSWERS:
                self._bench(name, symbol, now, "its answers are old")
        serving = self._serving.get(symbol)
        if serving is None or name == serving:
            self._moves.pop(symbol, None)
            return name == serving
        if fresh and self._rank[name] < self._rank[serving] and self._may_serve(pair, now):
            self._serving[symbol] = name
            return True
        return False

    def report_move(self, symbol: str) -> None:
        """Take note that the price of a symbol has moved at a witness."""
        self._moves[symbol] = self._moves.get(symbol, 0) + 1

    def report_failure(self, name: str, now: Instant, error: str) -> None:
        """Let a source rest because it failed."""
        self._standing[name].fail(now, error)

    def report_limited(self, name: str, until: Instant, error: str) -> None:
        """Let a source rest until its plan allows calls again; that is no failure."""
        self._standing[name].limited_until = until
        self._standing[name].error = error

    def report_gone(self, name: str, error: str | None) -> None:
        """Never try a source again: it is at its end, or cannot work as it is configured."""
        self._standing[name].gone = True
        self._standing[name].error = error

    def check_silence(self, now: Instant, *, is_open: bool) -> None:
        """Let sources rest that should have said something: quiet is told from dead.

        While the market is shut nothing is expected of anybody. A symbol that alone is silent
        moves to another source if there is one, and leaves the rest of its source in peace.
        """
        for candidate in self._candidates:
            pairs = [(candidate.name, symbol) for symbol in self._assigned.get(candidate.name, ())]
            if candidate.silence_ns is None or not is_open:
                self._heard.update(dict.fromkeys(pairs, now))
                continue
            limit = candidate.silence_ns
            silent = {pair: self._silence(pair, now, limit) for pair in pairs}
            told = {pair: text for pair, text in silent.items() if text is not None}
            if told and len(told) == len(pairs):
                self.report_failure(candidate.name, now, next(iter(told.values())))
                continue
            for (name, symbol), text in told.items():
                self._bench(name, symbol, now, text)

    def _silence(self, pair: tuple[str, str], now: Instant, limit: int) -> str | None:
        """Return why a source's silence about a symbol is no quiet market, or None."""
        name, symbol = pair
        passed = now - self._heard[pair]
        if passed >= limit:
            return f"no quote for {limit // NS_PER_SECOND} s"
        moves = self._moves.get(symbol, 0)
        if moves < PROOFS or passed < PROVEN_NS or self._serving.get(symbol) != name:
            return None
        return f"no quote for {passed // NS_PER_SECOND} s, in which another source moved"

    def _connected(self, symbol: str, options: Sequence[str]) -> list[str]:
        serving = self._serving.get(symbol)
        if serving is None or serving not in options:
            return []
        place = options.index(serving)
        connected = list(options[: place + 1])
        if self._witnesses:
            streams = (name for name in options[place + 1 :] if not self._candidate(name).polled)
            connected += list(streams)[:1]
        return connected

    def _bench(self, name: str, symbol: str, now: Instant, error: str) -> None:
        """Let one symbol of a source rest, if another source may serve it meanwhile."""
        self._stale.pop((name, symbol), None)
        if any(other != name for other in self._options(symbol, now)):
            self._benched.setdefault((name, symbol), Standing()).fail(now, error)

    def _options(self, symbol: str, now: Instant) -> list[str]:
        """Return who may serve a symbol; those it is benched at only where nobody else may."""
        willing = [
            candidate.name
            for candidate in self._candidates
            if candidate.supports(symbol) and self._standing[candidate.name].may_run(now)
        ]
        return [name for name in willing if self._may_serve((name, symbol), now)] or willing

    def _may_serve(self, pair: tuple[str, str], now: Instant) -> bool:
        benched = self._benched.get(pair)
        return self._standing[pair[0]].may_run(now) and (benched is None or benched.may_run(now))

    def _watch(self, assigned: dict[str, set[str]], now: Instant) -> None:
        """Begin to wait for the first quote of what is newly assigned."""
        for name, symbols in assigned.items():
            for symbol in symbols - self._assigned.get(name, frozenset()):
                self._heard[name, symbol] = now
                self._stale.pop((name, symbol), None)

    def _candidate(self, name: str) -> Candidate:
        return self._candidates[self._rank[name]]
