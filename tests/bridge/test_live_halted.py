"""A live account that is halted: what is on its way, waits or is uncertain."""

from __future__ import annotations

from fxpaper.domain.account import TradingState
from fxpaper.domain.command import (
    CloseAll,
    SetTrading,
)
from fxpaper.domain.instant import NS_PER_SECOND
from fxpaper.domain.order import OrderKind, OrderState
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.domain.terminal import (
    AnswerState,
    DealEntry,
    TerminalDown,
    TerminalOp,
)
from tests.bridge.terminal_world import NOW, UP, World, bought, commands, refused, waiting


def test_while_halted_nothing_opens_by_any_path_and_everything_closes(world: World):
    world.fill(bought(world), "101", DealEntry.IN, "0.10")
    world.look()
    halt = SetTrading(account="real", state=TradingState.HALTED)
    assert not isinstance(world.broker.carry_out(halt, NOW), Refused)
    assert refused(world.place()) is RefusalCode.TRADING_HALTED
    closed = world.broker.carry_out(CloseAll(account="real"), NOW)
    assert [one.op for one in commands(closed)] == [TerminalOp.CLOSE]


def test_an_order_on_its_way_when_the_account_is_halted_is_cancelled_once_it_waits(world: World):
    (command,) = commands(world.place(kind=OrderKind.LIMIT, price=107_000))
    world.broker.carry_out(SetTrading(account="real", state=TradingState.HALTED), NOW)
    (again,) = world.live.outstanding()
    assert (again.id, again.deadline) == (command.id, 0)
    world.answer(command, AnswerState.PLACED, "77")
    events = world.look(orders=(waiting("77"),))
    assert [one.op for one in commands(events)] == [TerminalOp.CANCEL]
    assert commands(world.look(orders=(waiting("77"),))) == []


def test_what_waits_while_the_terminal_is_away_is_cancelled_when_it_is_back(world: World):
    (command,) = commands(world.place(kind=OrderKind.LIMIT, price=107_000))
    world.answer(command, AnswerState.PLACED, "77")
    world.live.hear(TerminalDown("cable"), NOW)
    world.broker.carry_out(SetTrading(account="real", state=TradingState.HALTED), NOW)
    world.live.hear(UP, NOW)
    events = world.look(orders=(waiting("77"),))
    assert [one.op for one in commands(events)] == [TerminalOp.CANCEL]


def test_a_refused_cancel_is_asked_for_again_with_growing_pauses(world: World):
    (command,) = commands(world.place(kind=OrderKind.LIMIT, price=107_000))
    world.answer(command, AnswerState.PLACED, "77")
    world.broker.carry_out(SetTrading(account="real", state=TradingState.HALTED), NOW)
    (first,) = world.live.outstanding()
    world.answer(first, AnswerState.REFUSED)
    asked = []
    for _ in range(75):
        for one in commands(world.look(orders=(waiting("77"),))):
            world.answer(one, AnswerState.REFUSED)
            asked.append((world.now - NOW) // NS_PER_SECOND)
    assert asked == [8, 40, 100, 220]


def test_halting_does_not_decide_what_became_of_an_uncertain_order(world: World):
    world.answer(bought(world), AnswerState.UNCERTAIN)
    world.broker.carry_out(SetTrading(account="real", state=TradingState.HALTED), NOW)
    (order,) = world.account.orders.values()
    assert order.state is OrderState.UNCERTAIN
