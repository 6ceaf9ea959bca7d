"""A live account's broker without a terminal: asked, answered, looked at, in any order."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from fxpaper.bridge.live_broker import DEADLINE_NS
from fxpaper.bridge.marks import is_ours, mark_of
from fxpaper.bridge.messages import decode
from fxpaper.domain.account import Accounting, shadow_of
from fxpaper.domain.command import (
    CancelOrder,
    ClosePosition,
    ModifyPosition,
)
from fxpaper.domain.event import (
    OrderEnded,
    kind_of,
)
from fxpaper.domain.order import DealReason, OrderKind, OrderState, Side, TimeInForce
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.domain.terminal import (
    AnswerState,
    DealEntry,
    TerminalDown,
    TerminalMoney,
    TerminalOp,
    TerminalPosition,
    TerminalUp,
)
from fxpaper.errors import ProtocolError
from tests.bridge.terminal_world import (
    NOW,
    RULES,
    UP,
    World,
    bought,
    commands,
    looked,
    refused,
    waiting,
)


def test_a_mark_is_63_bits_and_known_as_ours():
    marks = {mark_of(f"ledger.{number}") for number in range(10_000)}
    assert len(marks) == 10_000
    assert all(0 < mark < 2**63 and is_ours(mark) for mark in marks)


def test_nothing_is_sent_before_the_terminal_is_there_and_has_told_what_it_has():
    world = World()
    assert refused(world.place()) is RefusalCode.TERMINAL_AWAY
    world.live.hear(UP, NOW)
    assert refused(world.place()) is RefusalCode.TERMINAL_AWAY
    world.look()
    assert commands(world.place())
    world.live.hear(TerminalDown("cable"), NOW)
    assert refused(world.place()) is RefusalCode.TERMINAL_AWAY
    assert "cable" in (world.live.trouble() or "")


def test_a_command_names_its_order_and_its_deadline_and_nothing_is_booked_by_it(world: World):
    events = world.place(stop_loss=108_000)
    (command,) = commands(events)
    assert (command.op, command.lots, command.stop_loss) == (
        TerminalOp.OPEN,
        Decimal("0.10"),
        108_000,
    )
    assert command.deadline - command.written_at == DEADLINE_NS
    assert [kind_of(one.event) for one in events if one.account == "real"] == [
        "order_placed",
        "terminal_commanded",
        "order_changed",
    ]
    world.answer(command, AnswerState.DONE, "101")
    assert world.account.positions == {}
    assert world.account.account.balance == Decimal("10000.00")


@pytest.mark.parametrize("answer_first", [True, False])
def test_the_answer_and_the_deal_come_in_any_order(world: World, answer_first: bool):  # noqa: FBT001
    command = bought(world)
    steps = [
        lambda: world.answer(command, AnswerState.DONE, "101"),
        lambda: (world.fill(command, "101", DealEntry.IN, "0.10"), world.look()),
    ]
    for step in steps if answer_first else reversed(steps):
        step()
    assert world.account.orders == {}
    assert [one.lots for one in world.account.positions.values()] == [Decimal("0.10")]
    assert world.account.account.balance == world.balance
    assert world.live.outstanding() == ()


def test_a_deal_is_booked_once_however_often_it_is_looked_at(world: World):
    command = bought(world)
    world.fill(command, "101", DealEntry.IN, "0.10")
    for _ in range(5):
        world.look()
    assert len(world.account.positions) == 1
    assert world.account.account.balance == world.balance


def test_an_uncertain_order_is_filled_by_its_deal_when_that_shows_up(world: World):
    command = bought(world)
    world.answer(command, AnswerState.UNCERTAIN)
    (order,) = world.account.orders.values()
    assert order.state is OrderState.UNCERTAIN
    assert order.id in (world.live.trouble() or "")
    world.fill(command, "101", DealEntry.IN, "0.10")
    world.look()
    assert world.account.orders == {}
    assert world.live.trouble() is None
    (position,) = world.account.positions.values()
    assert position.order_id == order.id


def test_a_person_gives_an_uncertain_order_up_and_its_shadow_with_it(world: World):
    command = bought(world)
    world.answer(command, AnswerState.UNCERTAIN)
    (order,) = world.account.orders.values()
    cancelled = world.broker.carry_out(CancelOrder(account="real", order_id=order.id), NOW)
    assert not isinstance(cancelled, Refused)
    assert any(isinstance(one.event, OrderEnded) for one in cancelled)
    assert world.engine.state.accounts[shadow_of("real")].positions == {}


@pytest.mark.parametrize("state", [AnswerState.REFUSED, AnswerState.EXPIRED])
def test_what_was_not_carried_out_ends_its_order_and_its_twin(world: World, state: AnswerState):
    command = bought(world)
    assert len(world.engine.state.accounts[shadow_of("real")].positions) == 1
    world.answer(command, state)
    assert world.account.orders == {}
    assert world.engine.state.accounts[shadow_of("real")].positions == {}


def test_an_order_filled_in_parts_is_one_position(world: World):
    command = bought(world, "0.30")
    for part in ("0.10", "0.15", "0.05"):
        world.fill(command, "101", DealEntry.IN, part)
        world.look()
    (position,) = world.account.positions.values()
    assert position.lots == Decimal("0.30")
    assert world.account.account.balance == world.balance


def test_the_same_position_is_not_closed_twice_at_once(world: World):
    world.fill(bought(world), "101", DealEntry.IN, "0.10")
    world.look()
    close = ClosePosition(account="real", position_id="101", reason=DealReason.MANUAL)
    assert commands(world.broker.carry_out(close, NOW))
    assert refused(world.broker.carry_out(close, NOW)) is RefusalCode.ALREADY_ASKED
    protect = ModifyPosition(account="real", position_id="101", stop_loss=108_000)
    assert refused(world.broker.carry_out(protect, NOW)) is RefusalCode.ALREADY_ASKED


def test_a_close_by_the_terminal_itself_does_not_wait_for_ours(world: World):
    world.fill(bought(world), "101", DealEntry.IN, "0.10")
    world.look()
    close = ClosePosition(account="real", position_id="101", reason=DealReason.MANUAL)
    (command,) = commands(world.broker.carry_out(close, NOW))
    world.fill(None, "101", DealEntry.OUT, "0.10", Side.SELL, "-5.00")
    world.look()
    world.answer(command, AnswerState.REFUSED)
    assert (world.account.positions, world.account.orders) == ({}, {})
    assert world.account.account.balance == world.balance


def test_sizing_by_a_wrong_equity_is_refused(world: World):
    world.look(
        money=TerminalMoney(balance=world.balance, equity=Decimal(9000), margin=Decimal(0)),
        unknown=("US30",),
    )
    answer = world.place()
    assert refused(answer) is RefusalCode.EQUITY_DIFFERS
    assert "US30" in answer.text


def test_a_profile_that_is_not_the_brokers_is_refused(world: World):
    cents = replace(RULES, contract_size=Decimal(1000))
    world.live.hear(TerminalUp(name="123@Demo", rules={"EURUSD": cents}), NOW)
    assert refused(world.place()) is RefusalCode.PROFILE_DIFFERS


def test_two_hundred_tickets_are_told_apart(world: World):
    for number in range(200):
        world.fill(None, str(1000 + number), DealEntry.IN, "0.01")
    world.look()
    assert len(world.account.positions) == 200
    for number in range(0, 200, 2):
        world.fill(None, str(1000 + number), DealEntry.OUT, "0.01", Side.SELL, "-0.10")
    world.look()
    assert len(world.account.positions) == 100
    assert world.account.account.balance == world.balance
    assert world.look() == []


def test_a_netting_position_turns_around_by_one_deal():
    world = World(Accounting.NETTING)
    world.connect()
    world.fill(bought(world, "0.10"), "101", DealEntry.IN, "0.10")
    world.look()
    turned = world.fill(None, "101", DealEntry.IN_OUT, "0.30", Side.SELL, "-1.00", 108_241)
    world.positions["101"] = TerminalPosition(
        id="101",
        symbol="EURUSD",
        side=Side.SELL,
        lots=Decimal("0.20"),
        open_price=108_241,
        opened_at=NOW,
        stop_loss=None,
        take_profit=None,
        swap=Decimal(0),
        magic=turned.magic,
    )
    world.look()
    (position,) = world.account.positions.values()
    assert (position.side, position.lots) == (Side.SELL, Decimal("0.20"))
    assert world.account.account.balance == world.balance
    assert world.look() == []


def test_an_order_that_was_done_without_a_trace_becomes_uncertain(world: World):
    world.answer(bought(world), AnswerState.DONE, "77")
    looked(world)
    (order,) = world.account.orders.values()
    assert order.state is OrderState.UNCERTAIN
    assert order.id in (world.live.trouble() or "")


@pytest.mark.parametrize(
    ("given_", "code"),
    [
        ({"kind": OrderKind.LIMIT, "price": 107_000, "closes": "101"}, RefusalCode.NOT_AT_TERMINAL),
        (
            {
                "kind": OrderKind.LIMIT,
                "price": 107_000,
                "time_in_force": TimeInForce.IOC,
            },
            RefusalCode.NOT_AT_TERMINAL,
        ),
        ({"bound": 108_200}, RefusalCode.BEYOND_BOUND),
    ],
)
def test_what_would_mean_something_else_at_a_terminal_is_refused(world: World, given_, code):
    world.fill(bought(world), "101", DealEntry.IN, "0.10")
    world.look()
    side = Side.SELL if "closes" in given_ else Side.BUY
    assert refused(world.place(side=side, **given_)) is code


def test_a_limit_that_is_filled_in_part_goes_on_waiting(world: World):
    (command,) = commands(world.place("0.30", kind=OrderKind.LIMIT, price=107_000))
    world.answer(command, AnswerState.PLACED, "77")
    world.look(orders=(waiting("77", "0.30"),))
    deal = world.fill(command, "77", DealEntry.IN, "0.10")
    world.deals[-1] = replace(deal, order="77")
    world.look(orders=(waiting("77", "0.20"),))
    (order,) = world.account.orders.values()
    assert (order.state, order.lots) == (OrderState.PLACED, Decimal("0.20"))
    deal = world.fill(command, "77", DealEntry.IN, "0.20")
    world.deals[-1] = replace(deal, order="77")
    world.look()
    assert world.account.orders == {}
    (position,) = world.account.positions.values()
    assert (position.lots, position.order_id) == (Decimal("0.30"), order.id)


@pytest.mark.parametrize("number", ['"NaN"', '"Infinity"', "1e300"])
def test_numbers_that_no_broker_has_are_refused(number: str):
    with pytest.raises(ProtocolError):
        decode([b"acct", f'{{"s":1,"t":1,"balance":{number},"equity":1,"margin":0}}'.encode()])


def test_a_partial_close_by_an_order_closes_as_much_of_the_twin(world: World):
    world.fill(bought(world, "0.30"), "101", DealEntry.IN, "0.30")
    world.look()
    assert commands(world.place("0.10", Side.SELL, closes="101"))
    (twin,) = world.engine.state.accounts[shadow_of("real")].positions.values()
    assert twin.lots == Decimal("0.20")


STEPS = st.lists(
    st.tuples(st.sampled_from(["open", "close", "part", "look", "by hand"]), st.integers(0, 9)),
    max_size=40,
)


@given(STEPS, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_whatever_happens_the_account_ends_as_the_broker_has_it(steps, order):
    """Deals are looked at in any grouping and any order within a look."""
    world = World()
    world.connect()
    for what, number in steps:
        held = sorted(world.positions)
        if what == "open":
            world.fill(bought(world), str(500 + world.ticket), DealEntry.IN, "0.10")
        elif what == "by hand":
            world.fill(None, str(500 + world.ticket), DealEntry.IN, "0.20")
        elif held and what in {"close", "part"}:
            one = held[number % len(held)]
            lots = world.positions[one].lots
            part = lots if what == "close" or lots <= Decimal("0.05") else Decimal("0.05")
            world.fill(None, one, DealEntry.OUT, str(part), Side.SELL, "1.25")
        if what == "look":
            order.shuffle(world.deals)
            world.look()
    order.shuffle(world.deals)
    world.look()
    ours = {one.id: one.lots for one in world.account.positions.values()}
    assert ours == {one.id: one.lots for one in world.positions.values()}
    assert world.account.account.balance == world.balance
    assert world.look() == []
