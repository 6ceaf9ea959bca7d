"""A signal goes to several accounts, and each sizes, checks and journals it by its own rules."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fxpaper.accounts import desk_of, further_accounts, open_accounts
from fxpaper.clock import ManualClock
from fxpaper.config import Settings
from fxpaper.domain.account import TradingState
from fxpaper.domain.command import PlaceOrder, SetTrading
from fxpaper.domain.instant import NS_PER_SECOND
from fxpaper.domain.order import Side
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.domain.signal import ModelPolicy, SignalRecord, SignalStatus, UnreadableSignal
from fxpaper.errors import TransientError
from fxpaper.ledger.ledger import Ledger
from fxpaper.ledger.shell import LedgerShell
from fxpaper.limit_packs import read_limits
from fxpaper.profiles import read_profile
from fxpaper.signals.volatility import Volatility
from fxpaper.worker.execution import ExecutionWorker
from fxpaper.worker.fanout import Fanout, Member
from fxpaper.worker.front import AccountFront
from fxpaper.worker.handing_in import hand_in
from fxpaper.worker.inbox import Taken

NOON = 1_795_003_200 * NS_PER_SECOND  # 2026-11-18T12:00:00Z, a Wednesday
STREAM = Evidence("test", Transport.STREAM, Spread.REAL, Grade.A)
PROFILE = read_profile("standard")
LIMITS = read_limits("standard")
SIGNAL = {
    "id": "one",
    "model": "trend",
    "symbol": "EURUSD",
    "side": "buy",
    "confidence": "1",
    "stop_loss": {"pips": 30},
}
THREE: dict[str, Any] = {
    "accounts": {
        "small": {"balance": 10000, "risk_percent": 0.5},
        "euro": {"currency": "EUR", "balance": 50000, "risk_percent": 2, "max_risk_percent": 3},
    }
}


class Rig:
    """A daemon's accounts over a real ledger, without its prices."""

    def __init__(self, settings: Settings, path: Path) -> None:
        self.path = path
        self.clock = ManualClock(NOON)
        self.ledger = Ledger(path)
        self.ledger.open()
        self.shell = LedgerShell(self.ledger)
        self.settings = settings
        self.further = further_accounts(settings, PROFILE.instruments)
        self.fetched: list[str] = []
        self.workers: dict[str, ExecutionWorker] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def open(self) -> None:
        wanted = [self.settings, *(one.settings for one in self.further)]
        await open_accounts(self.shell, wanted, PROFILE, self.clock.now())
        self.workers = {one.account: self._worker(one) for one in wanted}
        for worker in self.workers.values():
            await worker.open()
        self.front, *others = [self._front(worker) for worker in self.workers.values()]
        members = zip(others, self.further, strict=True)
        self.fanout = Fanout(self.front, [Member(front, of.taking) for front, of in members])

    def _worker(self, settings: Settings) -> ExecutionWorker:
        def told(_: object) -> None:
            pass

        return ExecutionWorker(
            settings.account,
            lambda: desk_of(
                self.shell, settings, (PROFILE, LIMITS), Volatility(), around_the_clock=False
            ),
            self.shell,
            self.clock,
            told,
        )

    def _front(self, worker: ExecutionWorker) -> AccountFront:
        async def fetch(symbol: str) -> None:
            self.fetched.append(symbol)

        return AccountFront(
            worker, self.shell, self.clock, PROFILE.instruments, 300 * NS_PER_SECOND, fetch
        )

    def quote(self, bid: int = 110_000, ask: int = 110_010) -> None:
        now = self.clock.now()
        for worker in self.workers.values():
            worker.put(Quote("EURUSD", bid, ask, now, now, STREAM))

    async def allow(self, *names: str) -> None:
        for name in names or self.workers:
            policy = ModelPolicy(account=name, model="trend", auto_execute=True)
            await self.workers[name].ask_policy(policy)

    async def send(self, patience: float = 1, **said: object) -> Taken:
        return await self.fanout.submit(body(**said), "http", patience=patience)

    def rows(self, name: str) -> list[str]:
        return [one.signal.id for one in self.ledger.signals(name, 100).items]

    def lots(self) -> dict[str, list[Decimal]]:
        return {
            name: [order.lots for order in self.ledger.orders(name, 10).items]
            for name in self.workers
        }


