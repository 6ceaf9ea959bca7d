"""The floors under equity; every amount by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from fxpaper.domain.account import Account, Mode
from fxpaper.domain.event import CashKind, CashMoved, DayBegan
from fxpaper.engine.floors import floors
from fxpaper.engine.today import DayMark, Today
from fxpaper.limit_packs import read_limits

AT = int(datetime(2026, 9, 21, 14, tzinfo=UTC).timestamp()) * 10**9


def marked(**amounts: int) -> DayMark:
    given = dict.fromkeys(("balance", "equity", "peak", "initial"), 100_000) | amounts
    return DayMark(at=AT, **{name: Decimal(f"{amount}.00") for name, amount in given.items()})


def amounts(pack: str, mark: DayMark) -> dict[str, str]:
    return {one.limit: str(one.amount) for one in floors(read_limits(pack), mark, "USD")}


@pytest.mark.parametrize(
    ("pack", "mark", "daily", "overall"),
    [
        pytest.param("ftmo-two-step", {}, "95000.00", "90000.00", id="FTMO's start"),
        pytest.param(
            *("ftmo-two-step", {"balance": 103_000, "equity": 104_500, "peak": 104_500}),
            *("98000.00", "90000.00"),
            id="the balance at midnight counts, not the equity; the overall floor is static",
        ),
        pytest.param(
            *("ftmo-two-step", {"balance": 97_000}, "92000.00", "90000.00"),
            id="5 % are of the initial balance after a bad day too",
        ),
        pytest.param("ftmo-one-step", {}, "95000.00", "90000.00", id="one step: 100k, floor 90k"),
        pytest.param(
            *("ftmo-one-step", {"balance": 104_000, "equity": 104_000, "peak": 104_000}),
            *("99000.00", "94000.00"),
            id="one step: a day ends at 104k, floor 94k",
        ),
        pytest.param(
            *("ftmo-one-step", {"balance": 101_000, "equity": 101_000, "peak": 104_000}),
            *("96000.00", "94000.00"),
            id="one step: a lower end leaves 94k",
        ),
        pytest.param(
            *("ftmo-one-step", {"balance": 112_000, "equity": 112_000, "peak": 112_000}),
            *("107000.00", "100000.00"),
            id="one step: the floor stops at the initial balance",
        ),
        pytest.param("standard", {}, "95000.00", "80000.00", id="standard's start"),
        pytest.param(
            *("standard", {"balance": 119_000, "equity": 120_000, "peak": 130_000}),
            *("114000.00", "104000.00"),
            id="standard: 120k less 5 % of 120k; 130k less 20 % of 130k",
        ),
    ],
)
def test_a_pack_makes_its_floors(pack, mark, daily, overall):
    assert amounts(pack, marked(**mark)) == {"daily_loss": daily, "drawdown": overall}


def test_a_floor_tells_its_formula():
    mark = marked(balance=103_000, equity=104_500, peak=112_000)
    daily, overall = floors(read_limits("ftmo-one-step"), mark, "USD")
    assert daily.formula == (
        "the day's first balance, 103000.00 USD, less 5 % of the initial balance, 100000.00 USD"
    )
    assert overall.formula == (
        "the highest day-end equity, 112000.00 USD, less 10 % of the initial balance, "
        "100000.00 USD, but never above the initial balance, 100000.00 USD"
    )
    daily, _ = floors(read_limits("standard"), mark, "USD")
    assert daily.formula == "the day's first equity, 104500.00 USD, less 5 % of it"


def test_none_has_no_floor():
    assert amounts("none", marked()) == {}


@pytest.mark.parametrize(
    ("moves", "mark"),
    [
        pytest.param([("5000", "105000")], (105, 105, 105, 105), id="a deposit moves everything"),
        pytest.param([("-5000", "95000")], (95, 95, 95, 95), id="so does capital taken out"),
        pytest.param(
            [("-20000", "100000")], (80, 80, 80, 100), id="a profit of 20k paid out is no capital"
        ),
        pytest.param(
            [("-30000", "90000")], (70, 70, 70, 90), id="beyond the profit, 10k of capital"
        ),
        pytest.param([("-10000", "85000")], (90, 90, 90, 90), id="at a loss everything is capital"),
    ],
)
def test_money_paid_in_or_out_is_neither_gain_nor_loss(moves, mark):
    account = Account(
        id="a",
        mode=Mode.PAPER,
        currency="USD",
        leverage=100,
        balance=Decimal("100000.00"),
        initial_balance=Decimal("100000.00"),
        opened_at=AT,
    )
    today = Today(account)
    for amount, balance in moves:
        moved = Decimal(amount)
        kind = CashKind.DEPOSIT if moved > 0 else CashKind.WITHDRAWAL
        today.follow(AT + 1, CashMoved(kind, moved, Decimal(balance)))
    found = today.mark
    assert (found.balance, found.equity, found.peak, found.initial) == tuple(
        Decimal(1000 * one) for one in mark
    )


def test_what_the_broker_books_by_itself_is_gain_or_loss():
    today = Today(
        Account(
            id="a",
            mode=Mode.LIVE,
            currency="USD",
            leverage=100,
            balance=Decimal(100),
            initial_balance=Decimal(100),
            opened_at=AT,
        )
    )
    today.follow(AT, CashMoved(CashKind.BROKER, Decimal(-5), Decimal(95)))
    today.follow(AT, CashMoved(CashKind.NEGATIVE_BALANCE, Decimal(5), Decimal(0)))
    assert today.mark.balance == 100


def test_a_day_begins_with_nothing_counted():
    today = Today(
        Account(
            id="a",
            mode=Mode.PAPER,
            currency="USD",
            leverage=100,
            balance=Decimal(100),
            initial_balance=Decimal(100),
            opened_at=AT,
        )
    )
    today.losses, today.orders = 2, 7
    today.recent.append(AT)
    today.reached.add("drawdown")
    ninety = Decimal(90)
    today.follow(AT + 5, DayBegan("2026-09-22", ninety, ninety, Decimal(100), Decimal(100)))
    assert (today.losses, today.orders, len(today.recent), today.reached) == (0, 0, 0, set())
    assert (today.mark.at, today.mark.balance, today.mark.peak) == (AT + 5, 90, 100)
