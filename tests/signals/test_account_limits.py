"""The limits of the account at the gate and over days; numbers by hand.

A signal of :mod:`tests.signals.builders` has a stop-loss of 10 pips and risks 1 % of 10,000 USD:
at a spread of 10 points 1.00 lots lose 100.00 at the stop.
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from fxpaper.domain.account import Account, Mode, TradingState
from fxpaper.domain.command import (
    ClosePosition,
    MoveCash,
    PlaceOrder,
    ResetAccount,
    SetTrading,
)
from fxpaper.domain.event import (
    DayBegan,
    LimitReached,
    Recorded,
    SwapAccrued,
    TradingStateSet,
    encode_event,
)
from fxpaper.domain.instant import NS_PER_SECOND, parse_instant
from fxpaper.domain.limits import Basis, Limits, LossLimit, OnBreach
from fxpaper.domain.order import DealReason, OrderKind, Side
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.domain.signal import Decision, ModelPolicy, PipsLevel, SignalSide
from fxpaper.engine.costs import CostModel
from fxpaper.engine.engine import Engine
from fxpaper.engine.gate import FillLimits
from fxpaper.limit_packs import read_limits
from fxpaper.signals.desk import Desk
from fxpaper.signals.exposure import at_risk
from fxpaper.signals.rules import RuleBook, SignalRules
from tests.signals.builders import NOW, PROFILE, decided, quoted, signal

ENDS = parse_instant("2026-09-21T21:00:00Z")
"""17:00 in New York of the day that :data:`NOW` is in."""
STANDARD = read_limits("standard")
FIVE_OF_EQUITY = LossLimit(percent=Decimal(5), counted_from=Basis.EQUITY, percent_of=Basis.EQUITY)
WIDE = SignalRules(max_leg_risk_percent=Decimal(100), max_open_risk_percent=Decimal(100))
ACCOUNT = Account(
    id="a",
    mode=Mode.PAPER,
    currency="USD",
    leverage=500,
    balance=Decimal("10000.00"),
    initial_balance=Decimal("10000.00"),
    opened_at=NOW,
)


def desk_with(limits: Limits | None, rules: SignalRules = WIDE, latency_ns: int = 0) -> Desk:
    costs = CostModel(latency_ns=latency_ns)
    engine = Engine(PROFILE, FillLimits(around_the_clock=True), costs, limits)
    engine.open_account(ACCOUNT)
    here = Desk(engine, RuleBook(rules))
    here.set_policy(ModelPolicy(account="a", model="m", auto_execute=True), NOW)
    return here


def sent(here: Desk, id_: str, at: int = NOW, **changes: object) -> Decision:
    decision = decided(here.receive(signal(id_, at, **changes), at))
    assert decision is not None
    return decision


def refused(decision: Decision) -> Refused:
    assert decision.refusal is not None
    return decision.refusal


def numbers(decision: Decision, name: str) -> tuple[str, str, bool]:
    [one] = [check for check in decision.checks if check.name == name]
    return one.actual, one.limit, one.passed


def of_kind(events: list[Recorded], kind: type) -> list[Recorded]:
    return [one for one in events if isinstance(one.event, kind)]


def by_hand(here: Desk, lots: str, at: int = NOW, side: Side = Side.BUY) -> list[Recorded]:
    order = PlaceOrder(account="a", symbol="EURUSD", side=side, lots=Decimal(lots))
    answer = here.carry_out(order, at)
    assert not isinstance(answer, Refused)
    return answer


def test_every_number_is_in_the_journal_also_when_it_passes():
    """10,000 at the day's begin: floors 9,500 and 8,000; the order risks 100."""
    here = desk_with(STANDARD)
    here.on_quote(quoted())
    decision = sent(here, "one")
    assert decision.refusal is None
    assert numbers(decision, "daily_loss") == ("10000.00 USD", "> 9500.00 USD", True)
    assert numbers(decision, "daily_loss at the stops") == ("9900.00 USD", "> 9500.00 USD", True)
    assert numbers(decision, "drawdown") == ("10000.00 USD", "> 8000.00 USD", True)
    assert numbers(decision, "orders_per_minute") == ("1", "≤ 60", True)


