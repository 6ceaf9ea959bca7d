"""Which signals are executed: by a person, at which price, against what is open, after losses."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from fxpaper.domain.account import Accounting
from fxpaper.domain.command import ClosePosition, PlaceOrder, ResetAccount
from fxpaper.domain.event import DealBooked, PositionOpened, SignalReleased
from fxpaper.domain.instant import NS_PER_SECOND
from fxpaper.domain.order import DealReason, OrderKind, Side
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.domain.signal import (
    Decision,
    ModelPolicy,
    PipsLevel,
    PriceLevel,
    RLevel,
    Signal,
    SignalSide,
    SignalStatus,
)
from fxpaper.signals.desk import DecideSignal, Desk
from fxpaper.signals.rules import Conflict, ConflictWith, SignalRules
from tests.signals.builders import NOW, decided, desk, quoted, signal

LATER = NOW + NS_PER_SECOND


def send(here: Desk, one: Signal) -> Decision | None:
    return decided(here.receive(one, one.received_at))


def refused(decision: Decision | None) -> RefusalCode | None:
    return None if decision is None or decision.refusal is None else decision.refusal.code


def check(decision: Decision | None, name: str) -> tuple[str, str, bool]:
    assert decision is not None
    [found] = [one for one in decision.checks if one.name == name]
    return found.actual, found.limit, found.passed


def positions(here: Desk) -> list[tuple[str, Side, str | None]]:
    held = here.engine.state.accounts["a"].positions.values()
    return [(one.symbol, one.side, one.model) for one in held]


def ready(rules: SignalRules | None = None) -> Desk:
    here = desk(rules, models=("m", "n"))
    here.on_quote(quoted())
    return here


# A person


def unasked() -> Desk:
    here = desk(models=())
    here.on_quote(quoted())
    return here


def test_a_signal_of_a_model_that_is_off_waits_for_a_person():
    here = unasked()
    assert send(here, signal("one")) is None
    assert decided(here.on_quote(quoted(at=LATER))) is None
    waits = here.waits_for("a", "one", NOW)
    assert waits is not None
    assert waits.code is RefusalCode.AUTO_EXECUTION_OFF
    assert "fxpaper signal execute one" in waits.text


def test_a_click_executes_it_once_and_a_second_one_finds_nothing():
    here = unasked()
    send(here, signal("one"))
    answer = here.carry_out(DecideSignal("a", "one", execute=True), NOW)
    assert not isinstance(answer, Refused)
    decision = decided(answer)
    assert decision is not None
    assert decision.status is SignalStatus.EXECUTED
    assert check(decision, "auto_execution") == ("by a person", "on", True)
    assert isinstance(answer[0].event, SignalReleased)
    again = here.carry_out(DecideSignal("a", "one", execute=True), NOW)
    assert isinstance(again, Refused)
    assert again.code is RefusalCode.UNKNOWN_SIGNAL
    assert len(positions(here)) == 1


def test_a_click_lifts_no_other_rule():
    here = unasked()
    send(here, signal("one", confidence=Decimal("0.9")))
    here.on_quote(quoted(spread=60, at=LATER))
    answer = here.carry_out(DecideSignal("a", "one", execute=True), LATER)
    assert not isinstance(answer, Refused)
    assert decided(answer) is None
    waits = here.waits_for("a", "one", LATER)
    assert waits is not None
    assert waits.code is RefusalCode.SPREAD_TOO_WIDE
    assert decided(here.on_quote(quoted(at=LATER + 1))) is not None


def test_what_would_be_refused_anyway_asks_nobody():
    here = unasked()
    assert refused(send(here, signal("one", confidence=Decimal("0.4")))) is (
        RefusalCode.CONFIDENCE_TOO_LOW
    )


def test_one_that_nobody_took_expires_as_that():
    here = unasked()
    send(here, signal("one"))
    decision = decided(here.on_time(NOW + 60 * NS_PER_SECOND))
    assert refused(decision) is RefusalCode.AUTO_EXECUTION_OFF
    assert decision is not None
    assert decision.refusal is not None
    assert "waited until it expired" in decision.refusal.text


def test_a_dismissed_one_is_refused():
    here = unasked()
    send(here, signal("one"))
    answer = here.carry_out(DecideSignal("a", "one", execute=False), NOW)
    assert not isinstance(answer, Refused)
    assert refused(decided(answer)) is RefusalCode.DISMISSED


def test_switching_the_model_on_executes_what_still_waits():
    here = unasked()
    send(here, signal("one"))
    send(here, signal("other", model="n"))
    events = here.set_policy(ModelPolicy(account="a", model="m", auto_execute=True), NOW)
    assert decided(events) is not None
    assert [one.id for one in here.waiting] == ["other"]


def test_a_released_signal_stays_released_over_a_restart():
    here = unasked()
    send(here, signal("one"))
    here.on_quote(quoted(spread=60, at=LATER))
    here.carry_out(DecideSignal("a", "one", execute=True), LATER)
    again = desk(models=())
    again.restore(here.waiting, ())
    assert decided(again.on_quote(quoted(at=LATER + 1))) is not None


def test_a_thousand_that_wait_for_a_person_cost_a_quote_nothing():
    here = unasked()
    for number in range(1000):
        send(here, signal(f"s{number}"))
    assert not here.awaits("EURUSD")
    assert len(here.waiting) == 1000
    assert len(here.on_time(NOW + 60 * NS_PER_SECOND)) == 1000
    assert here.waiting == ()


# The price that was advised


@pytest.mark.parametrize(
    ("ask", "goes"),
    [(108_375, True), (108_376, False), (108_100, True)],
    ids=["12.5 pips on", "a point more", "a better price"],
)
def test_the_example_of_the_guide(ask, goes):
    """Entry 1.0825, stop-loss 1.0800: half of 25 pips."""
    here = desk()
    here.on_quote(quoted(bid=ask - 10))
    one = signal("one", entry=Decimal("1.0825"), stop_loss=PriceLevel(Decimal("1.0800")))
    decision = send(here, one)
    assert (decision is not None) is goes
    if decision is None:
        waits = here.waits_for("a", "one", NOW)
        assert waits is not None
        assert (waits.code, waits.actual, waits.limit) == (
            RefusalCode.ENTRY_GONE,
            "12.6 pips",
            "12.5 pips",
        )
        assert decided(here.on_quote(quoted(bid=108_300, at=LATER))) is not None


def test_a_sell_drifts_downwards():
    here = desk(SignalRules(max_entry_drift_percent=Decimal(10)))
    here.on_quote(quoted(bid=108_220))
    one = signal(
        "one",
        side=SignalSide.SELL,
        entry=Decimal("1.0825"),
        stop_loss=PriceLevel(Decimal("1.0850")),
    )
    assert send(here, one) is None
    decision = decided(here.on_quote(quoted(bid=108_225, at=LATER)))
    assert check(decision, "entry_drift") == ("2.5 pips", "≤ 2.5 pips", True)


@pytest.mark.parametrize(
    ("ask", "ratio", "goes"), [(108_250, "2.00", True), (108_260, "1.88", False)]
)
def test_reward_over_risk_is_asked_at_the_price_that_is_paid(ask, ratio, goes):
    """Stop-loss 1.0800, take-profit 1.0875: 50 to 25 pips, and 49 to 26."""
    here = desk(SignalRules(min_reward_risk=Decimal(2)))
    here.on_quote(quoted(bid=ask - 10))
    one = signal(
        "one",
        stop_loss=PriceLevel(Decimal("1.0800")),
        take_profit=PriceLevel(Decimal("1.0875")),
    )
    decision = send(here, one)
    if goes:
        assert check(decision, "reward_risk") == (ratio, "≥ 2", True)
    else:
        assert decision is None
        waits = here.waits_for("a", "one", NOW)
        assert waits is not None
        assert (waits.code, waits.actual) == (RefusalCode.REWARD_TOO_SMALL, ratio)


def test_several_take_profits_count_by_their_mean_and_close_equal_parts():
    """1 R, 2 R and 3 R are 2 R on average; 0.30 lots close by 0.10."""
    here = desk(SignalRules(min_reward_risk=Decimal(2), risk_percent=Decimal("0.33")))
    here.on_quote(quoted())
    far, near, middle = (RLevel(Decimal(r)) for r in (3, 1, 2))
    decision = send(here, signal("one", take_profit=middle, rungs=(far, near)))
    assert check(decision, "reward_risk")[0] == "2.00"
    [position] = here.engine.state.accounts["a"].positions.values()
    assert (position.lots, position.take_profit) == (Decimal("0.33"), 108_310)
    assert [rung.price for rung in position.exits.ladder] == [108_110, 108_210]
    closed = []
    for place, bid in enumerate((108_110, 108_210, 108_310)):
        events = here.on_quote(quoted(bid=bid, at=LATER + place))
        closed += [one.event.deal.lots for one in events if isinstance(one.event, DealBooked)]
    assert closed == [Decimal("0.11")] * 3


# Against what is open


def against(rules: SignalRules, accounting: Accounting = Accounting.HEDGING) -> Desk:
    """Return a desk where model m holds a buy of EURUSD."""
    here = ready(rules)
    state = here.engine.state.accounts["a"]
    state.account = replace(state.account, accounting=accounting)
    assert send(here, signal("first")) is not None
    here.on_quote(quoted(at=LATER))
    return here


def sell(id_: str = "second", **changes: object) -> Signal:
    return signal(id_, at=LATER, side=SignalSide.SELL, **changes)


def test_hedging_keeps_both():
    here = against(SignalRules())
    send(here, sell())
    assert positions(here) == [("EURUSD", Side.BUY, "m"), ("EURUSD", Side.SELL, "m")]


def test_ignoring_refuses_with_the_position():
    here = against(SignalRules(conflict=Conflict.IGNORE))
    decision = send(here, sell())
    assert refused(decision) is RefusalCode.CONFLICTING_POSITION
    assert check(decision, "conflict") == ("1 opposite", "ignore", False)
    assert positions(here) == [("EURUSD", Side.BUY, "m")]


def test_closing_closes_and_opens_nothing():
    here = against(SignalRules(conflict=Conflict.CLOSE))
    decision = send(here, sell())
    assert decision is not None
    assert (decision.status, decision.order_id) == (SignalStatus.EXECUTED, None)
    assert len(decision.position_ids) == 1
    assert positions(here) == []


def test_reversing_closes_and_opens_in_one_step():
    here = against(SignalRules(conflict=Conflict.REVERSE))
    events = here.receive(sell(), LATER)
    deals = [one.event.deal for one in events if isinstance(one.event, DealBooked)]
    assert [(deal.entry, deal.reason) for deal in deals] == [
        ("out", DealReason.SIGNAL),
        ("in", DealReason.SIGNAL),
    ]
    decision = decided(events)
    assert decision is not None
    assert len(decision.position_ids) == 2
    assert positions(here) == [("EURUSD", Side.SELL, "m")]


@pytest.mark.parametrize("accounting", [Accounting.NETTING, Accounting.FIFO])
def test_reversing_on_other_accounts_ends_on_the_other_side(accounting: Accounting):
    here = against(SignalRules(conflict=Conflict.REVERSE), accounting)
    decision = send(here, sell())
    assert decision is not None
    assert decision.status is SignalStatus.EXECUTED
    assert positions(here) == [("EURUSD", Side.SELL, "m")]


def test_reversing_makes_room_for_itself():
    """The one position that is allowed may be turned round, though not joined by another."""
    rules = SignalRules(conflict=Conflict.REVERSE, max_positions=1)
    here = against(rules)
    assert refused(send(here, signal("more", at=LATER))) is RefusalCode.TOO_MANY_POSITIONS
    assert refused(send(here, sell())) is None
    assert positions(here) == [("EURUSD", Side.SELL, "m")]


def test_what_could_not_be_opened_is_not_closed_for():
    here = against(SignalRules(conflict=Conflict.REVERSE))
    decision = send(here, sell(stop_loss=PriceLevel(Decimal("1.07000"))))
    assert refused(decision) is RefusalCode.STOP_WRONG_SIDE
    assert positions(here) == [("EURUSD", Side.BUY, "m")]
    here.on_quote(quoted(spread=60, at=LATER + 1))
    assert send(here, sell("waits")) is None
    assert positions(here) == [("EURUSD", Side.BUY, "m")]


def test_another_models_position_counts_only_when_asked():
    mine = against(SignalRules(conflict=Conflict.REVERSE))
    send(mine, sell(model="n"))
    assert positions(mine) == [("EURUSD", Side.BUY, "m"), ("EURUSD", Side.SELL, "n")]
    everybodys = against(SignalRules(conflict=Conflict.REVERSE, conflict_with=ConflictWith.ACCOUNT))
    send(everybodys, sell(model="n"))
    assert positions(everybodys) == [("EURUSD", Side.SELL, "n")]


def test_another_symbol_stands_against_nothing():
    here = against(SignalRules(conflict=Conflict.IGNORE))
    here.on_quote(quoted(symbol="GBPUSD", at=LATER))
    assert refused(send(here, sell(symbol="GBPUSD"))) is None


def test_entries_are_counted_by_side_with_what_waits():
    here = against(SignalRules(max_entries=2))
    waiting = PlaceOrder(
        account="a",
        symbol="EURUSD",
        side=Side.BUY,
        lots=Decimal("0.01"),
        kind=OrderKind.LIMIT,
        price=107_000,
        model="m",
    )
    assert not isinstance(here.carry_out(waiting, LATER), Refused)
    decision = send(here, signal("more", at=LATER))
    assert refused(decision) is RefusalCode.TOO_MANY_ENTRIES
    assert check(decision, "entries") == ("3", "≤ 2", False)
    assert refused(send(here, sell())) is None
    assert refused(send(here, signal("theirs", at=LATER, model="n"))) is None


# After losses


def lose(here: Desk, id_: str, at: int, model: str = "m") -> None:
    """Buy at the ask and be closed at the bid."""
    here.on_quote(quoted(at=at))
    events = here.receive(signal(id_, at=at, model=model), at)
    [opened] = [one.event.position.id for one in events if isinstance(one.event, PositionOpened)]
    close = ClosePosition(account="a", position_id=opened, reason=DealReason.MANUAL)
    assert not isinstance(here.carry_out(close, at), Refused)


PAUSE = SignalRules(cooldown_losses=2, cooldown_ns=100 * NS_PER_SECOND)


def test_two_losses_pause_the_model_in_that_symbol_for_its_time():
    here = ready(PAUSE)
    lose(here, "one", NOW)
    lose(here, "two", LATER)
    at = LATER + 100 * NS_PER_SECOND - 1
    here.on_quote(quoted(at=at))
    decision = send(here, signal("three", at=at))
    assert refused(decision) is RefusalCode.COOLING_DOWN
    assert check(decision, "losses_in_a_row") == ("2", "< 2", False)
    assert refused(send(here, signal("theirs", at=at, model="n"))) is None
    here.on_quote(quoted(symbol="GBPUSD", at=at))
    assert refused(send(here, signal("elsewhere", at=at, symbol="GBPUSD"))) is None
    here.on_quote(quoted(at=at + 1))
    assert refused(send(here, signal("four", at=at + 1))) is None


def test_a_win_ends_the_row():
    here = ready(PAUSE)
    lose(here, "one", NOW)
    send(here, signal("win", take_profit=PipsLevel(Decimal(2))))
    here.on_quote(quoted(bid=108_100, at=LATER))
    lose(here, "two", LATER + 1)
    assert refused(send(here, signal("three", at=LATER + 1))) is None


def test_closes_are_never_paused():
    here = ready(PAUSE)
    send(here, signal("held"))
    lose(here, "one", NOW)
    lose(here, "two", NOW)
    decision = send(here, signal("close", side=SignalSide.CLOSE, stop_loss=None))
    assert refused(decision) is None


def test_a_cool_down_keeps_no_conflicting_position_open():
    here = ready(replace(PAUSE, conflict=Conflict.CLOSE))
    send(here, signal("held", side=SignalSide.SELL))
    lose(here, "one", NOW, model="n")
    lose(here, "two", NOW, model="n")
    send(here, signal("theirs", model="n", side=SignalSide.SELL))
    lose_more = send(here, signal("against", model="m"))
    assert lose_more is not None
    assert lose_more.status is SignalStatus.EXECUTED


def test_a_reset_forgets_losses_and_what_confidence_was_worth():
    here = ready(PAUSE)
    lose(here, "one", NOW)
    lose(here, "two", NOW)
    assert here.past.calibrations.count("m") == 2
    here.carry_out(ResetAccount(account="a"), LATER)
    here.on_quote(quoted(at=LATER))
    assert here.past.calibrations.count("m") == 0
    assert refused(send(here, signal("three", at=LATER))) is None