def body(**said: object) -> bytes:
    return json.dumps({**SIGNAL, **said}).encode()


@asynccontextmanager
async def working(path: Path, settings: dict[str, Any]) -> AsyncIterator[Rig]:
    rig = Rig(Settings(**settings), path)
    try:
        await rig.open()
        async with asyncio.TaskGroup() as group:
            rig.tasks = {
                name: group.create_task(worker.run()) for name, worker in rig.workers.items()
            }
            try:
                yield rig
            finally:
                for task in rig.tasks.values():
                    task.cancel()
    finally:
        await rig.shell.close()


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    async with working(tmp_path / "ledger.db", THREE) as rig:
        rig.quote()
        await rig.allow()
        yield rig


def there(taken: Taken) -> dict[str, SignalStatus | None]:
    return {
        one.account: None if one.taken is None else one.taken.record.status for one in taken.others
    }


async def test_each_account_sizes_by_its_own_equity_risk_and_currency(rig: Rig):
    """30 pips lose 300 USD a lot, 273.45 EUR at the stop-loss of 1.09710.

    1000 USD / 300 = 3.33; 50 USD / 300 = 0.16; 1000 EUR / 273.45 = 3.65.
    """
    taken = await rig.send()
    assert taken.record.status is SignalStatus.EXECUTED
    assert there(taken) == {"small": SignalStatus.EXECUTED, "euro": SignalStatus.EXECUTED}
    assert rig.lots() == {
        "paper": [Decimal("3.33")],
        "small": [Decimal("0.16")],
        "euro": [Decimal("3.65")],
    }
    assert [rig.rows(name) for name in rig.workers] == [["one"]] * 3
    assert rig.ledger.verify() == []


async def test_each_account_has_gates_of_its_own(tmp_path: Path):
    """0.7 passes 0.5 and fails 0.8; a signal without stop is sized only where a default is set."""
    settings = {"accounts": {"careful": {"min_confidence": 0.8}, "bold": {"default_stop_pips": 30}}}
    async with working(tmp_path / "ledger.db", settings) as rig:
        rig.quote()
        await rig.allow("careful", "bold")
        taken = await rig.send(confidence="0.7", stop_loss=None)
        codes = {
            one.account: one.taken.record.decision.refusal.code
            for one in taken.others
            if one.taken and one.taken.record.decision and one.taken.record.decision.refusal
        }
        assert taken.record.decision is None
        assert codes == {"careful": RefusalCode.CONFIDENCE_TOO_LOW}
        assert [len(lots) for lots in rig.lots().values()] == [0, 0, 1]


@pytest.mark.parametrize("name", ["paper", "small"])
async def test_a_signal_that_names_an_account_goes_there_alone(rig: Rig, name: str):
    taken = await rig.send(account=name)
    assert (taken.record.signal.account, taken.others) == (name, ())
    assert {one: len(lots) for one, lots in rig.lots().items()} == {
        one: int(one == name) for one in rig.workers
    }


async def test_a_signal_for_an_unknown_account_is_refused_and_kept_by_the_first(rig: Rig):
    taken = await rig.send(account="smal")
    signal = taken.record.signal
    assert isinstance(signal, UnreadableSignal)
    assert signal.refusal.code is RefusalCode.UNKNOWN_ACCOUNT
    assert signal.refusal.text == (
        'There is no account "smal" here; leave it out or name "paper" or "small" or "euro".'
    )
    assert [len(rig.rows(one)) for one in rig.workers] == [1, 0, 0]


