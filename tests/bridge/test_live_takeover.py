"""What a live account takes over from its terminal that nobody here asked for."""

from __future__ import annotations

from decimal import Decimal

from fxpaper.domain.account import Mode
from fxpaper.domain.event import (
    CashMoved,
    DealBooked,
    Reconciled,
    kind_of,
)
from fxpaper.domain.instant import NS_PER_SECOND
from fxpaper.domain.order import Side
from fxpaper.domain.terminal import (
    DealEntry,
    TerminalCash,
    TerminalMoney,
)
from tests.bridge.terminal_world import NOW, UP, World, bought, commands, looked


def test_what_no_deal_explains_is_taken_over_after_three_looks_and_said(world: World):
    world.fill(bought(world), "101", DealEntry.IN, "0.10")
    world.look()
    world.positions.clear()
    world.balance += Decimal("12.00")
    kinds = [[kind_of(one.event) for one in world.look()] for _ in range(3)]
    assert kinds[:2] == [[], []]
    assert kinds[2] == ["reconciled", "position_closed", "cash_moved"]
    assert world.account.positions == {}
    assert world.account.account.balance == world.balance


def test_looks_in_quick_succession_prove_nothing(world: World):
    world.fill(bought(world), "101", DealEntry.IN, "0.10")
    world.look()
    world.positions.clear()
    world.step = NS_PER_SECOND // 10
    assert looked(world, 20) == []
    assert len(world.account.positions) == 1


def test_positions_from_before_the_account_are_adopted_without_their_deals():
    world = World()
    world.fill(None, "55", DealEntry.IN, "0.40")
    world.balance = Decimal("10000.00")
    world.live.hear(UP, NOW)
    events = [one for _ in range(3) for one in world.look()]
    assert not any(isinstance(one.event, DealBooked) for one in events)
    assert any(isinstance(one.event, Reconciled) for one in events)
    (position,) = world.account.positions.values()
    assert (position.id, position.lots, position.mode) == ("55r4", Decimal("0.40"), Mode.LIVE)


def test_money_that_is_no_trade_of_ours_moves_the_balance_by_name(world: World):
    world.cash = [
        TerminalCash(ticket=200, amount=Decimal("500.00"), comment="Deposit", paid=True),
        TerminalCash(ticket=201, amount=Decimal("-3.10"), comment="a deal in US30", paid=False),
    ]
    world.balance += Decimal("496.90")
    moved = [one.event for one in world.look() if isinstance(one.event, CashMoved)]
    assert [(one.kind.value, one.comment) for one in moved] == [
        ("deposit", "Deposit"),
        ("broker", "a deal in US30"),
    ]
    assert world.account.account.balance == world.balance


def test_a_position_that_comes_back_after_it_was_given_up_is_another_one(world: World):
    world.fill(bought(world), "101", DealEntry.IN, "0.10")
    world.look()
    held = dict(world.positions)
    world.positions.clear()
    assert "position_closed" in looked(world)
    world.positions = held
    assert "position_opened" in looked(world)
    (position,) = world.account.positions.values()
    assert position.id != "101"
    assert position.id.startswith("101")


def test_the_late_close_of_a_position_that_was_given_up_moves_money_only(world: World):
    world.fill(bought(world), "101", DealEntry.IN, "0.10")
    world.look()
    world.positions.clear()
    looked(world)
    world.fill(None, "101", DealEntry.OUT, "0.10", Side.SELL, "-5.00")
    assert looked(world, 1) == ["cash_moved", "terminal_deals_taken"]
    assert world.account.positions == {}
    assert world.account.account.balance == world.balance


def test_the_close_of_a_position_from_before_opens_nothing():
    world = World()
    world.connect()
    world.fill(None, "55", DealEntry.OUT, "0.40", Side.SELL, "20.00")
    world.look()
    assert world.account.positions == {}
    assert world.account.account.balance == world.balance


def test_a_deal_that_shows_up_after_a_later_one_is_booked(world: World):
    world.fill(bought(world), "101", DealEntry.IN, "0.10")
    late = world.deals.pop()
    world.fill(None, "500", DealEntry.IN, "0.20")
    world.look()
    world.deals.append(late)
    world.look()
    assert sorted(one.lots for one in world.account.positions.values()) == [
        Decimal("0.10"),
        Decimal("0.20"),
    ]
    assert world.account.orders == {}


def test_a_terminal_that_has_not_loaded_its_account_changes_nothing(world: World):
    world.fill(bought(world), "101", DealEntry.IN, "0.10")
    world.look()
    blank = TerminalMoney(balance=Decimal(0), equity=Decimal(0), margin=Decimal(0))
    for _ in range(5):
        assert world.look(positions=(), deals=(), seen=(), money=blank) == []
    assert len(world.account.positions) == 1


def test_what_is_told_twice_in_one_look_is_booked_once(world: World):
    world.cash = [
        TerminalCash(ticket=200, amount=Decimal("500.00"), comment="Deposit", paid=True)
    ] * 2
    world.balance += 500
    world.look()
    assert world.account.account.balance == world.balance


def test_credit_is_no_difference(world: World):
    bonus = Decimal(1000)
    money = TerminalMoney(
        balance=world.balance, equity=world.balance + bonus, margin=Decimal(0), credit=bonus
    )
    world.look(money=money)
    assert commands(world.place())


def test_an_adopted_position_takes_its_order_when_its_deal_comes_after_all(world: World):
    command = bought(world)
    world.fill(command, "101", DealEntry.IN, "0.10")
    deal = world.deals.pop()
    looked(world)
    world.deals.append(deal)
    world.look()
    (position,) = world.account.positions.values()
    assert (position.lots, position.order_id) == (Decimal("0.10"), command.order_id)
    assert world.account.account.balance == world.balance
