"""A replay from files to the objects of the API."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from fxpaper.aggregator.recorded_bars import read_bars
from fxpaper.aggregator.recording import RECORDED, Recording
from fxpaper.config import Settings
from fxpaper.domain.account import Mode
from fxpaper.domain.bar import INTERVALS, Bar
from fxpaper.domain.deal import Deal
from fxpaper.domain.event import (
    DealBooked,
    Recorded,
    SignalDecided,
    SignalReceived,
    SignalUnreadable,
)
from fxpaper.domain.instant import NS_PER_SECOND, Instant
from fxpaper.domain.instrument import BrokerProfile
from fxpaper.domain.limits import NO_LIMITS, Limits
from fxpaper.domain.signal import Signal, SignalRecord, UnreadableSignal
from fxpaper.engine.bar_doubts import BarPolicy
from fxpaper.engine.bar_path import Bars, agree
from fxpaper.engine.costs import CostModel
from fxpaper.engine.costs import twins as cost_twins
from fxpaper.engine.engine import Engine
from fxpaper.engine.tape import Tape
from fxpaper.engine.valuation import close_price
from fxpaper.errors import InputError
from fxpaper.from_settings import account_of, book_of, costs_of, limits_of
from fxpaper.run_files import Chain, line_of
from fxpaper.signals.desk import Desk
from fxpaper.signals.intake.lines import read_recorded, signal_lines
from fxpaper.signals.intake.native import Arrival
from fxpaper.signals.news import Calendar
from fxpaper.signals.replay import replay, replay_bars
from fxpaper.web import views
from fxpaper.web.ports import AccountView
from fxpaper.web.signal_views import signal_record


def read_file(path: Path) -> bytes:
    """Return the content of a file.

    Raises:
        InputError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as problem:
        raise InputError(f"{path} cannot be read: {problem.strerror}.") from None


def lines_of(path: Path) -> list[bytes]:
    """Return the signals of a JSON-lines file.

    Raises:
        InputError: it cannot be read or has none.
    """
    found = [line for _, line in signal_lines(read_file(path))]
    if not found:
        raise InputError(f"{path} has no signals; it takes one JSON object per line.")
    return found


@dataclass(frozen=True, kw_only=True)
class RecordedBars:
    """Bars to trade on where there are no quotes.

    Args:
        bars: in time order.
        interval: of each, by name.
        finer: bars of a shorter interval, in time order; may be empty.
        policy: which of two levels inside one bar comes first.
    """

    bars: list[Bar]
    interval: str
    finer: list[Bar]
    policy: BarPolicy

    def __len__(self) -> int:
        """Return the number of bars."""
        return len(self.bars)

    @property
    def length_ns(self) -> int:
        """How long a bar is, in nanoseconds."""
        return INTERVALS[self.interval] * NS_PER_SECOND

    @property
    def started_at(self) -> Instant:
        """When the first bar opened, nanoseconds UTC."""
        return self.bars[0].opened_at

    @property
    def ended_at(self) -> Instant:
        """When the last bar closed, nanoseconds UTC."""
        return self.bars[-1].opened_at + self.length_ns

    @cached_property
    def by_symbol(self) -> dict[str, list[Bar]]:
        """The bars of each symbol."""
        return _by_symbol(self.bars)

    @cached_property
    def inside(self) -> dict[tuple[str, Instant], list[Bar]]:
        """The finer bars of each bar that has any, by its symbol and opening."""
        finer, found = _by_symbol(self.finer), dict[tuple[str, Instant], list[Bar]]()
        for bar in self.bars:
            among = finer.get(bar.symbol, [])
            ends = bar.opened_at + self.length_ns
            first = bisect_left(among, bar.opened_at, key=_opening)
            last = bisect_left(among, ends, key=_opening)
            if first < last:
                found[bar.symbol, bar.opened_at] = among[first:last]
        return found

    @property
    def disagreeing(self) -> int:
        """How many bars have finer ones that tell something else, and are not walked."""
        return sum(
            not agree(bar, self.inside.get((bar.symbol, bar.opened_at), [bar])) for bar in self.bars
        )


def _by_symbol(bars: Sequence[Bar]) -> dict[str, list[Bar]]:
    found: dict[str, list[Bar]] = {}
    for bar in bars:
        found.setdefault(bar.symbol, []).append(bar)
    return found


def _opening(bar: Bar) -> Instant:
    return bar.opened_at


@dataclass(frozen=True, slots=True, kw_only=True)
class BarFiles:
    """Where bars are read from.

    Args:
        bars: file of them.
        interval: of each, by name.
        finer: file of bars of one minute, or None.
        symbol: of files that do not say.
    """

    bars: Path
    interval: str
    finer: Path | None
    symbol: str | None