async def test_what_cannot_be_read_is_kept_by_the_first_account_alone(rig: Rig):
    taken = await rig.send(confidence=70)
    assert (taken.record.status, taken.others) == (SignalStatus.REFUSED, ())
    assert [len(rig.rows(one)) for one in rig.workers] == [1, 0, 0]


@pytest.mark.parametrize(
    ("symbol", "model", "goes_to"),
    [
        ("EURUSD", "trend", ["dollars", "trends"]),
        ("EURUSD", "swing", ["dollars"]),
        ("EURGBP", "trend-2", ["trends"]),
        ("EURGBP", "swing", []),
    ],
)
async def test_lists_say_which_signals_an_account_takes(
    tmp_path: Path, symbol: str, model: str, goes_to: list[str]
):
    """The first account takes all of them, one with an empty list those that name it."""
    accounts = {
        "dollars": {"symbols": ["*usd"]},
        "trends": {"models": ["trend*"]},
        "named": {"models": []},
    }
    async with working(tmp_path / "ledger.db", {"accounts": accounts}) as rig:
        taken = await rig.send(symbol=symbol, model=model, patience=0)
        assert [one.account for one in taken.others] == goes_to
        assert [name for name in rig.workers if rig.rows(name)] == ["paper", *goes_to]
        await rig.send(id="two", symbol=symbol, model=model, account="named", patience=0)
        assert rig.rows("named") == ["two"]


async def test_sent_twice_it_is_executed_once_by_each(rig: Rig):
    await rig.send()
    again = await rig.send()
    assert again.duplicate
    assert [one.taken is not None and one.taken.duplicate for one in again.others] == [True, True]
    assert [len(lots) for lots in rig.lots().values()] == [1, 1, 1]


async def test_an_id_that_is_taken_by_another_signal_reaches_nobody_else(tmp_path: Path):
    """Also not an account that has never seen it."""
    async with working(tmp_path / "ledger.db", THREE) as rig:
        await rig.send(account="paper", patience=0)
        other = await rig.send(side="sell", patience=0)
        assert other.reused is not None
        assert other.others == ()
        assert rig.rows("small") == []


async def test_what_one_account_missed_it_takes_when_the_signal_comes_again(tmp_path: Path):
    """As after a kill between the commits: the first arrival's lifetime still counts."""
    async with working(tmp_path / "ledger.db", THREE) as rig:
        await rig.allow()
        rig.quote()
        await rig.workers["paper"].ask_signal(rig.fanout._own.read(_sent(rig)))
        rig.clock.move_to(NOON + 10 * NS_PER_SECOND)
        rig.quote()
        again = await rig.send()
        assert again.duplicate
        assert [len(lots) for lots in rig.lots().values()] == [1, 1, 1]
        row = rig.ledger.signal("small", "one")
        assert row is not None
        assert row.signal.received_at == NOON


async def test_a_signal_of_yesterday_that_comes_again_is_not_traded_by_who_missed_it(
    tmp_path: Path,
):
    """A file is read anew at each start, and its lines need not say their time."""
    async with working(tmp_path / "ledger.db", THREE) as rig:
        await rig.allow()
        rig.quote()
        await rig.workers["paper"].ask_signal(rig.fanout._own.read(_sent(rig)))
        rig.clock.move_to(NOON + 86_400 * NS_PER_SECOND)
        rig.quote()
        again = await rig.send()
        assert again.duplicate
        row = rig.ledger.signal("small", "one")
        assert row is not None
        assert row.decision is not None
        assert row.decision.refusal is not None
        assert row.decision.refusal.code is RefusalCode.SIGNAL_EXPIRED
        assert rig.lots()["small"] == []


