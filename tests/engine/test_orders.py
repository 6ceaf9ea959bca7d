"""Orders that wait, what protects positions, and what an account goes through; literal numbers."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from fxpaper.domain.account import Account, Accounting, Mode
from fxpaper.domain.command import (
    CloseBy,
    ClosePosition,
    Contingency,
    ModifyOrder,
    ModifyPosition,
    MoveCash,
    PlaceGroup,
    PlaceOrder,
    ReversePosition,
)
from fxpaper.domain.deal import Deal, Entry
from fxpaper.domain.event import (
    CashMoved,
    DealBooked,
    OrderEnded,
    OrderFilled,
    Recorded,
    StoppedOut,
    SwapAccrued,
)
from fxpaper.domain.exits import BreakEven, Exits, Rung, Trail
from fxpaper.domain.instant import NS_PER_SECOND, parse_instant
from fxpaper.domain.order import DealReason, OrderKind, Side, TimeInForce, TriggerSide
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.engine.costs import CostModel, Slippage, SlippageKind
from fxpaper.engine.engine import Engine
from fxpaper.engine.gate import ClosedMarket, FillLimits

NOON = parse_instant("2026-11-18T12:00:00Z")


def account(balance: str = "100000.00", accounting: Accounting = Accounting.HEDGING) -> Account:
    return Account(
        id="a",
        mode=Mode.PAPER,
        currency="USD",
        leverage=100,
        balance=Decimal(balance),
        initial_balance=Decimal(balance),
        opened_at=NOON,
        accounting=accounting,
    )


@pytest.fixture
def make(profile):
    """Make an engine with one account."""

    def made(
        balance: str = "100000.00",
        accounting: Accounting = Accounting.HEDGING,
        costs: CostModel | None = None,
    ) -> Engine:
        engine = Engine(profile, FillLimits(), costs or CostModel())
        engine.open_account(account(balance, accounting))
        return engine

    return made


def order(side: str = "buy", lots: str = "1.00", symbol: str = "EURUSD", **said) -> PlaceOrder:
    return PlaceOrder(account="a", symbol=symbol, side=Side(side), lots=Decimal(lots), **said)


def placed(engine: Engine, command: PlaceOrder | PlaceGroup, at: int = NOON) -> list[Recorded]:
    if isinstance(command, PlaceOrder):
        answer = engine.place(command, at)
    else:
        answer = engine.place_group(command, at)
    assert not isinstance(answer, Refused), answer.text
    return answer


def deals(events) -> list[Deal]:
    return [one.event.deal for one in events if isinstance(one.event, DealBooked)]


def only_position(engine: Engine):
    (position,) = engine.state.accounts["a"].positions.values()
    return position


@pytest.mark.parametrize(
    ("kind", "side", "price", "limit", "bid", "ask", "filled"),
    [
        pytest.param("stop", "buy", 110_200, None, "1.10190", "1.10200", 110_200, id="touched"),
        pytest.param("stop", "buy", 110_200, None, "1.10300", "1.10310", 110_310, id="gapped"),
        pytest.param("stop", "sell", 109_800, None, "1.09700", "1.09710", 109_700, id="sell gap"),
        pytest.param("limit", "buy", 109_800, None, "1.09700", "1.09710", 109_800, id="own price"),
        pytest.param("limit", "sell", 110_200, None, "1.10300", "1.10310", 110_200, id="sell"),
        pytest.param(
            "market_if_touched", "buy", 109_800, None, "1.09700", "1.09710", 109_710, id="mit"
        ),
        pytest.param("stop_limit", "buy", 110_200, 110_250, "1.10210", "1.10220", 110_220, id="in"),
        pytest.param("stop_limit", "buy", 110_200, 110_250, "1.10300", "1.10310", None, id="over"),
    ],
)
def test_a_waiting_order_fills_where_a_broker_would(
    make, quote, kind, side, price, limit, bid, ask, filled
):
    """Stops at the market beyond their price, limits at their own, touched ones at the market."""
    engine = make()
    engine.on_quote(quote("EURUSD", "1.10000", "1.10010"))
    placed(engine, order(side, kind=OrderKind(kind), price=price, limit=limit))
    assert engine.on_quote(quote("EURUSD", "1.10001", "1.10011")) == []
    found = deals(engine.on_quote(quote("EURUSD", bid, ask)))
    assert [deal.price for deal in found] == ([] if filled is None else [filled])


def test_a_stop_limit_left_behind_by_a_gap_fills_when_the_price_returns(make, quote):
    """At its limit, once."""
    engine = make()
    engine.on_quote(quote("EURUSD", "1.10000", "1.10010"))
    placed(engine, order(kind=OrderKind.STOP_LIMIT, price=110_200, limit=110_250))
    engine.on_quote(quote("EURUSD", "1.10300", "1.10310"))
    found = deals(engine.on_quote(quote("EURUSD", "1.10230", "1.10240")))
    assert [deal.price for deal in found] == [110_250]
    assert deals(engine.on_quote(quote("EURUSD", "1.10230", "1.10240"))) == []


def test_an_entry_that_gaps_beyond_its_own_stop_is_closed_on_the_same_quote(make, quote):
    """And says so."""
    engine = make()
    engine.on_quote(quote("EURUSD", "1.10000", "1.10010"))
    placed(engine, order("sell", kind=OrderKind.STOP, price=109_800, stop_loss=109_900))
    engine.on_quote(quote("EURUSD", "1.09990", "1.10000"))
    found = deals(engine.on_quote(quote("EURUSD", "1.09790", "1.09950")))
    assert [(deal.price, deal.reason) for deal in found] == [
        (109_790, DealReason.ORDER),
        (109_950, DealReason.STOP_ON_OPEN),
    ]


def test_one_fill_cancels_the_other_exactly_once(make, quote):
    """In the same events, with the reason."""
    engine = make()
    engine.on_quote(quote("EURUSD", "1.10000", "1.10010"))
    pair = (
        order(kind=OrderKind.STOP, price=110_200),
        order(kind=OrderKind.LIMIT, price=109_800),
    )
    placed(engine, PlaceGroup(contingency=Contingency.OCO, orders=pair))
    events = engine.on_quote(quote("EURUSD", "1.10210", "1.10220"))
    ended = [one.event.order for one in events if isinstance(one.event, OrderEnded)]
    assert [order.ended.code for order in ended] == [RefusalCode.SIBLING_FILLED]
    assert engine.on_quote(quote("EURUSD", "1.09700", "1.09710")) == []
    assert not engine.state.accounts["a"].orders


def test_children_wait_for_their_parent_and_stay_in_step_with_its_position(make, quote):
    """Released by the fill; halved with the position; gone when it is."""
    engine = make()
    engine.on_quote(quote("EURUSD", "1.10000", "1.10010"))
    family = (
        order(kind=OrderKind.LIMIT, price=109_900),
        order("sell", kind=OrderKind.LIMIT, price=110_500),
        order("sell", kind=OrderKind.STOP, price=109_500),
    )
    placed(engine, PlaceGroup(contingency=Contingency.OTOCO, orders=family))
    engine.on_quote(quote("EURUSD", "1.10600", "1.10610"))
    assert not engine.state.accounts["a"].positions
    engine.on_quote(quote("EURUSD", "1.09880", "1.09890"))
    position = only_position(engine)
    close = ClosePosition(
        account="a", position_id=position.id, reason=DealReason.MANUAL, lots=Decimal("0.40")
    )
    engine.close(close, NOON)
    orders = engine.state.accounts["a"].orders.values()
    assert [(one.lots, one.closes) for one in orders] == [(Decimal("0.60"), position.id)] * 2
    (closed,) = deals(engine.on_quote(quote("EURUSD", "1.10500", "1.10510")))
    assert (closed.lots, closed.price, closed.entry) == (Decimal("0.60"), 110_500, Entry.OUT)
    assert not engine.state.accounts["a"].orders


def test_a_trailing_stop_follows_and_never_turns_back(make, quote):
    """After its activation, by its step; the exit is at the market beyond it."""
    engine = make()
    engine.on_quote(quote("EURUSD", "1.10000", "1.10010"))
    trail = Trail(100, activation=50, step=20)
    placed(engine, order(stop_loss=109_900, exits=Exits(trail=trail)))
    stops = []
    for bid in (110_040, 110_060, 110_070, 110_085, 110_120, 110_030, 110_119):
        engine.on_quote(quote("EURUSD", f"{bid / 1e5:.5f}", f"{(bid + 10) / 1e5:.5f}"))
        stops.append(only_position(engine).stop_loss)
    assert stops == [109_900, 109_960, 109_960, 109_985, 110_020, 110_020, 110_020]
    (deal,) = deals(engine.on_quote(quote("EURUSD", "1.10015", "1.10025")))
    assert (deal.price, deal.reason) == (110_015, DealReason.TRAILING_STOP)


def test_a_ladder_closes_parts_and_its_first_rung_moves_the_stop_to_the_entry(make, quote):
    """Half, then at break-even the rest."""
    engine = make()
    engine.on_quote(quote("EURUSD", "1.10000", "1.10010"))
    exits = Exits(
        ladder=(Rung(110_200, Decimal("0.5")), Rung(110_400, Decimal("0.25"))),
        break_even=BreakEven(None, offset=5),
    )
    placed(engine, order(stop_loss=109_800, take_profit=110_600, exits=exits))
    (first,) = deals(engine.on_quote(quote("EURUSD", "1.10210", "1.10220")))
    assert (first.lots, first.price, first.profit) == (
        Decimal("0.50"),
        110_200,
        Decimal("95.00"),
    )
    assert only_position(engine).stop_loss == 110_015
    (rest,) = deals(engine.on_quote(quote("EURUSD", "1.10010", "1.10020")))
    assert (rest.lots, rest.price, rest.reason) == (
        Decimal("0.50"),
        110_010,
        DealReason.BREAK_EVEN,
    )


def test_swap_is_three_nights_on_wednesday_and_settles_with_the_deal(make, quote):
    """Open at 16:59:59 and closed two seconds later pays; the balance moves at the close."""
    engine = make()
    before = parse_instant("2026-11-18T21:59:59Z")
    engine.on_quote(quote("EURUSD", "1.10000", "1.10010", at=before))
    placed(engine, order(), before)
    swaps = [
        one.event
        for one in engine.on_quote(quote("EURUSD", "1.10000", "1.10010", at=before + 2 * 10**9))
        if isinstance(one.event, SwapAccrued)
    ]
    rate = engine.board.instruments["EURUSD"].swap_long
    assert [(one.nights, one.amount) for one in swaps] == [
        (3, (3 * rate).quantize(Decimal("0.01")))
    ]
    held = engine.state.accounts["a"]
    equity = engine.equity("a")
    assert equity == held.account.balance + Decimal("-10.00") + swaps[0].amount
    close = ClosePosition(
        account="a", position_id=only_position(engine).id, reason=DealReason.MANUAL
    )
    (deal,) = deals(engine.close(close, before + 2 * 10**9))
    assert (deal.swap, deal.balance) == (swaps[0].amount, equity)


def test_the_stop_out_of_the_worked_example(make, quote):
    """A is closed at 35.05 %, which brings the level to 67.65 %; B and C live."""
    engine = make("3000.00")
    engine.on_quote(quote("EURUSD", "1.10000", "1.10000"))
    engine.on_quote(quote("GBPUSD", "1.27000", "1.27000"))
    placed(engine, order(lots="1.00"))
    engine.on_quote(quote("EURUSD", "1.09500", "1.09500"))
    placed(engine, order(lots="0.50"))
    placed(engine, order("sell", "0.50", "GBPUSD"))
    engine.on_quote(quote("GBPUSD", "1.26500", "1.26500"))
    events = engine.on_quote(quote("EURUSD", "1.08200", "1.08200"))
    (stopped,) = (one.event for one in events if isinstance(one.event, StoppedOut))
    assert (stopped.equity, stopped.margin, stopped.level) == (
        Decimal("800.00"),
        Decimal("2282.50"),
        Decimal("35.05"),
    )
    (deal,) = deals(events)
    assert (deal.lots, deal.reason, deal.balance) == (
        Decimal("1.00"),
        DealReason.STOP_OUT,
        Decimal("1200.00"),
    )
    worth = engine.value("a")
    assert (worth.equity, worth.margin, worth.margin_level) == (
        Decimal("800.00"),
        Decimal("1182.50"),
        Decimal("67.65"),
    )
    assert len(engine.state.accounts["a"].positions) == 2


def test_a_balance_that_a_gap_left_below_zero_is_made_up_for(make, quote):
    """Negative-balance protection, as an entry of its own."""
    engine = make("1200.00")
    engine.on_quote(quote("EURUSD", "1.10000", "1.10000"))
    placed(engine, order())
    events = engine.on_quote(quote("EURUSD", "1.08000", "1.08000"))
    assert [deal.balance for deal in deals(events)] == [Decimal("-800.00")]
    (made_up,) = (one.event for one in events if isinstance(one.event, CashMoved))
    assert (made_up.amount, made_up.balance) == (Decimal("800.00"), Decimal("0.00"))


def test_a_late_order_pays_the_first_quote_after_its_latency(make, quote):
    """What the market did meanwhile is its delay."""
    engine = make(costs=CostModel(latency_ns=NS_PER_SECOND))
    engine.on_quote(quote("EURUSD", "1.10000", "1.10010"))
    assert deals(placed(engine, order())) == []
    early = quote("EURUSD", "1.10020", "1.10030", at=NOON + NS_PER_SECOND - 1)
    assert deals(engine.on_quote(early)) == []
    late = quote("EURUSD", "1.10050", "1.10060", at=NOON + NS_PER_SECOND)
    (deal,) = deals(engine.on_quote(late))
    assert deal.price == 110_060
    close = ClosePosition(
        account="a", position_id=only_position(engine).id, reason=DealReason.MANUAL
    )
    engine.close(close, NOON + NS_PER_SECOND)
    out = quote("EURUSD", "1.10040", "1.10050", at=NOON + 2 * NS_PER_SECOND)
    (closed,) = deals(engine.on_quote(out))
    result = closed.attribution
    assert (result.mid, result.delay, result.spread, result.net) == (
        Decimal("50.00"),
        Decimal("60.00"),
        Decimal("10.00"),
        Decimal("-20.00"),
    )


def test_slippage_is_paid_by_market_orders_and_named_in_the_result(make, quote):
    """Three points each way; a limit does not slip."""
    engine = make(costs=CostModel(Slippage(SlippageKind.FIXED, Decimal(3))))
    engine.on_quote(quote("EURUSD", "1.10000", "1.10010"))
    (entry,) = deals(placed(engine, order(take_profit=110_100)))
    (closed,) = deals(engine.on_quote(quote("EURUSD", "1.10100", "1.10110")))
    assert (entry.price, closed.price) == (110_013, 110_100)
    assert closed.attribution.slippage == Decimal("3.00")


def test_a_netting_account_averages_reduces_and_reverses(make, quote):
    """One position; reversing is a close and an opening with one order."""
    engine = make(accounting=Accounting.NETTING)
    engine.on_quote(quote("EURUSD", "1.10000", "1.10000"))
    placed(engine, order(lots="1.00", stop_loss=109_000))
    engine.on_quote(quote("EURUSD", "1.10100", "1.10100"))
    placed(engine, order(lots="0.50"))
    held = only_position(engine)
    assert (held.lots, held.open_price, held.stop_loss) == (Decimal("1.50"), 110_033, None)
    (reduced,) = deals(placed(engine, order("sell", lots="0.60")))
    assert (reduced.entry, reduced.profit) == (Entry.OUT, Decimal("40.00"))
    found = deals(placed(engine, order("sell", lots="1.00")))
    assert [(one.entry, one.lots) for one in found] == [
        (Entry.OUT, Decimal("0.90")),
        (Entry.IN, Decimal("0.10")),
    ]
    assert sum(one.profit for one in (reduced, found[0])) == Decimal("100.00")
    assert only_position(engine).side is Side.SELL


def test_a_fifo_account_closes_the_oldest_first(make, quote):
    """An opposite order takes it; naming another is refused."""
    engine = make(accounting=Accounting.FIFO)
    engine.on_quote(quote("EURUSD", "1.10000", "1.10010"))
    for _ in range(2):
        placed(engine, order())
    old, young = engine.state.accounts["a"].positions
    refused = engine.close(
        ClosePosition(account="a", position_id=young, reason=DealReason.MANUAL), NOON
    )
    assert isinstance(refused, Refused)
    assert (refused.code, refused.limit) == (RefusalCode.NOT_OLDEST, old)
    (deal,) = deals(placed(engine, order("sell")))
    assert deal.position_id == old


def test_closing_by_an_opposite_position_pays_no_spread(make, quote):
    """Both leave at one price; the larger keeps the rest."""
    engine = make()
    engine.on_quote(quote("EURUSD", "1.10000", "1.10010"))
    placed(engine, order(lots="1.00"))
    placed(engine, order("sell", lots="0.40"))
    long, short = engine.state.accounts["a"].positions
    answer = engine.close_by(CloseBy(account="a", position_id=long, other_id=short), NOON)
    assert not isinstance(answer, Refused)
    assert sum(deal.profit for deal in deals(answer)) == Decimal("-4.00")
    assert only_position(engine).lots == Decimal("0.60")


def test_reversing_is_both_or_neither(make, quote):
    """Without room for the new position the old one stays."""
    engine = make("1150.00")
    engine.on_quote(quote("EURUSD", "1.10000", "1.10010"))
    placed(engine, order("sell"))
    held = only_position(engine)
    engine.on_quote(quote("EURUSD", "1.10490", "1.10500"))
    refused = engine.reverse(ReversePosition(account="a", position_id=held.id), NOON)
    assert isinstance(refused, Refused)
    assert refused.code is RefusalCode.INSUFFICIENT_MARGIN
    assert only_position(engine) == held
    engine.move_cash(MoveCash(account="a", amount=Decimal("500.00")), NOON)
    answer = engine.reverse(ReversePosition(account="a", position_id=held.id), NOON)
    assert not isinstance(answer, Refused)
    assert [deal.entry for deal in deals(answer)] == [Entry.OUT, Entry.IN]
    assert only_position(engine).side is Side.BUY


def test_what_cannot_wait_is_cancelled_and_what_may_expires(make, quote):
    """IOC at once, GTD at its instant, DAY at 17:00 New York."""
    engine = make()
    engine.on_quote(quote("EURUSD", "1.10000", "1.10010"))
    waits = {"kind": OrderKind.LIMIT, "price": 109_000}
    events = placed(engine, order(time_in_force=TimeInForce.IOC, **waits))
    assert isinstance(events[-1].event, OrderEnded)
    gtd = NOON + 60 * NS_PER_SECOND
    placed(engine, order(time_in_force=TimeInForce.GTD, expires_at=gtd, **waits))
    placed(engine, order(time_in_force=TimeInForce.DAY, **waits))
    assert engine.next_timer() == gtd
    (ended,) = engine.advance(gtd)
    assert (ended.at, ended.event.order.ended.code) == (gtd, RefusalCode.ORDER_EXPIRED)
    assert engine.next_timer() == parse_instant("2026-11-18T22:00:00Z")
    bought = placed(engine, order(time_in_force=TimeInForce.FOK))
    assert any(isinstance(one.event, OrderFilled) for one in bought)


def test_a_change_decided_on_an_older_version_is_refused(make, quote):
    """Of an order and of a position."""
    engine = make()
    engine.on_quote(quote("EURUSD", "1.10000", "1.10010"))
    placed(engine, order(kind=OrderKind.LIMIT, price=109_000))
    placed(engine, order())
    (waiting,) = engine.state.accounts["a"].orders
    held = only_position(engine)
    assert not isinstance(
        engine.modify_order(ModifyOrder(account="a", order_id=waiting, price=109_100), NOON),
        Refused,
    )
    change = ModifyPosition(account="a", position_id=held.id, version=1, stop_loss=109_500)
    assert not isinstance(engine.modify_position(change, NOON), Refused)
    stale = [
        engine.modify_order(
            ModifyOrder(account="a", order_id=waiting, version=1, price=109_200), NOON
        ),
        engine.modify_position(replace(change, stop_loss=109_600), NOON),
    ]
    assert [answer.code for answer in stale] == [RefusalCode.CHANGED_MEANWHILE] * 2
    assert only_position(engine).stop_loss == 109_500


@pytest.mark.parametrize(
    ("trigger", "quotes", "filled"),
    [
        pytest.param("default", [("1.10190", "1.10200")], 110_200, id="the ask of a buyer"),
        pytest.param("bid", [("1.10190", "1.10200")], None, id="the bid is not there"),
        pytest.param("bid", [("1.10200", "1.10215")], 110_215, id="the bid is there"),
        pytest.param("mid", [("1.10190", "1.10208")], None, id="a mid of 1.10199"),
        pytest.param("mid", [("1.10190", "1.10210")], 110_210, id="a mid of 1.10200"),
        pytest.param("double_touch", [("1.10190", "1.10200")], None, id="touched once"),
        pytest.param(
            "double_touch",
            [("1.10190", "1.10200"), ("1.10180", "1.10190"), ("1.10190", "1.10200")],
            None,
            id="touched, left, touched",
        ),
        pytest.param(
            "double_touch", [("1.10190", "1.10200"), ("1.10195", "1.10205")], 110_205, id="twice"
        ),
    ],
)
def test_a_level_is_reached_by_the_price_it_asks_for(make, quote, trigger, quotes, filled):
    """And filled on the default side; another command between two quotes is no touch."""
    engine = make()
    engine.on_quote(quote("EURUSD", "1.10000", "1.10010"))
    stop = order(kind=OrderKind.STOP, price=110_200, trigger=TriggerSide(trigger))
    placed(engine, stop)
    found = []
    for bid, ask in quotes:
        found += deals(engine.on_quote(quote("EURUSD", bid, ask)))
        placed(engine, order(kind=OrderKind.LIMIT, price=100_000))
    assert [deal.price for deal in found] == ([] if filled is None else [filled])


def test_an_order_of_the_weekend_waits_for_sunday_where_the_account_says_so(profile, quote):
    """It fills on the first quote of the new week, at its price."""
    limits = FillLimits(closed_market=ClosedMarket.QUEUE)
    engine = Engine(profile, limits)
    engine.open_account(account())
    engine.on_quote(quote("EURUSD", "1.10000", "1.10010", at=parse_instant("2026-11-20T21:59:59Z")))
    saturday = parse_instant("2026-11-21T12:00:00Z")
    assert deals(placed(engine, order(), saturday)) == []
    late = quote("EURUSD", "1.10100", "1.10110", at=parse_instant("2026-11-22T21:59:59Z"))
    assert deals(engine.on_quote(late)) == []
    opens = quote("EURUSD", "1.10200", "1.10230", at=parse_instant("2026-11-22T22:00:01Z"))
    (deal,) = deals(engine.on_quote(opens))
    assert (deal.price, deal.reason) == (110_230, DealReason.MANUAL)