def test_without_limits_nothing_is_asked():
    here = desk_with(None)
    here.on_quote(quoted())
    names = {one.name for one in sent(here, "one").checks}
    assert not names & {"daily_loss", "drawdown", "orders_per_minute", "loss_streak"}


def test_a_trade_whose_stop_would_breach_is_refused():
    """410 at risk and 99 more leave 9,491 of 10,000, though equity is 9,990 now.

    A person's lot was bought at 1.08010 with its stop at 1.07600; the signal's are 0.99.
    """
    here = desk_with(STANDARD)
    here.on_quote(quoted())
    order = PlaceOrder(
        account="a", symbol="EURUSD", side=Side.BUY, lots=Decimal(1), stop_loss=107_600
    )
    assert not isinstance(here.carry_out(order, NOW), Refused)
    here.on_quote(quoted(at=NOW + 1))
    decision = sent(here, "one", NOW + 1)
    assert numbers(decision, "daily_loss") == ("9990.00 USD", "> 9500.00 USD", True)
    assert numbers(decision, "daily_loss at the stops") == ("9491.00 USD", "> 9500.00 USD", False)
    assert refused(decision).code is RefusalCode.DAILY_LOSS
    assert refused(decision).text == (
        "With 99.00 USD more at risk, equity at the stop-losses would be 9491.00 USD; the floor of "
        "the daily loss is 9500.00 USD (the day's first equity, 10000.00 USD, less 5 % of it). The "
        "next day has its own; this one ends 2026-09-21T21:00:00.000000Z."
    )


def test_a_gain_that_floats_is_no_cushion():
    """The same lot, 20 pips up: equity is 10,190 and its stop still loses 410."""
    here = desk_with(STANDARD)
    here.on_quote(quoted())
    order = PlaceOrder(
        account="a", symbol="EURUSD", side=Side.BUY, lots=Decimal(1), stop_loss=107_600
    )
    here.carry_out(order, NOW)
    here.on_quote(quoted(at=NOW + 1, bid=108_200))
    decision = sent(here, "one", NOW + 1)
    assert numbers(decision, "daily_loss")[0] == "10190.00 USD"
    risk = Decimal(numbers(decision, "risk")[0].split()[0])
    at_stops = f"{Decimal('9590.00') - risk} USD"
    assert numbers(decision, "daily_loss at the stops") == (at_stops, "> 9500.00 USD", False)


@pytest.mark.parametrize(
    ("bid", "equity", "refusal"),
    [(107_511, "9501.00", None), (107_510, "9500.00", RefusalCode.DAILY_LOSS)],
)
def test_equity_at_the_floor_refuses_and_a_dollar_above_does_not(bid, equity, refusal):
    """One lot bought at 1.08010: each point down is a dollar; 500 points are the whole day's."""
    here = desk_with(Limits(daily_loss=FIVE_OF_EQUITY), replace(WIDE, risk_percent=Decimal("0.01")))
    here.on_quote(quoted())
    by_hand(here, "1")
    here.on_quote(quoted(bid=bid, at=NOW + 1))
    assert here.engine.equity("a") == Decimal(equity)
    decision = sent(here, "one", NOW + 1, stop_loss=PipsLevel(Decimal(2)))
    assert numbers(decision, "daily_loss") == (f"{equity} USD", "> 9500.00 USD", refusal is None)


def test_people_and_what_closes_are_never_refused():
    here = desk_with(STANDARD)
    here.on_quote(quoted())
    opened = sent(here, "one").position_ids
    by_hand(here, "9")
    here.on_quote(quoted(bid=107_950, at=NOW + 1))
    assert refused(sent(here, "two", NOW + 1)).code is RefusalCode.DAILY_LOSS
    by_hand(here, "0.1", NOW + 1)
    closed = sent(here, "three", NOW + 1, side=SignalSide.CLOSE, stop_loss=None)
    assert closed.refusal is None
    assert closed.position_ids == opened


