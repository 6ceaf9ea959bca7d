"""A replay from files to the objects of the API."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from fxpaper.aggregator.recording import RECORDED, Recording
from fxpaper.app import account_of, limits_of, rules_of
from fxpaper.config import Settings
from fxpaper.domain.deal import Deal
from fxpaper.domain.event import (
    DealBooked,
    Recorded,
    SignalDecided,
    SignalReceived,
    SignalUnreadable,
    encode_event,
)
from fxpaper.domain.instant import NS_PER_SECOND
from fxpaper.domain.instrument import BrokerProfile
from fxpaper.domain.signal import SignalRecord
from fxpaper.engine.engine import Engine
from fxpaper.engine.tape import Tape
from fxpaper.engine.valuation import close_price
from fxpaper.errors import InputError
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


def replay_recording(
    recording: Recording,
    content: bytes,
    name: str,
    settings: Settings,
    profile: BrokerProfile,
    progress: Callable[[int], None],
) -> dict[str, Any]:
    """Run a recording and a file of signals through the engine; every model executes.

    Args:
        recording: quotes in time order.
        content: of the JSON-lines file of signals.
        name: of that file, for messages.
        settings: of the account and the rules.
        profile: the broker's rules.
        progress: is told how many quotes are done.

    Returns account, positions, signals and deals as the API shows them, and the run's hash.
    """
    rules = replace(rules_of(settings), auto_execute_unknown=True)
    engine = Engine(profile, limits_of(settings))
    engine.open_account(account_of(settings, recording.started_at))
    desk = Desk(engine, rules)
    arrival = Arrival(
        account=settings.account,
        instruments=profile.instruments,
        door="file",
        received_at=recording.ended_at,
        lifetime_ns=settings.signal_lifetime_seconds * NS_PER_SECOND,
    )
    signals = read_recorded(content, name, arrival, recording.ended_at)
    collected = _Collected()
    tape = Tape(
        recording.symbols,
        recording.symbol,
        recording.bid,
        recording.ask,
        recording.quoted_at,
        RECORDED,
    )
    for recorded in replay(tape, signals, desk, progress):
        collected.add(recorded)
    instruments = profile.instruments
    state = engine.state.accounts[settings.account]
    worth = engine.value(settings.account)
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
        "quotes": len(recording),
        "hash": collected.chain.hex(),
    }


class _Collected:
    """What a run caused."""

    def __init__(self) -> None:
        self.deals: list[Deal] = []
        self.signals: dict[str, SignalRecord] = {}
        self.chain = bytes(32)

    def add(self, recorded: Recorded) -> None:
        """Keep an event and chain its bytes to those before it."""
        self.chain = hashlib.sha256(self.chain + encode_event(recorded.event)).digest()
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
