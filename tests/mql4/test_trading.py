"""Orders: opened, protected, closed; each id once, whatever dies in between; deals in order."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from decimal import Decimal
from functools import partial

import pytest

from fxpaper.bridge.marks import mark_of
from fxpaper.clock import SystemClock
from fxpaper.domain.order import DealReason, OrderKind, Side
from fxpaper.domain.terminal import AnswerState, DealEntry, TerminalDeal, TerminalOp
from tests.mql4.conftest import EURUSD, until

DONE, PLACED, REFUSED = AnswerState.DONE, AnswerState.PLACED, AnswerState.REFUSED
UNCERTAIN, EXPIRED = AnswerState.UNCERTAIN, AnswerState.EXPIRED
TICK = "tick EURUSD.£ 1.10000 1.10010"
BUY = {"side": Side.BUY}
SELL = {"side": Side.SELL}


def deals(side) -> list[tuple[str, DealEntry, Decimal]]:
    return [
        (one.position_id, one.entry, one.lots)
        for one in side.booked
        if isinstance(one, TerminalDeal)
    ]


async def test_an_order_is_opened_protected_and_closed(side, attach, broker):
    async with attach() as chart:
        await side.ready(chart)
        opened = await side.ask("e.1", TerminalOp.OPEN, **BUY, stop_loss=109_500)
        assert (opened.state, opened.ticket, opened.duplicate) == (DONE, "100", False)
        look = await side.looks(lambda look: len(look.positions) == 1)
        (position,) = look.positions
        assert (position.id, position.side, position.lots) == ("100", Side.BUY, Decimal("0.10"))
        assert (position.open_price, position.stop_loss, position.take_profit) == (
            110_010,
            109_500,
            None,
        )
        assert position.magic == mark_of("e.1")
        assert look.may_trade
        await side.ask(
            "e.2", TerminalOp.PROTECT, position_id="100", stop_loss=109_600, take_profit=111_000
        )
        await side.looks(lambda look: look.positions[0].take_profit == 111_000)
        await chart.say("tick EURUSD.£ 1.10100 1.10110")
        await asyncio.sleep(0.2)
        closed = await side.ask("e.3", TerminalOp.CLOSE, position_id="100", **SELL)
        assert (closed.state, closed.ticket) == (DONE, "")
        await until(lambda: len(side.booked) == 2)
        entered, left = side.booked
        assert (entered.entry, entered.side, entered.price) == (DealEntry.IN, Side.BUY, 110_010)
        assert (entered.order, entered.magic) == ("100", mark_of("e.1"))
        assert (entered.commission, entered.profit) == (0, 0)
        assert (left.entry, left.side, left.price) == (DealEntry.OUT, Side.SELL, 110_100)
        assert (left.magic, left.order) == (mark_of("e.3"), "0")
        assert (left.commission, left.profit) == (Decimal("-0.70"), Decimal("9.00"))
        assert left.ticket > entered.ticket
        now = SystemClock().now()
        assert abs(left.at - now) < 10_000_000_000
        look = await side.looks(lambda look: not look.positions)
        assert look.money.balance == Decimal("10008.30")
    assert len(broker()) == 1


async def test_an_order_waits_is_changed_cancelled_or_filled(side, attach):
    limit = {**BUY, "kind": OrderKind.LIMIT}
    async with attach() as chart:
        await side.ready(chart)
        first = await side.ask("e.1", TerminalOp.PLACE, **limit, price=109_000)
        second = await side.ask("e.2", TerminalOp.PLACE, **limit, price=109_100)
        assert [(one.state, one.ticket) for one in (first, second)] == [
            (PLACED, "100"),
            (PLACED, "101"),
        ]
        look = await side.looks(lambda look: len(look.orders) == 2)
        assert [(one.kind, one.price, one.magic) for one in look.orders] == [
            (OrderKind.LIMIT, 109_000, mark_of("e.1")),
            (OrderKind.LIMIT, 109_100, mark_of("e.2")),
        ]
        changed = await side.ask(
            "e.3", TerminalOp.CHANGE, ticket="100", price=108_500, stop_loss=108_000
        )
        assert changed.state is DONE
        await side.looks(lambda look: look.orders[0].price == 108_500)
        assert (await side.ask("e.4", TerminalOp.CANCEL, ticket="100")).state is DONE
        await chart.say("fill 101")
        look = await side.looks(lambda look: len(look.positions) == 1 and not look.orders)
        assert look.positions[0].magic == mark_of("e.2")
        await until(lambda: deals(side) == [("101", DealEntry.IN, Decimal("0.10"))])
        again = await side.ask("e.5", TerminalOp.CANCEL, ticket="101")
        assert (again.state, again.text) == (REFUSED, "It is a position, no order that waits.")
        stop_limit = {**BUY, "kind": OrderKind.STOP_LIMIT}
        never = await side.ask("e.6", TerminalOp.PLACE, **stop_limit, price=1, limit=1)
        assert "no stop-limit orders" in never.text


async def test_the_same_id_is_carried_out_once_also_after_a_restart(side, attach, broker):
    async with attach() as chart:
        await side.ready(chart)
        first = await side.ask("e.1", TerminalOp.OPEN, **BUY)
        again = await side.ask("e.1", TerminalOp.OPEN, **BUY, again=True)
        refused = await side.ask("e.2", TerminalOp.OPEN, **BUY, lots=Decimal("1.01"))
    async with attach() as chart:
        await side.ready(chart)
        third = await side.ask("e.1", TerminalOp.OPEN, **BUY)
        still = await side.ask("e.2", TerminalOp.OPEN, **BUY, lots=Decimal("0.01"))
    assert [(one.state, one.ticket) for one in (first, again, third)] == [(DONE, "100")] * 3
    assert [one.duplicate for one in (first, again, third)] == [False, True, True]
    assert (refused.state, still.state, still.duplicate) == (REFUSED, REFUSED, True)
    assert "InpMaxLots, 1.00" in still.text
    assert len(broker()) == 1


async def crash(bridge, attach, when: str, op: TerminalOp, /, **given) -> None:
    """Let the terminal be killed before or after the broker has a command."""
    async with attach(expect=-signal.SIGKILL, SHIM_CRASH=when) as chart:
        ups = bridge.ups()
        await chart.say(EURUSD, TICK)
        await until(lambda: bridge.ups() > ups)
        await chart.shows("symbols wanted; orders are carried out")
        bridge.line.send(bridge.command("e.9", op, **given))
        await chart.ends()
        await until(lambda: not bridge.terminals.sessions())


@pytest.fixture
def comment(request) -> dict[str, str]:
    """What a broker makes of a comment."""
    return {} if request.param is None else {"SHIM_COMMENT": request.param}


@pytest.mark.parametrize("comment", [None, "", "broker's own"], indirect=True)
async def test_killed_after_the_broker_had_it_an_order_is_found_again(
    side, attach, broker, comment
):
    """By its comment, or by its magic number where the broker writes something else."""
    side.feed.want(frozenset({"EURUSD"}))
    with suppress(ConnectionError):
        await crash(side, lambda **more: attach(**more, **comment), "after", TerminalOp.OPEN, **BUY)
    async with attach(**comment) as chart:
        await side.ready(chart)
        found = await side.ask("e.9", TerminalOp.OPEN, **BUY, again=True)
        assert (found.state, found.ticket, found.duplicate) == (DONE, "100", True)
        look = await side.looks(lambda look: len(look.positions) == 1)
        assert look.positions[0].magic == mark_of("e.9")
    assert len(broker()) == 1


async def test_killed_before_the_broker_had_it_nobody_can_tell_and_it_is_not_sent_again(
    side, attach, tmp_path
):
    side.feed.want(frozenset({"EURUSD"}))
    with suppress(ConnectionError):
        await crash(side, attach, "before", TerminalOp.OPEN, **BUY)
    for _ in range(2):
        async with attach() as chart:
            await side.ready(chart)
            for again in (True, False):
                answer = await side.ask("e.9", TerminalOp.OPEN, **BUY, again=again)
                assert (answer.state, answer.duplicate) == (UNCERTAIN, True)
                assert "the account does not tell" in answer.text
    assert not (tmp_path / "broker").exists()


@pytest.mark.parametrize(("when", "state"), [("before", UNCERTAIN), ("after", DONE)])
async def test_killed_while_it_closed_the_account_tells_what_became_of_it(
    side, attach, broker, when, state
):
    side.feed.want(frozenset({"EURUSD"}))
    async with attach() as chart:
        await side.ready(chart)
        await side.ask("e.1", TerminalOp.OPEN, **BUY)
        await until(lambda: len(side.booked) == 1)
    with suppress(ConnectionError):
        await crash(side, attach, when, TerminalOp.CLOSE, position_id="100", **SELL)
    async with attach() as chart:
        await side.ready(chart)
        answer = await side.ask("e.9", TerminalOp.CLOSE, position_id="100", **SELL, again=True)
        assert (answer.state, answer.duplicate) == (state, True)
        if state is DONE:
            await until(lambda: len(side.booked) == 2)
            assert side.booked[1].magic == mark_of("e.9")
    assert len(broker()) == 1


@pytest.mark.parametrize(
    ("code", "done", "state", "said"),
    [
        (134, "not", REFUSED, "there is not enough money"),
        (146, "not", REFUSED, "busy with another order"),
        (128, "done", DONE, ""),
        (128, "not", UNCERTAIN, "did not say whether it was done, error 128"),
        (6, "not", UNCERTAIN, "error 6"),
    ],
)
async def test_an_error_is_a_refusal_only_when_the_broker_has_certainly_done_nothing(
    side, attach, code, done, state, said
):
    async with attach() as chart:
        await side.ready(chart)
        await chart.say(f"fail {code} {done}")
        await asyncio.sleep(0.1)
        answer = await side.ask("e.1", TerminalOp.OPEN, **BUY)
        assert answer.state is state
        assert said in answer.text
        again = await side.ask("e.1", TerminalOp.OPEN, **BUY, again=True)
        assert (again.state, again.duplicate) == (state, True)


async def test_what_comes_too_late_is_not_carried_out(side, attach, tmp_path):
    async with attach() as chart:
        await side.ready(chart)
        late = SystemClock().now() - 1
        answer = await side.ask("e.1", TerminalOp.OPEN, **BUY, deadline=late)
        assert answer.state is EXPIRED
        again = await side.ask("e.1", TerminalOp.OPEN, **BUY)
        assert (again.state, again.duplicate) == (EXPIRED, True)
    assert not (tmp_path / "broker").exists()


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"InpAllowTrading": "false"}, "InpAllowTrading is off"),
        ({"SHIM_REAL": "1"}, "InpDemoOnly is on, and this is no demo account"),
        ({"SHIM_NO_LIVE": "1"}, "Allow live trading is off"),
        ({"SHIM_INVESTOR": "1"}, "The broker lets this login look only"),
        ({"SHIM_FILES": "/nowhere"}, "the journal fxpaper-123-Demo_4.journal cannot be opened"),
    ],
)
async def test_nothing_is_traded_where_it_is_not_allowed(side, attach, tmp_path, inputs, said):
    async with attach(**inputs) as chart:
        await side.ready(chart)
        assert not side.look.may_trade
        assert said in side.look.why_not
        await chart.shows("no orders: ")
        answer = await side.ask("e.1", TerminalOp.OPEN, **BUY)
        assert answer.state is REFUSED
        assert said in answer.text
    assert not (tmp_path / "broker").exists()


async def test_what_cannot_be_kept_in_the_journal_is_not_sent(side, attach, tmp_path):
    """The disk is full just when a command is about to be sent."""
    async with attach(SHIM_FULL="S|e.1") as chart:
        await side.ready(chart)
        answer = await side.ask("e.1", TerminalOp.OPEN, **BUY)
        assert answer.state is REFUSED
        assert "cannot be written, error 5027" in answer.text
        await side.looks(lambda look: not look.may_trade)
    assert not (tmp_path / "broker").exists()


@pytest.mark.parametrize(
    ("inputs", "before", "said"),
    [
        ({"InpMaxLots": "0.05"}, [], "more than InpMaxLots, 0.05"),
        ({"InpMaxPositions": "1"}, ["open EURUSD.£ 0 0.01 1.1"], "InpMaxPositions is 1"),
        (
            {"InpDailyLoss": "50"},
            ["open EURUSD.£ 0 1.00 1.1", "part 100 0.5 1.098", "part 101 0.4 1.1"],
            "InpDailyLoss is 50.00",
        ),
    ],
)
async def test_the_caps_hold_for_what_opens_and_not_for_what_closes(
    side, attach, inputs, before, said
):
    async with attach(**inputs) as chart:
        await side.ready(chart)
        await chart.say(*before, "open EURUSD.£ 0 0.01 1.1")
        await side.looks(lambda look: len(look.positions) > 0)
        answer = await side.ask("e.1", TerminalOp.OPEN, **BUY)
        assert answer.state is REFUSED
        assert said in answer.text
        held = side.look.positions[-1]
        closing = {"position_id": held.id, "lots": held.lots, **SELL}
        assert (await side.ask("e.2", TerminalOp.CLOSE, **closing)).state is DONE


async def test_a_torn_line_of_the_journal_is_no_line(side, attach, tmp_path, broker):
    journal = tmp_path / "files" / "fxpaper-123-Demo_4.journal"
    journal.write_bytes(b"O|7200|.\r\nR|e.1|done|0|7||.\r\nR|e.2|done|0|8|")
    async with attach() as chart:
        await side.ready(chart)
        first = await side.ask("e.1", TerminalOp.OPEN, **BUY)
        assert (first.state, first.ticket, first.duplicate) == (DONE, "7", True)
        second = await side.ask("e.2", TerminalOp.OPEN, **BUY)
        assert (second.state, second.ticket, second.duplicate) == (DONE, "100", False)
    assert len(broker()) == 1


async def test_a_part_that_is_closed_leaves_the_position_its_number(side, attach):
    """Whoever closes it, and though each rest has a ticket of its own."""
    async with attach() as chart:
        await side.ready(chart)
        await side.ask("e.1", TerminalOp.OPEN, **BUY, lots=Decimal("0.30"))
        await until(lambda: len(side.booked) == 1)
        part = {"position_id": "100", "lots": Decimal("0.10"), **SELL}
        assert (await side.ask("e.2", TerminalOp.CLOSE, **part)).state is DONE
        await chart.say("part 101 0.15 1.1")
        look = await side.looks(lambda look: look.positions[0].lots == Decimal("0.05"))
        (position,) = look.positions
        assert (position.id, position.magic) == ("100", mark_of("e.1"))
        too_much = await side.ask("e.3", TerminalOp.CLOSE, **part)
        assert "0.10 lots cannot be closed of 0.05" in too_much.text
        rest = {"position_id": "100", "lots": Decimal("0.05"), **SELL}
        assert (await side.ask("e.4", TerminalOp.CLOSE, **rest)).state is DONE
        await until(lambda: len(side.booked) == 4)
        assert deals(side) == [
            ("100", DealEntry.IN, Decimal("0.30")),
            ("100", DealEntry.OUT, Decimal("0.10")),
            ("100", DealEntry.OUT, Decimal("0.15")),
            ("100", DealEntry.OUT, Decimal("0.05")),
        ]
        marks = [one.magic for one in side.booked]
        assert marks == [mark_of("e.1"), mark_of("e.2"), 0, mark_of("e.4")]


async def test_an_opening_that_is_told_after_a_part_was_closed_has_all_its_lots(side, attach):
    async with attach() as chart:
        await side.ready(chart)
        await chart.say("open EURUSD.£ 1 0.30 1.1", "part 100 0.10 1.1", "part 101 0.05 1.1")
        await until(lambda: len(side.booked) == 3)
        assert sorted(deals(side), key=lambda one: one[1] is DealEntry.OUT) == [
            ("100", DealEntry.IN, Decimal("0.30")),
            ("100", DealEntry.OUT, Decimal("0.10")),
            ("100", DealEntry.OUT, Decimal("0.05")),
        ]
        assert deals(side)[0][1] is DealEntry.IN


async def test_two_positions_are_closed_by_each_other(side, attach):
    async with attach() as chart:
        await side.ready(chart)
        await side.ask("e.1", TerminalOp.OPEN, **BUY)
        await side.ask("e.2", TerminalOp.OPEN, **SELL)
        await side.ask("e.3", TerminalOp.OPEN, **SELL, lots=Decimal("0.20"))
        await until(lambda: len(side.booked) == 3)
        pair = {"position_id": "100", "other_id": "102"}
        unlike = await side.ask("e.4", TerminalOp.CLOSE_BY, **pair)
        assert "only when their lots are the same" in unlike.text
        pair["other_id"] = "101"
        assert (await side.ask("e.5", TerminalOp.CLOSE_BY, **pair)).state is DONE
        await until(lambda: len(side.booked) == 5)
        lots = Decimal("0.10")
        assert deals(side)[3:] == [("100", DealEntry.OUT, lots), ("101", DealEntry.OUT, lots)]
        assert side.booked[4].reason is DealReason.CLOSE_BY


def has_booked(bridge, count: int) -> bool:
    return len(bridge.booked) == count


async def test_deals_are_told_once_whatever_the_order_they_show_up(side, attach):
    """A close has an older ticket than the opening before it, and all are of the same second."""
    async with attach() as chart:
        await side.ready(chart)
        for number in range(3):
            await chart.say(*["open EURUSD.£ 0 0.01 1.1"] * 3)
            await until(partial(has_booked, side, 6 * number + 3))
            first, middle, last = (one.position_id for one in side.booked[-3:])
            await chart.say(f"hit {last} 1.1 [sl]", f"hit {first} 1.1 [tp]")
            await until(partial(has_booked, side, 6 * number + 5))
            await chart.say("money 5") if number == 0 else await chart.say(f"hit {middle} 1.2 x")
            await until(partial(has_booked, side, 6 * number + 6))
        tickets = [one.ticket for one in side.booked]
        assert len(set(tickets)) == 18
        assert all(ticket < 2**63 for ticket in tickets)
        said = [one.reason for one in side.booked[3:5]]
        assert set(said) == {DealReason.STOP_LOSS, DealReason.TAKE_PROFIT}
        cash = side.booked[5]
        assert (cash.amount, cash.paid, cash.comment) == (Decimal("5.00"), True, "Deposit")


async def test_what_happened_while_nobody_looked_is_told_afterwards_and_once(side, attach):
    async with attach() as chart:
        await side.ready(chart)
        await side.ask("e.1", TerminalOp.OPEN, **BUY)
        await until(lambda: len(side.booked) == 1)
    side.terminals.leave(next(iter(side.terminals._sessions), None), "test")
    async with attach(InpToken="not yet") as chart:
        await chart.say(EURUSD, "hit 100 1.1 [sl]", "open EURUSD.£ 0 0.01 1.1")
        await chart.shows("HTTP 401")
    async with attach() as chart:
        await side.ready(chart)
        await until(lambda: len(side.booked) == 3)
        entries = {(one.position_id, one.entry) for one in side.booked[1:]}
        assert entries == {("100", DealEntry.OUT), ("101", DealEntry.IN)}


@pytest.mark.parametrize("kept", [True, False], ids=["with its journal", "without its journal"])
async def test_deals_keep_their_numbers_over_a_restart(side, attach, tmp_path, kept):
    async with attach() as chart:
        await side.ready(chart)
        await chart.say("open EURUSD.£ 0 0.01 1.1", "open EURUSD.£ 0 0.01 1.1")
        await until(lambda: len(side.booked) == 2)
        await chart.say("hit 101 1.1 x", "hit 100 1.1 x")
        await until(lambda: len(side.booked) == 4)
    if not kept:
        (tmp_path / "files" / "fxpaper-123-Demo_4.journal").unlink()
    ups = side.ups()
    async with attach() as chart:
        await side.ready(chart)
        await until(lambda: side.ups() > ups)
        await asyncio.sleep(6)
        assert len(side.booked) == 4