def lose(here: Desk, number: int, at: int, bid: int = 107_990) -> None:
    """Buy by a signal at 1.08010 and let it close by hand at ``bid``."""
    here.on_quote(quoted(at=at))
    [position] = sent(here, f"l{number}", at).position_ids
    here.on_quote(quoted(at=at + 1, bid=bid))
    close = ClosePosition(account="a", position_id=position, reason=DealReason.MANUAL)
    assert not isinstance(here.carry_out(close, at + 1), Refused)


def test_three_losses_in_a_row_end_the_day_for_signals():
    here = desk_with(Limits(losses_in_a_row=3))
    lose(here, 1, NOW)
    lose(here, 2, NOW + 10)
    lose(here, 3, NOW + 20, bid=108_050)
    lose(here, 4, NOW + 30)
    lose(here, 5, NOW + 40)
    assert here.engine.state.accounts["a"].today.losses == 2
    lose(here, 6, NOW + 50)
    here.on_quote(quoted(at=NOW + 60))
    decision = sent(here, "more", NOW + 60)
    assert numbers(decision, "loss_streak") == ("3", "< 3", False)
    assert refused(decision).code is RefusalCode.LOSS_STREAK
    assert "2026-09-21T21:00:00" in refused(decision).text
    here.on_quote(quoted(at=ENDS))
    assert sent(here, "next day", ENDS).refusal is None


def test_orders_are_counted_by_the_minute_and_by_the_day():
    """Two in a minute, three in a day: the third waits for 60 s to pass, the fourth for a day."""
    here = desk_with(Limits(orders_per_minute=2, orders_per_day=3))
    minute = 60 * NS_PER_SECOND
    for number, (at, why) in enumerate(
        [
            (NOW, None),
            (NOW + 30 * NS_PER_SECOND, None),
            (NOW + minute - 1, "within a minute"),
            (NOW + minute, None),
            (NOW + 3 * minute, "within a day"),
            (ENDS - 1, "within a day"),
            (ENDS, None),
        ]
    ):
        here.on_quote(quoted(at=at))
        decision = sent(here, f"s{number}", at)
        if why is None:
            assert decision.refusal is None, number
        else:
            assert refused(decision).code is RefusalCode.ORDER_RATE
            assert why in refused(decision).text


def test_the_day_begins_after_the_swap_and_once():
    """What the night costs counts in the day that ends: 10,000 - 10.00 - 8.60.

    One lot was bought at 1.08010, the bid is 1.08000, and a night costs 8.6 points.
    """
    here = desk_with(STANDARD)
    here.on_quote(quoted())
    by_hand(here, "1")
    events = here.on_time(ENDS)
    kinds = [type(one.event) for one in events]
    assert kinds == [SwapAccrued, DayBegan]
    assert events[1].at == ENDS
    began = events[1].event
    assert isinstance(began, DayBegan)
    assert (began.day, began.balance, began.equity, began.peak, began.late) == (
        "2026-09-22",
        Decimal("10000.00"),
        Decimal("9981.40"),
        Decimal("10000.00"),
        False,
    )
    assert here.on_time(ENDS + 1) == []
    here.on_quote(quoted(at=ENDS + 2))
    decision = sent(here, "one", ENDS + 2)
    assert numbers(decision, "daily_loss")[1] == "> 9482.33 USD"
    assert numbers(decision, "drawdown")[1] == "> 8000.00 USD"