async def test_signals_from_before_an_account_was_opened_are_nothing_to_it(tmp_path: Path):
    path = tmp_path / "ledger.db"
    async with working(path, {}) as rig:
        await rig.send(patience=0)
    rig = Rig(Settings(**THREE), path)
    rig.clock.move_to(NOON + NS_PER_SECOND)
    try:
        await rig.open()
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(worker.run()) for worker in rig.workers.values()]
            again = await rig.send(patience=0)
            for task in tasks:
                task.cancel()
        assert (again.duplicate, again.others) == (True, ())
        assert rig.rows("small") == []
    finally:
        await rig.shell.close()


async def test_a_halted_account_refuses_for_itself_alone(rig: Rig):
    await rig.workers["small"].ask(SetTrading(account="small", state=TradingState.HALTED))
    taken = await rig.send()
    assert taken.record.status is SignalStatus.EXECUTED
    assert there(taken) == {"small": SignalStatus.REFUSED, "euro": SignalStatus.EXECUTED}
    row = rig.ledger.signal("small", "one")
    assert row is not None
    assert row.decision is not None
    assert row.decision.refusal is not None
    assert row.decision.refusal.code is RefusalCode.TRADING_HALTED


def forbid(path: Path, account: str) -> None:
    """Let the database refuse every event of an account."""
    with closing(sqlite3.connect(path)) as vandal:
        vandal.execute(
            f"CREATE TRIGGER no BEFORE INSERT ON events WHEN NEW.account = '{account}' "
            "BEGIN SELECT RAISE(ABORT, 'not now'); END"
        )
        vandal.commit()


def permit(path: Path) -> None:
    with closing(sqlite3.connect(path)) as repair:
        repair.execute("DROP TRIGGER no")
        repair.commit()


async def test_an_account_whose_commit_fails_stops_no_other_and_takes_it_later(rig: Rig):
    forbid(rig.path, "small")
    taken = await rig.send()
    assert taken.record.status is SignalStatus.EXECUTED
    assert there(taken) == {"small": None, "euro": SignalStatus.EXECUTED}
    assert taken.missing == ("small",)
    assert rig.workers["small"].note is not None
    assert rig.workers["paper"].note is None
    permit(rig.path)
    again = await rig.send()
    assert (again.duplicate, again.missing) == (True, ())
    assert [len(lots) for lots in rig.lots().values()] == [1, 1, 1]


async def test_the_first_account_failing_stops_no_other_either(rig: Rig):
    forbid(rig.path, "paper")
    with pytest.raises(TransientError):
        await rig.send()
    permit(rig.path)
    taken = await rig.send()
    assert not taken.duplicate
    assert [one.taken is not None and one.taken.duplicate for one in taken.others] == [True, True]
    assert [len(lots) for lots in rig.lots().values()] == [1, 1, 1]


async def test_an_account_that_hangs_keeps_nobody_and_takes_it_when_it_goes_on(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("fxpaper.worker.fanout._COMMIT_SECONDS", 0.1)
    rig.tasks["small"].cancel()
    taken = await rig.send()
    assert taken.record.status is SignalStatus.EXECUTED
    assert there(taken) == {"small": None, "euro": SignalStatus.EXECUTED}
    async with asyncio.TaskGroup() as group:
        task = group.create_task(rig.workers["small"].run())
        while not rig.ledger.orders("small", 1).items:  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.01)
        task.cancel()
    assert rig.rows("small") == ["one"]


