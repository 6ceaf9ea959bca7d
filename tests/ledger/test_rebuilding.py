"""Projections follow from the log alone: any legal history, in any commits."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fxpaper.domain.event import (
    AccountOpened,
    Event,
    PositionOpened,
    Recorded,
    SignalDecided,
    SignalReceived,
    SignalUnreadable,
)
from fxpaper.domain.position import Position
from fxpaper.domain.signal import SignalStatus
from fxpaper.engine.board import PriceBoard
from fxpaper.engine.state import State
from fxpaper.ledger.ledger import Ledger
from fxpaper.profiles import read_profile
from tests.ledger import samples

_CENTS = st.integers(-(10**9), 10**9).map(lambda cents: Decimal(cents).scaleb(-2))
_TEXT = st.text(min_size=1, max_size=8)


class _Past:
    """A history that only ever does what may be done next."""

    def __init__(self) -> None:
        self.events: list[Event] = [AccountOpened(samples.account())]
        self.open: list[Position] = []
        self.waiting: list[str] = []
        self.balance = Decimal("100000.00")

    @property
    def next(self) -> int:
        return len(self.events) + 1

    def receive(self, model: str, symbol: str) -> None:
        self.waiting.append(f"s-{self.next}")
        self.events.append(
            SignalReceived(samples.signal(self.waiting[-1], model=model, symbol=symbol))
        )

    def refuse(self, which: int) -> None:
        if self.waiting:
            signal = self.waiting.pop(which % len(self.waiting))
            self.events.append(SignalDecided(signal, samples.refusal()))

    def execute(self, which: int) -> None:
        if self.waiting:
            signal = self.waiting.pop(which % len(self.waiting))
            first = self.next
            self._fill(signal)
            decision = samples.execution(f"o-{first}", (f"p-{first + 3}",))
            self.events.append(SignalDecided(signal, decision))

    def place(self) -> None:
        self._fill(None)

    def close(self, which: int, profit: Decimal) -> None:
        if self.open:
            position = self.open.pop(which % len(self.open))
            self.balance += profit - Decimal("1.40")
            self.events += samples.exit_(self.next, position, profit, self.balance)

    def misread(self, given_id: str | None, model: str | None) -> None:
        unread = samples.unreadable(f"u-{self.next}", given_id=given_id, model=model)
        self.events.append(SignalUnreadable(unread))

    def allow(self, model: str, auto_execute: bool) -> None:  # noqa: FBT001
        self.events.append(samples.policy(model, auto_execute=auto_execute))

    def _fill(self, signal: str | None) -> None:
        self.balance -= Decimal("1.40")
        fill = samples.entry(self.next, signal, self.balance)
        self.events += fill
        self.open += [event.position for event in fill if isinstance(event, PositionOpened)]


_STEP = st.one_of(
    st.tuples(st.just("receive"), _TEXT, st.sampled_from(["EURUSD", "USDJPY"])),
    st.tuples(st.just("refuse"), st.integers(0, 99)),
    st.tuples(st.just("execute"), st.integers(0, 99)),
    st.tuples(st.just("place")),
    st.tuples(st.just("close"), st.integers(0, 99), _CENTS),
    st.tuples(st.just("misread"), st.none() | _TEXT, st.none() | _TEXT),
    st.tuples(st.just("allow"), st.sampled_from(["a", "b", "c"]), st.booleans()),
)


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Recorded], list[int]]:
    """Draw a history and the places where it is cut into commits."""
    past = _Past()
    for name, *arguments in draw(st.lists(_STEP, max_size=25)):
        getattr(past, name)(*arguments)
    events = samples.recorded(past.events)
    cuts = draw(st.sets(st.integers(1, len(events)), max_size=10))
    return events, sorted(cuts | {0, len(events)})


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with nothing in it, to copy: migrating anew for each example is slow."""
    path = tmp_path_factory.mktemp("blank") / "ledger.db"
    ledger = Ledger(path)
    ledger.open()
    ledger.close()
    return path


@contextmanager
def _copy(blank: Path) -> Iterator[Ledger]:
    with TemporaryDirectory() as directory:
        ledger = Ledger(Path(shutil.copy(blank, directory)))
        ledger.open()
        try:
            yield ledger
        finally:
            ledger.close()


@settings(max_examples=60, deadline=None, database=None)
@given(histories())
def test_rows_are_what_the_log_says_and_what_the_engine_remembers(
    blank: Path, history: tuple[list[Recorded], list[int]]
):
    events, cuts = history
    with _copy(blank) as ledger:
        for start, stop in pairwise(cuts):
            ledger.commit(events[start:stop])
        assert ledger.verify() == []
        assert ledger.events_since("paper", 0, 1_000) == events
        engine = State(PriceBoard(read_profile("standard")))
        for recorded in events:
            engine.record(recorded.account, recorded.at, recorded.event)
        state, remembered = ledger.load("paper"), engine.accounts["paper"]
        assert state is not None
        assert state.account == remembered.as_account()
        assert {position.id: position for position in state.positions} == remembered.positions
        journal = ledger.signals("paper", 1_000).items
        waiting = [r.signal for r in reversed(journal) if r.status is SignalStatus.WAITING]
        assert list(state.waiting) == waiting


@pytest.mark.parametrize(
    ("damage", "table"),
    [
        ("UPDATE accounts SET balance = '1000000.00' WHERE id = 'paper'", "accounts"),
        ("DELETE FROM deals WHERE id = 'd-6'", "deals"),
        ("UPDATE positions SET closed_at = NULL", "positions"),
        ("UPDATE signals SET status = 'executed' WHERE id = 's3'", "signals"),
        ("INSERT INTO model_policies VALUES ('paper', 'evil', '{}')", "model_policies"),
        ("UPDATE orders SET body = replace(body, '0.40', '4.00')", "orders"),
    ],
)
def test_a_changed_row_is_found_and_made_right(path: Path, ledger: Ledger, damage: str, table: str):
    ledger.commit(samples.day() + samples.opened("other"))
    with closing(sqlite3.connect(path)) as vandal, vandal:
        vandal.execute(damage)
    (difference,) = ledger.verify()
    assert difference.table == table
    ledger.rebuild()
    assert ledger.verify() == []
    state = ledger.load("paper")
    assert state is not None
    assert state.account.balance == Decimal("100197.20")


def test_a_gap_in_the_log_is_found(path: Path, ledger: Ledger):
    ledger.commit(samples.day())
    with closing(sqlite3.connect(path)) as vandal, vandal:
        vandal.execute("DELETE FROM events WHERE seq = 2")
    found = ledger.verify()
    assert ("events", ("paper",)) in [(difference.table, difference.key) for difference in found]


def test_rebuilding_goes_through_a_log_longer_than_one_piece(ledger: Ledger):
    arrivals: list[Event] = [SignalReceived(samples.signal(f"s{i}")) for i in range(2_500)]
    ledger.commit(samples.opened() + samples.recorded(arrivals, first=2))
    ledger.rebuild()
    assert ledger.verify() == []
    state = ledger.load("paper")
    assert state is not None
    assert (state.account.seq, len(state.waiting)) == (2_501, 2_500)