def test_a_weekend_has_no_day_and_monday_begins_on_friday():
    here = desk_with(STANDARD)
    friday, monday = parse_instant("2026-09-25T21:00:00Z"), parse_instant("2026-09-28T21:00:00Z")
    events = []
    while (at := here.next_timer()) <= monday:
        events += here.on_time(at)
    days = [(one.at, one.event.day) for one in events if isinstance(one.event, DayBegan)]
    assert [day for _, day in days] == [
        *("2026-09-22", "2026-09-23", "2026-09-24", "2026-09-25", "2026-09-28", "2026-09-29"),
    ]
    assert (days[4][0], days[5][0]) == (friday, monday)


def test_days_that_nobody_was_there_for_are_not_made_up():
    here = desk_with(STANDARD)
    monday = parse_instant("2026-09-28T22:00:00Z")
    [one] = of_kind(here.on_time(monday), DayBegan)
    assert isinstance(one.event, DayBegan)
    assert one.event.day == "2026-09-29"


def test_a_signals_close_is_no_order_of_the_day():
    """With latency a close waits as an order too."""
    here = desk_with(STANDARD, latency_ns=1000)
    here.on_quote(quoted())
    sent(here, "one", NOW)
    here.on_quote(quoted(at=NOW + 2000))
    close = signal("close", at=NOW + 3000, side=SignalSide.CLOSE, stop_loss=None)
    assert decided(here.receive(close, NOW + 3000)) is not None
    here.on_quote(quoted(at=NOW + 5000))
    assert here.engine.state.accounts["a"].positions == {}
    assert here.engine.state.accounts["a"].today.orders == 1


def test_a_day_without_a_quote_begins_late_and_says_so():
    """A restart over the day's end with a position: nothing is known before the first quote."""
    here = desk_with(STANDARD)
    here.on_quote(quoted())
    by_hand(here, "1")
    again = restarted(here, [])
    assert of_kind(again.on_time(ENDS + 5), DayBegan) == []
    late = ENDS + 3600 * NS_PER_SECOND
    [one] = of_kind(again.on_quote(quoted(at=late, bid=108_110)), DayBegan)
    assert isinstance(one.event, DayBegan)
    assert (one.at, one.event.late, one.event.day) == (late, True, "2026-09-22")
    assert one.event.equity == Decimal("10091.40")
    assert one.event.peak == Decimal("10091.40")


def restarted(here: Desk, today: list[Recorded]) -> Desk:
    """Return a desk that knows what a ledger would have kept."""
    old = here.engine.state.accounts["a"]
    engine = Engine(
        PROFILE, FillLimits(around_the_clock=True), account_limits=here.engine.account_limits
    )
    engine.restore(old.as_account(), old.positions.values(), old.orders.values(), today)
    again = Desk(engine, here.rules)
    again.restore((), here.policies("a"))
    return again


def test_a_restart_in_mid_day_goes_on_counting():
    here, today = desk_with(Limits(losses_in_a_row=3, orders_per_day=9)), list[Recorded]()
    today += here.on_time(ENDS)
    at = ENDS + NS_PER_SECOND
    here.on_quote(quoted(at=at))
    for number in (1, 2):
        today += here.receive(signal(f"r{number}", at), at)
        today += here.on_quote(quoted(at=at, bid=107_800))
        today += here.on_quote(quoted(at=at))
    moved = here.carry_out(MoveCash(account="a", amount=Decimal(500)), at)
    assert not isinstance(moved, Refused)
    today += moved
    before, after = (one.engine.state.accounts["a"].today for one in (here, restarted(here, today)))
    assert (before.losses, before.orders) == (2, 2)
    for name in ("mark", "losses", "orders", "recent", "reached"):
        assert getattr(after, name) == getattr(before, name)
    assert after.mark.balance == Decimal("10500.00")


def test_a_withdrawal_is_no_loss():
    """600 of 10,000 taken out would breach 5 %; the floor moves to 9,400 less 5 % of it: 8,930."""
    here = desk_with(STANDARD)
    here.on_quote(quoted())
    here.carry_out(MoveCash(account="a", amount=Decimal(-600)), NOW)
    decision = sent(here, "one")
    assert numbers(decision, "daily_loss") == ("9400.00 USD", "> 8930.00 USD", True)
    assert decision.refusal is None