def bars_of(files: BarFiles, policy: BarPolicy, profile: BrokerProfile) -> RecordedBars:
    """Read bars to trade on.

    Raises:
        InputError: a file, or a line of it, cannot be read.
    """
    known, symbol = profile.instruments, files.symbol
    finer = [] if files.finer is None else read_bars(files.finer, known, "1m", symbol)
    bars = read_bars(files.bars, known, files.interval, symbol)
    return RecordedBars(bars=bars, interval=files.interval, finer=finer, policy=policy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be replayed.

    Args:
        recording: quotes in time order, or bars.
        content: of the JSON-lines file of signals.
        name: of that file, for messages.
        settings: of the account and the rules.
        profile: the broker's rules.
        calendar: of news; None where none is minded.
        account_limits: what the account may lose.
    """

    recording: Recording | RecordedBars
    content: bytes
    name: str
    settings: Settings
    profile: BrokerProfile
    calendar: Calendar | None = None
    account_limits: Limits = NO_LIMITS


def run(
    asked: Asked, progress: Callable[[int], None], save: Path | None, *, twins: bool
) -> dict[str, Any]:
    """Replay under the configured costs, and if asked keep the run and price its twins.

    Raises:
        InputError: the file to keep it in cannot be written.
    """
    costs = costs_of(asked.settings)
    if save is None:
        result = replay_recording(asked, progress, costs)
    else:
        try:
            with save.open("wb") as file:
                result = replay_recording(asked, progress, costs, file.write)
        except OSError as problem:
            raise InputError(f"{save} cannot be written: {problem.strerror}.") from None
    return result | ({"twins": twin_figures(asked, progress, costs)} if twins else {})


def replay_recording(
    asked: Asked,
    progress: Callable[[int], None],
    costs: CostModel,
    keep: Callable[[bytes], object] | None = None,
) -> dict[str, Any]:
    """Run a recording and a file of signals through the engine; every model executes.

    Args:
        asked: what.
        progress: is told how many quotes are done.
        costs: how orders reach the market.
        keep: is given each event as a line of a run's file.

    Returns account, positions, signals and deals as the API shows them, and the run's hash.
    """
    settings, recording, profile = asked.settings, asked.recording, asked.profile
    engine = Engine(profile, limits_of(settings), costs, asked.account_limits)
    desk = Desk(engine, book_of(settings, auto_execute_unknown=True))
    desk.use_calendar(asked.calendar)
    collected = _Collected(keep)
    for recorded in engine.open_account(account_of(settings, recording.started_at)):
        collected.add(recorded)
    arrival = Arrival(
        account=settings.account,
        instruments=profile.instruments,
        door="file",
        received_at=recording.ended_at,
        lifetime_ns=_lifetime(settings, recording),
    )
    signals = read_recorded(asked.content, asked.name, arrival, recording.ended_at)
    if isinstance(recording, RecordedBars):
        caused = _over_bars(recording, signals, desk, progress)
    else:
        caused = replay(_tape(recording), signals, desk, progress)
    for recorded in caused:
        collected.add(recorded)
    return {**_shown(engine, settings.account, collected), "quotes": len(recording)}


def twin_figures(
    asked: Asked, progress: Callable[[int], None], costs: CostModel
) -> list[dict[str, Any]]:
    """Return what the same signals come to under kind, given and unkind costs, one row each."""
    rows = []
    for name, model in cost_twins(costs).items():
        found = replay_recording(asked, progress, model)
        account, deals = found["account"], found["deals"]
        rows.append(
            {
                "costs": name,
                "deals": len(deals),
                "balance": account["balance"],
                "equity": account["equity"],
                "net": str(Decimal(account["equity"]) - Decimal(account["initial_balance"])),
            }
        )
    return rows


def _lifetime(settings: Settings, recording: Recording | RecordedBars) -> int:
    """Return how long a signal lives: long enough for the bar after it to open."""
    lifetime = settings.signal_lifetime_seconds * NS_PER_SECOND
    if isinstance(recording, RecordedBars):
        return max(lifetime, 2 * recording.length_ns)
    return lifetime


def _over_bars(
    recorded: RecordedBars,
    signals: Sequence[Signal | UnreadableSignal],
    desk: Desk,
    progress: Callable[[int], None],
) -> Iterator[Recorded]:
    instruments = desk.engine.board.instruments
    ways = {
        symbol: Bars(instruments[symbol].typical_spread, recorded.length_ns, recorded.policy)
        for symbol in recorded.by_symbol
    }
    return replay_bars(recorded.by_symbol, signals, desk, ways, recorded.inside, progress)


def _tape(recording: Recording) -> Tape:
    return Tape(
        recording.symbols,
        recording.symbol,
        recording.bid,
        recording.ask,
        recording.quoted_at,
        RECORDED,
    )


def _shown(engine: Engine, account: str, collected: _Collected) -> dict[str, Any]:
    instruments = engine.board.instruments
    state, worth = engine.state.accounts[account], engine.value(account)
    positions = tuple(state.positions.values())
    closing = {position.id: close_price(position, engine.board) for position in positions}
    view = AccountView(state.as_account(), worth, positions, closing)
    return {
        "account": views.account(view.account, worth).model_dump(mode="json"),
        "positions": [views.position(p, view).model_dump(mode="json") for p in positions],
        "signals": [
            signal_record(record, instruments, Mode.PAPER).model_dump(mode="json")
            for record in collected.signals.values()
        ],
        "deals": [
            views.deal(deal, instruments).model_dump(mode="json") for deal in collected.deals
        ],
        "hash": collected.chain.value.hex(),
    }


class _Collected:
    """What a run caused."""

    def __init__(self, keep: Callable[[bytes], object] | None) -> None:
        self.deals: list[Deal] = []
        self.signals: dict[str, SignalRecord] = {}
        self.chain = Chain()
        self._keep = keep

    def add(self, recorded: Recorded) -> None:
        """Take an event, and chain its bytes to those before it."""
        body = self.chain.add(recorded)
        if self._keep is not None:
            self._keep(line_of(recorded, body, self.chain))
        match recorded.event:
            case DealBooked(deal):
                self.deals.append(deal)
            case SignalReceived(signal):
                self.signals[signal.id] = SignalRecord(signal=signal, decision=None)
            case SignalUnreadable(unreadable):
                self.signals[unreadable.id] = SignalRecord(signal=unreadable, decision=None)
            case SignalDecided(signal_id, decision):
                self.signals[signal_id] = replace(self.signals[signal_id], decision=decision)
            case _:
                pass
