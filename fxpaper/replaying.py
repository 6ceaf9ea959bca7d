"""A replay from files to the objects of the API."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from fxpaper.aggregator.recording import RECORDED, Recording
from fxpaper.config import Settings
from fxpaper.domain.deal import Deal
from fxpaper.domain.event import (
    DealBooked,
    Recorded,
    SignalDecided,
    SignalReceived,
    SignalUnreadable,
)
from fxpaper.domain.instant import NS_PER_SECOND
from fxpaper.domain.instrument import BrokerProfile
from fxpaper.domain.signal import SignalRecord
from fxpaper.engine.costs import CostModel
from fxpaper.engine.costs import twins as cost_twins
from fxpaper.engine.engine import Engine
from fxpaper.engine.tape import Tape
from fxpaper.engine.valuation import close_price
from fxpaper.errors import InputError
from fxpaper.from_settings import account_of, costs_of, limits_of, rules_of
from fxpaper.run_files import Chain, line_of
from fxpaper.signals.desk import Desk
from fxpaper.signals.intake.lines import read_recorded, signal_lines
from fxpaper.signals.intake.native import Arrival
from fxpaper.signals.replay import replay
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be replayed.

    Args:
        recording: quotes in time order.
        content: of the JSON-lines file of signals.
        name: of that file, for messages.
        settings: of the account and the rules.
        profile: the broker's rules.
    """

    recording: Recording
    content: bytes
    name: str
    settings: Settings
    profile: BrokerProfile


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
    engine = Engine(profile, limits_of(settings), costs)
    desk = Desk(engine, replace(rules_of(settings), auto_execute_unknown=True))
    collected = _Collected(keep)
    for recorded in engine.open_account(account_of(settings, recording.started_at)):
        collected.add(recorded)
    arrival = Arrival(
        account=settings.account,
        instruments=profile.instruments,
        door="file",
        received_at=recording.ended_at,
        lifetime_ns=settings.signal_lifetime_seconds * NS_PER_SECOND,
    )
    signals = read_recorded(asked.content, asked.name, arrival, recording.ended_at)
    for recorded in replay(_tape(recording), signals, desk, progress):
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
            signal_record(record, instruments).model_dump(mode="json")
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
