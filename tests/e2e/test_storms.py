"""Storms of signals: repeated, stale, back to back, and ten thousand at once."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from time import monotonic

import pytest

from fxpaper.clock import SystemClock
from fxpaper.domain.account import Account, Mode
from fxpaper.domain.deal import Entry
from fxpaper.domain.instant import NS_PER_SECOND
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.domain.refusal import RefusalCode
from fxpaper.domain.signal import ModelPolicy, Signal, SignalRecord, SignalStatus
from fxpaper.engine.engine import Engine
from fxpaper.engine.gate import FillLimits
from fxpaper.ledger.ledger import Ledger
from fxpaper.ledger.records import LedgerState
from fxpaper.ledger.shell import LedgerShell
from fxpaper.profiles import read_profile
from fxpaper.signals.desk import Desk
from fxpaper.signals.rules import RuleBook, SignalRules
from fxpaper.worker.execution import ExecutionWorker
from fxpaper.worker.front import AccountFront
from tests.e2e.doors import by_http, by_path, by_stream, by_zmq, empty, ledger_of, open_house
from tests.e2e.doors import until_last as until_the_last
from tests.e2e.thousand import LAST, NOON, Sent

SETTINGS = """
symbols = ["EURUSD", "GBPUSD", "USDJPY"]
risk_percent = "0.01"
max_positions = 1000
limits = "none"
"""
MANY = 10_000
BALANCE = Decimal("100000.00")
STREAM = Evidence("t", Transport.STREAM, Spread.REAL, Grade.A)


def said(id_: str | None, side: str = "buy", time: str | None = NOON) -> Sent:
    table = {"id": id_, "model": "ants", "symbol": "EURUSD", "side": side, "time": time}
    if side != "close":
        table |= {"confidence": "0.8", "stop_loss": "20pips"}
    table = {key: value for key, value in table.items() if value is not None}
    return Sent(json.dumps(table), table)


def test_a_hundred_signals_fifty_times_over_are_executed_once_each(tmp_path, redis_url):
    """From eight connections at once, each in an order of its own."""
    empty(redis_url)
    signals = [said(f"d{number}") for number in range(100)]
    turns = [signals[turn:] + signals[:turn] for turn in range(50)]
    with open_house(tmp_path, redis_url, SETTINGS) as house, ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda part: [by_http(house, one) for one in turns[part::8]], range(8)))
    with ledger_of(tmp_path) as ledger:
        journal = ledger.signals("paper", 10_000).items
        orders = ledger.orders("paper", 10_000).items
    assert Counter(one.signal.id for one in journal) == dict.fromkeys(
        (f"d{number}" for number in range(100)), 1
    )
    assert {one.status for one in journal} == {SignalStatus.EXECUTED}
    assert Counter(order.signal_id for order in orders) == Counter(one.signal.id for one in journal)


def test_alerts_of_days_ago_that_come_again_are_refused_also_after_a_restart(tmp_path, redis_url):
    """A sender that was stuck lets go of all it has: through three doors, with and without ids."""
    empty(redis_url)
    noon = datetime(2026, 11, 18, 12, tzinfo=UTC)
    times = [f"{noon - timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}" for hours in range(24, 74)]
    old = [said(f"o{number}" if number % 2 else None, time=at) for number, at in enumerate(times)]
    for last in (LAST, f"{LAST}-again"):
        with open_house(tmp_path, redis_url, SETTINGS) as house:
            by_path(house, old)
            by_stream(house, old)
            by_zmq(house, old)
            house.call.until("/models", lambda body: counted(body) >= 75)
            by_http(house, [*old, said(last, "close")])
    with ledger_of(tmp_path) as ledger:
        journal = ledger.signals("paper", 10_000).items
        assert not ledger.orders("paper", 100).items
    old_ones = [one for one in journal if not one.signal.id.startswith(LAST)]
    refusals = [one.decision.refusal for one in old_ones if one.decision is not None]
    assert len(refusals) == len(old_ones) >= 100
    assert {one.code for one in refusals if one is not None} == {RefusalCode.SIGNAL_EXPIRED}
    assert Counter(one.signal.id for one in old_ones)["o1"] == 1


def counted(body) -> int:
    return sum(one["signals"] for one in body["items"])


@pytest.mark.parametrize("send", [by_http, by_zmq, by_stream])
def test_close_and_reverse_a_millisecond_apart_keep_their_order(tmp_path, redis_url, send):
    """Two hundred times: never two positions at once, and each signal is executed."""
    empty(redis_url)
    signals = [said("r0")]
    for number in range(1, 400):
        side = "close" if number % 2 else ("sell", "buy")[number // 2 % 2]
        time = f"2026-11-18T12:00:00.{number:03}Z"
        signals.append(said(f"r{number}", side, time))
    with open_house(tmp_path, redis_url, SETTINGS) as house:
        send(house, [*signals, said(LAST)])
        until_the_last(house)
    with ledger_of(tmp_path) as ledger:
        journal = ledger.signals("paper", 1000).items[::-1]
        deals = ledger.deals("paper", 1000).items[::-1]
    assert [one.signal.id for one in journal] == [*(f"r{number}" for number in range(400)), LAST]
    assert {one.status for one in journal} == {SignalStatus.EXECUTED}
    assert [deal.entry for deal in deals] == [*[Entry.IN, Entry.OUT] * 200, Entry.IN]
    assert [deal.signal_id for deal in deals] == [one.signal.id for one in journal]


@asynccontextmanager
async def an_account(directory: Path) -> AsyncIterator[tuple[ExecutionWorker, AccountFront]]:
    """Open the real worker of a new account over a ledger, and its front; run it by yourself."""
    clock, profile = SystemClock(), read_profile("standard")
    ledger = Ledger(directory / "ledger.db")
    ledger.open()
    shell, now = LedgerShell(ledger), clock.now()
    limits = FillLimits(around_the_clock=True, stream_age_ns=600 * NS_PER_SECOND)
    account = Account(
        id="paper",
        mode=Mode.PAPER,
        currency="USD",
        leverage=500,
        balance=BALANCE,
        initial_balance=BALANCE,
        opened_at=now,
    )
    await shell.commit(Engine(profile, limits).open_account(account))

    async def build() -> Desk:
        state = await shell.read(lambda one: one.load("paper"))
        assert isinstance(state, LedgerState)
        engine = Engine(profile, limits)
        engine.restore(state.account, state.positions, state.orders)
        return Desk(engine, RuleBook(SignalRules()))

    async def fetch(symbol: str) -> None:
        del symbol

    worker = ExecutionWorker("paper", build, shell, clock, lambda _: None)
    await worker.open()
    worker.put(Quote("EURUSD", 108_000, 108_008, now, now, STREAM))
    yield worker, AccountFront(worker, shell, clock, profile.instruments, NS_PER_SECOND, fetch)
    await shell.close()


async def test_ten_thousand_signals_at_once_are_each_decided_once_in_their_order(tmp_path: Path):
    """Offered in one go, each living for a second: none lost, doubled, or executed late."""
    names = [f"n{number}" for number in range(MANY)]
    bodies = [
        said(name, "close" if number % 2 else "buy", None).body.encode()
        for number, name in enumerate(names)
    ]
    async with an_account(tmp_path) as (worker, front), asyncio.TaskGroup() as group:
        work = group.create_task(worker.run())
        await front.set_policy(ModelPolicy(account="paper", model="ants", auto_execute=True))
        began = monotonic()
        taken = await asyncio.gather(*(front.submit(one, "zmq", patience=30) for one in bodies))
        print(f"{MANY / (monotonic() - began):,.0f} signals a second")
        work.cancel()
    assert [one.record.signal.id for one in taken] == names
    with ledger_of(tmp_path) as ledger:
        journal = ledger.signals("paper", 2 * MANY).items[::-1]
        orders = ledger.orders("paper", 2 * MANY).items
    assert [one.signal.id for one in journal] == names
    in_time = {one.signal.id for one in journal if executed_in_time(one)}
    opened = [order.signal_id for order in orders if order.closes is None]
    assert len(opened) == len(set(opened))
    assert set(opened) <= in_time
    codes = Counter(
        one.decision.refusal.code
        for one in journal
        if one.decision is not None and one.decision.refusal is not None
    )
    assert codes.keys() <= {RefusalCode.SIGNAL_EXPIRED, RefusalCode.NOTHING_TO_CLOSE}
    assert len(in_time) + codes.total() == MANY
    assert len(in_time) > 100


def executed_in_time(row: SignalRecord) -> bool:
    """Tell whether a signal was executed; no later than it may be."""
    assert isinstance(row.signal, Signal)
    assert row.decision is not None
    executed = row.status is SignalStatus.EXECUTED
    assert not executed or row.decision.at < row.signal.expires_at
    return executed