def test_a_signal_waits_while_equity_is_not_known():
    here = desk_with(STANDARD)
    here.on_quote(quoted(symbol="GBPUSD", bid=127_000))
    order = PlaceOrder(account="a", symbol="GBPUSD", side=Side.BUY, lots=Decimal(1))
    here.carry_out(order, NOW)
    again = restarted(here, [])
    again.on_quote(quoted(at=NOW + 1))
    assert decided(again.receive(signal("one", NOW + 1), NOW + 1)) is None
    again.on_quote(quoted(symbol="GBPUSD", bid=127_000, at=NOW + 2))
    decision = decided(again.on_quote(quoted(at=NOW + 3)))
    assert decision is not None
    assert decision.refusal is None


@pytest.mark.parametrize("on_breach", list(OnBreach))
def test_a_floor_is_reached_once_a_day(on_breach):
    """One lot bought at 1.08010 loses 500.00 at 1.07510, 499.00 a point above."""
    here = desk_with(replace(STANDARD, on_breach=on_breach))
    here.on_quote(quoted())
    by_hand(here, "1")
    assert here.on_quote(quoted(at=NOW + 1, bid=107_511)) == []
    events = here.on_quote(quoted(at=NOW + 2, bid=107_510))
    [reached] = of_kind(events, LimitReached)
    assert reached.event == LimitReached("daily_loss", Decimal("9500.00"), Decimal("9500.00"))
    states = {
        OnBreach.REFUSE: [],
        OnBreach.REDUCE: [TradingState.REDUCING],
        OnBreach.FLATTEN: [TradingState.FLATTEN, TradingState.HALTED],
    }
    assert [one.event.state for one in of_kind(events, TradingStateSet)] == states[on_breach]
    assert len(here.engine.state.accounts["a"].positions) == (on_breach is not OnBreach.FLATTEN)
    again = restarted(here, events)
    for at, desk in ((NOW + 3, here), (NOW + 4, again)):
        assert of_kind(desk.on_quote(quoted(at=at, bid=107_600)), LimitReached) == []
        assert of_kind(desk.on_quote(quoted(at=at, bid=107_400)), LimitReached) == []
    if on_breach is not OnBreach.REFUSE:
        here.carry_out(SetTrading(account="a", state=TradingState.ACTIVE), NOW + 5)
    here.on_time(ENDS)
    if on_breach is OnBreach.FLATTEN:
        return
    low = 107_400 - 473
    assert of_kind(here.on_quote(quoted(at=ENDS + 1, bid=low + 10)), LimitReached) == []
    assert len(of_kind(here.on_quote(quoted(at=ENDS + 2, bid=low)), LimitReached)) == 1


def test_a_reset_begins_a_day():
    here = desk_with(STANDARD)
    here.on_quote(quoted())
    by_hand(here, "1")
    here.on_quote(quoted(at=NOW + 1, bid=107_000))
    here.carry_out(ResetAccount(account="a", balance=Decimal(20_000)), NOW + 1)
    here.on_quote(quoted(at=NOW + 2))
    decision = sent(here, "one", NOW + 2)
    assert numbers(decision, "daily_loss") == ("20000.00 USD", "> 19000.00 USD", True)