async def test_a_door_that_nobody_waits_at_goes_on_until_every_account_has_it(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("fxpaper.worker.handing_in._AGAIN_SECONDS", 0.05)
    forbid(rig.path, "small")
    async with asyncio.TaskGroup() as group:
        task = group.create_task(hand_in(rig.fanout, body(), "file", "a.jsonl line 1"))
        await asyncio.sleep(0.3)
        assert not task.done()
        permit(rig.path)
    assert [len(lots) for lots in rig.lots().values()] == [1, 1, 1]


async def test_one_fresh_quote_serves_all_who_wait_for_it(tmp_path: Path):
    async with working(tmp_path / "ledger.db", THREE) as rig:
        await rig.allow()
        async with asyncio.TaskGroup() as group:
            sent = group.create_task(rig.send(patience=5))
            while not rig.fetched:  # noqa: ASYNC110 - there is no event to wait for
                await asyncio.sleep(0.01)
            rig.quote()
        assert rig.fetched == ["EURUSD"]
        assert sent.result().record.status is SignalStatus.EXECUTED
        assert there(sent.result()) == {
            "small": SignalStatus.EXECUTED,
            "euro": SignalStatus.EXECUTED,
        }


def _sent(rig: Rig):
    return rig.fanout._own.sent(body(), "http", "", None, None)


async def test_hours_of_an_account_beside_hold_for_it(tmp_path: Path):
    """At noon in London the account that trades at night refuses, and nothing breaks."""
    settings = {"accounts": {"night": {"trading_hours": "22:00-23:00 Europe/London"}}}
    async with working(tmp_path / "ledger.db", settings) as rig:
        rig.quote()
        await rig.allow("paper", "night")
        taken = await rig.send()
        [there] = taken.others
        assert there.taken is not None
        assert there.taken.record.decision is not None
        assert there.taken.record.decision.refusal is not None
        assert there.taken.record.decision.refusal.code is RefusalCode.OUTSIDE_HOURS


async def test_a_reused_id_that_comes_again_and_again_is_kept_once(tmp_path: Path):
    """As entries of a stream that came in the same millisecond, also when handed in again."""
    async with working(tmp_path / "ledger.db", {}) as rig:
        rig.quote()
        await rig.allow()
        at = NOON - NS_PER_SECOND
        for place, side in enumerate(("buy", "sell", "sell", "sell")):
            taken = await rig.fanout.submit(
                body(id="a", side=side), "stream", f"s {place}", patience=0, at=at
            )
        assert taken.reused is not None
        assert len(rig.rows("paper")) == 2
        assert rig.workers["paper"].trouble is None


async def test_who_waits_for_a_person_keeps_no_sender_waiting(rig: Rig):
    """Nor is a quote fetched for it."""
    for name in rig.workers:
        policy = ModelPolicy(account=name, model="trend", auto_execute=False)
        await rig.workers[name].ask_policy(policy)
    rig.fetched.clear()
    async with asyncio.timeout(2):
        taken = await rig.send(patience=30, id="unasked")
    assert taken.record.status is SignalStatus.WAITING
    assert rig.fetched == []


async def test_what_was_due_before_a_request_acts_before_it(tmp_path: Path):
    """A day ends between two batches; a refused order and a signal come in the same one."""
    async with working(tmp_path / "ledger.db", {}) as rig:
        rig.quote()
        await rig.allow()
        worker = rig.workers["paper"]
        rig.clock.move_to(NOON + 24 * 3600 * NS_PER_SECOND)
        rig.quote()
        wish = PlaceOrder(account="paper", symbol="EURUSD", side=Side.BUY, lots=Decimal("0.001"))
        refused, taken = await asyncio.gather(worker.ask(wish), rig.send())
        assert isinstance(refused, Refused)
        assert taken.record.status is SignalStatus.EXECUTED
        assert worker.trouble is None


async def test_an_opinion_is_dismissed_and_not_executed_alone(tmp_path: Path):
    both = {"models": ["trend", "mean"], "method": "vote", "quorum": 2}
    async with working(tmp_path / "ledger.db", {"ensembles": {"blend": both}}) as rig:
        rig.quote()
        await rig.send(patience=0)
        front = rig.front
        answer = await front.decide_waiting("one", execute=True)
        assert isinstance(answer, Refused)
        assert "only votes" in answer.text
        row = await front.decide_waiting("one", execute=False)
        assert isinstance(row, SignalRecord)
        assert row.decision is not None
        assert row.decision.refusal is not None
        assert row.decision.refusal.code is RefusalCode.DISMISSED
