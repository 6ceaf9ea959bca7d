"""A live account's broker without a terminal: asked, answered, looked at, in any order."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from fxpaper.bridge.live_broker import DEADLINE_NS, LiveBroker
from fxpaper.bridge.marks import is_ours, mark_of
from fxpaper.bridge.messages import decode
from fxpaper.domain.account import Account, Accounting, Mode, TradingState, shadow_of
from fxpaper.domain.command import (
    CancelOrder,
    CloseAll,
    ClosePosition,
    ModifyPosition,
    PlaceOrder,
    SetTrading,
)
from fxpaper.domain.event import (
    AccountOpened,
    CashMoved,
    DealBooked,
    OrderEnded,
    Reconciled,
    Recorded,
    TerminalCommanded,
    kind_of,
)
from fxpaper.domain.instant import NS_PER_SECOND
from fxpaper.domain.order import DealReason, OrderKind, OrderState, Side, TimeInForce
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.domain.terminal import (
    AnswerState,
    DealEntry,
    TerminalAnswer,
    TerminalCash,
    TerminalCommand,
    TerminalDeal,
    TerminalDown,
    TerminalLook,
    TerminalMoney,
    TerminalOp,
    TerminalOrder,
    TerminalPosition,
    TerminalRules,
    TerminalUp,
)
from fxpaper.engine.engine import Engine
from fxpaper.engine.gate import FillLimits
from fxpaper.errors import ProtocolError
from fxpaper.execution.gated import GatedBroker
from fxpaper.execution.paper import PaperBroker
from fxpaper.execution.shadowed import ShadowedBroker
from fxpaper.profiles import read_profile
from fxpaper.signals.risk import as_shadow, by_hand

PROFILE = read_profile("standard")
NOW = 1_790_000_000_000_000_000
STREAM = Evidence("metatrader", Transport.STREAM, Spread.REAL, Grade.A)
RULES = TerminalRules(
    digits=5,
    contract_size=Decimal(100000),
    lot_step=Decimal("0.01"),
    min_lots=Decimal("0.01"),
    max_lots=Decimal(100),
)
UP = TerminalUp(name="123@Demo", rules={"EURUSD": RULES})


class World:
    """An account at a broker that does what a test says."""

    def __init__(self, accounting: Accounting = Accounting.HEDGING) -> None:
        self.engine = Engine(PROFILE, FillLimits(around_the_clock=True))
        account = Account(
            id="real",
            mode=Mode.LIVE,
            currency="USD",
            leverage=100,
            balance=Decimal("10000.00"),
            initial_balance=Decimal("10000.00"),
            opened_at=NOW,
            terminal="123@Demo",
            accounting=accounting,
        )
        shadow = replace(account, id=shadow_of("real"), mode=Mode.PAPER, terminal="")
        for one in (account, shadow):
            self.engine.state.record(one.id, NOW, AccountOpened(one))
        self.live = LiveBroker(self.engine, "real", "ledger.{}".format)
        names = ("real", shadow_of("real"))
        paper = PaperBroker(self.engine)
        state = self.engine.state
        self.shadowed = ShadowedBroker(self.live, paper, state, names, as_shadow)
        self.broker = GatedBroker(self.shadowed, state)
        self.balance = Decimal("10000.00")
        self.positions: dict[str, TerminalPosition] = {}
        self.deals: list[TerminalDeal] = []
        self.cash: list[TerminalCash] = []
        self.ticket = 100
        self.now = NOW
        self.step = 4 * NS_PER_SECOND
        self.quote(108_241)

    def quote(self, bid: int, spread: int = 10) -> None:
        self.engine.on_quote(Quote("EURUSD", bid, bid + spread, NOW, NOW, STREAM))

    def connect(self) -> None:
        self.live.hear(UP, NOW)
        self.look()

    def look(self, **given: object) -> list[Recorded]:
        tickets = [one.ticket for one in self.deals] + [one.ticket for one in self.cash]
        self.now += self.step
        seen = TerminalLook(
            positions=tuple(self.positions.values()),
            orders=(),
            deals=tuple(self.deals),
            cash=tuple(self.cash),
            seen=tuple((ticket, ticket) for ticket in tickets),
            looked_at=50,
            money=TerminalMoney(balance=self.balance, equity=self.balance, margin=Decimal(0)),
            may_trade=True,
        )
        return self.shadowed.hear(replace(seen, **given), self.now)

    def place(self, lots: str = "0.10", side: Side = Side.BUY, **given: object):
        command = PlaceOrder(
            account="real",
            symbol="EURUSD",
            side=side,
            lots=Decimal(lots),
            **given,  # type: ignore[arg-type]
        )
        return self.broker.submit(by_hand(command), NOW)

    def answer(self, command: TerminalCommand, state: AnswerState, ticket: str = "") -> None:
        answered = TerminalAnswer(command_id=command.id, state=state, ticket=ticket)
        self.shadowed.hear(answered, NOW)

    def fill(
        self,
        command: TerminalCommand | None,
        position: str,
        entry: DealEntry,
        lots: str,
        side: Side = Side.BUY,
        profit: str = "0",
        price: int = 108_251,
    ) -> TerminalDeal:
        """Let the broker book a deal; its positions follow."""
        self.ticket += 1
        deal = TerminalDeal(
            ticket=self.ticket,
            order=str(self.ticket),
            position_id=position,
            symbol="EURUSD",
            side=side,
            entry=entry,
            lots=Decimal(lots),
            price=price,
            at=NOW,
            commission=Decimal("-0.35"),
            swap=Decimal(0),
            profit=Decimal(profit),
            magic=0 if command is None else mark_of(command.id),
            reason=None,
        )
        self.deals.append(deal)
        self.balance += deal.profit + deal.commission
        held = self.positions.get(position)
        if entry is DealEntry.IN:
            before = Decimal(0) if held is None else held.lots
            self.positions[position] = TerminalPosition(
                id=position,
                symbol="EURUSD",
                side=side,
                lots=before + deal.lots,
                open_price=price,
                opened_at=NOW,
                stop_loss=None,
                take_profit=None,
                swap=Decimal(0),
                magic=deal.magic,
            )
        elif held is not None:
            left = held.lots - deal.lots
            self.positions.pop(position)
            if left:
                self.positions[position] = replace(held, lots=left)
        return deal

    @property
    def account(self):
        return self.engine.state.accounts["real"]


@pytest.fixture
def world() -> World:
    made = World()
    made.connect()
    return made


def commands(events: list[Recorded] | Refused) -> list[TerminalCommand]:
    assert not isinstance(events, Refused)
    return [one.event.command for one in events if isinstance(one.event, TerminalCommanded)]


def bought(world: World, lots: str = "0.10") -> TerminalCommand:
    answer = world.place(lots)
    assert not isinstance(answer, Refused)
    (command,) = commands(answer)
    return command


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


def test_while_halted_nothing_opens_by_any_path_and_everything_closes(world: World):
    world.fill(bought(world), "101", DealEntry.IN, "0.10")
    world.look()
    halt = SetTrading(account="real", state=TradingState.HALTED)
    assert not isinstance(world.broker.carry_out(halt, NOW), Refused)
    assert refused(world.place()) is RefusalCode.TRADING_HALTED
    closed = world.broker.carry_out(CloseAll(account="real"), NOW)
    assert [one.op for one in commands(closed)] == [TerminalOp.CLOSE]


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


def looked(world: World, times: int = 3) -> list[str]:
    return [kind_of(one.event) for _ in range(times) for one in world.look()]


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


def test_an_order_that_was_done_without_a_trace_becomes_uncertain(world: World):
    world.answer(bought(world), AnswerState.DONE, "77")
    looked(world)
    (order,) = world.account.orders.values()
    assert order.state is OrderState.UNCERTAIN
    assert order.id in (world.live.trouble() or "")


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


def waiting(ticket: str, lots: str = "0.10", magic: int = 0) -> TerminalOrder:
    return TerminalOrder(
        ticket=ticket,
        symbol="EURUSD",
        side=Side.BUY,
        kind=OrderKind.LIMIT,
        lots=Decimal(lots),
        price=107_000,
        limit=None,
        stop_loss=None,
        take_profit=None,
        placed_at=NOW,
        expires_at=None,
        magic=magic,
    )


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


def refused(answer: object) -> RefusalCode:
    assert isinstance(answer, Refused), answer
    return answer.code