def test_a_live_account_has_its_days_and_floors_and_its_shadow_days_only():
    """Its levels stand at its broker; only its equity is watched here. One lot from 1.08010."""
    paper = desk_with(STANDARD)
    paper.on_quote(quoted())
    by_hand(paper, "1")
    [position] = paper.engine.state.accounts["a"].positions.values()
    engine = Engine(PROFILE, FillLimits(around_the_clock=True), account_limits=STANDARD)
    live = replace(ACCOUNT, id="live", mode=Mode.LIVE, terminal="1@x", seq=9)
    for account in (live, replace(ACCOUNT, id="live-shadow", seq=9)):
        engine.restore(account, [replace(position, account=account.id, stop_loss=107_000)])
    here = Desk(engine, RuleBook(WIDE))
    here.on_quote(quoted(at=NOW + 1))
    assert here.on_quote(quoted(at=NOW + 2, bid=107_511)) == []
    [reached] = here.on_quote(quoted(at=NOW + 3, bid=107_510))
    assert (reached.account, reached.event) == (
        "live",
        LimitReached("daily_loss", Decimal("9500.00"), Decimal("9500.00")),
    )
    [stopped] = {one.account for one in here.on_quote(quoted(at=NOW + 4, bid=106_990))}
    assert stopped == "live-shadow"
    days = of_kind(here.on_time(ENDS), DayBegan)
    assert [one.account for one in days] == ["live", "live-shadow"]


def test_an_event_that_is_not_late_does_not_say_so():
    amount = Decimal(1)
    assert b"late" not in encode_event(DayBegan("2026-09-22", amount, amount, amount, amount))


def test_a_day_that_begins_below_the_drawdown_says_so_at_once():
    """2,100 of 10,000 are lost and closed: the floor of 8,000 is reached on both days."""
    here = desk_with(STANDARD)
    here.on_quote(quoted())
    by_hand(here, "3")
    [opened] = here.engine.state.accounts["a"].positions
    here.on_quote(quoted(at=NOW + 1, bid=107_310))
    close = ClosePosition(account="a", position_id=opened, reason=DealReason.MANUAL)
    assert not isinstance(here.carry_out(close, NOW + 1), Refused)
    assert here.engine.equity("a") == Decimal("7900.00")
    assert here.engine.state.accounts["a"].today.reached == {"daily_loss", "drawdown"}
    events = here.on_time(ENDS)
    assert [type(one.event) for one in events] == [DayBegan, LimitReached]
    assert events[1].event == LimitReached("drawdown", Decimal("7900.00"), Decimal("8000.00"))


@pytest.mark.parametrize("before", [TradingState.REDUCING, TradingState.HALTED])
def test_flattening_is_stricter_than_what_a_person_has_set(before):
    here = desk_with(replace(STANDARD, on_breach=OnBreach.FLATTEN))
    here.on_quote(quoted())
    by_hand(here, "1")
    here.carry_out(SetTrading(account="a", state=before), NOW)
    here.on_quote(quoted(at=NOW + 1, bid=107_500))
    assert here.engine.state.accounts["a"].positions == {}


def test_what_a_limit_closes_is_a_loss_like_any_other():
    rules = replace(WIDE, cooldown_losses=1)
    here = desk_with(replace(STANDARD, on_breach=OnBreach.FLATTEN), rules)
    here.on_quote(quoted())
    sent(here, "one", stop_loss=PipsLevel(Decimal(100)))
    by_hand(here, "1")
    here.on_quote(quoted(at=NOW + 1, bid=107_450))
    assert here.past.calibrations.count("m") == 1
    here.carry_out(SetTrading(account="a", state=TradingState.ACTIVE), NOW + 1)
    assert refused(sent(here, "two", at=NOW + 1)).code is RefusalCode.COOLING_DOWN


def test_a_waiting_order_without_a_stop_counts_with_its_margin():
    """Five lots at 1.07900 and 1:500 hold 1,079.00, as they would when filled."""
    here = desk_with(STANDARD)
    here.on_quote(quoted())
    waiting = PlaceOrder(
        account="a",
        symbol="EURUSD",
        side=Side.BUY,
        lots=Decimal(5),
        kind=OrderKind.LIMIT,
        price=107_900,
    )
    assert not isinstance(here.carry_out(waiting, NOW), Refused)
    state = here.engine.state.accounts["a"]
    assert at_risk(state, here.engine.board).total == Decimal("1079.00")
