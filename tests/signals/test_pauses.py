"""Signals that wait for the end of a window; the clock begins on Monday, 14:13:20 UTC."""

from __future__ import annotations

from decimal import Decimal

from msgspec.structs import replace

from fxpaper.domain.command import PlaceOrder
from fxpaper.domain.event import SignalDecided
from fxpaper.domain.instant import NS_PER_SECOND
from fxpaper.domain.order import Side
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.domain.signal import Decision, SignalSide, SignalStatus
from fxpaper.domain.window import read_window
from fxpaper.engine.timers import NEVER
from fxpaper.signals.desk import Desk
from fxpaper.signals.news import Calendar, Impact, NewsEvent
from fxpaper.signals.rules import Conflict, Rule, SignalRules
from tests.signals.builders import NOW, SIGNAL, decided, desk, quoted, signal

SECOND = NS_PER_SECOND
WINDOW = read_window("10:13-10:14 America/New_York")
ENDS = NOW + 40 * SECOND
"""10:14 in New York, in summer."""
ROLLOVER = SignalRules(rollover_window=(WINDOW,))
MINUTELY = SignalRules(news_before_minutes=1, news_after_minutes=1)


def asleep(rules: SignalRules = ROLLOVER, *exceptions: Rule) -> Desk:
    """Return a desk at which a signal has come in a window."""
    here = desk(rules, *exceptions)
    here.on_quote(quoted())
    assert decided(here.receive(SIGNAL, NOW)) is None
    return here


def executed(decision: Decision | None) -> Decision:
    assert decision is not None
    assert decision.status is SignalStatus.EXECUTED, decision.refusal
    return decision


def refused(decision: Decision | None) -> tuple[RefusalCode, str]:
    assert decision is not None
    assert decision.refusal is not None
    return decision.refusal.code, decision.refusal.text


def news(at: int, currency: str = "USD", impact: Impact = Impact.HIGH) -> NewsEvent:
    return NewsEvent(at, currency, impact, "Payrolls")


def test_a_signal_is_executed_when_the_window_ends_on_the_quote_at_hand():
    here = asleep()
    assert here.next_timer() == ENDS
    here.on_quote(quoted(at=ENDS - SECOND, bid=108_050))
    assert decided(here.on_time(ENDS - 1)) is None
    decision = executed(decided(here.on_time(ENDS)))
    assert (decision.at, decision.entry_price) == (ENDS, 108_060)
    [asked] = [one for one in decision.checks if one.name == "rollover_window"]
    assert (asked.actual, asked.limit, asked.passed) == (
        "2026-09-21T14:14:00.000000Z",
        "outside 10:13-10:14 America/New_York",
        True,
    )


def test_where_that_quote_is_too_old_the_next_one_will_do():
    here = asleep()
    assert decided(here.on_time(ENDS)) is None
    assert here.awaits("EURUSD")
    executed(decided(here.on_quote(quoted(at=ENDS + 3 * SECOND))))


def test_quotes_in_the_window_need_not_be_looked_at():
    here = asleep()
    assert not here.awaits("EURUSD")
    assert decided(here.on_quote(quoted(at=ENDS - 1))) is None
    executed(decided(here.on_quote(quoted(at=ENDS))))
    assert here.next_timer() > ENDS


def test_one_that_expires_in_it_is_refused_by_the_windows_name():
    here = desk(ROLLOVER)
    here.on_quote(quoted())
    assert decided(here.receive(replace(SIGNAL, expires_at=ENDS), NOW)) is None
    code, text = refused(decided(here.on_time(ENDS)))
    assert code is RefusalCode.ROLLOVER_WINDOW
    assert text == (
        "It is the rollover window, 10:13-10:14 America/New_York; entries in EURUSD wait until "
        "14:14 UTC. The signal waited until it expired, 2026-09-21T14:14:00.000000Z."
    )


def test_one_that_outlived_the_window_without_a_quote_names_the_quote():
    here = asleep()
    here.on_time(ENDS)
    code, _ = refused(decided(here.on_time(SIGNAL.expires_at)))
    assert code is RefusalCode.STALE_QUOTE


def test_while_it_waits_it_says_for_what():
    here = desk(MINUTELY)
    here.use_calendar(Calendar([news(NOW + 30 * SECOND)]))
    here.on_quote(quoted())
    assert decided(here.receive(SIGNAL, NOW)) is None
    waits = here.waits_for("a", "one", NOW + 20 * SECOND)
    assert waits is not None
    assert waits.code is RefusalCode.NEWS_WINDOW
    assert waits.text == (
        "News: USD Payrolls at 14:13 UTC; entries in USD symbols wait until 14:14 UTC."
    )


def test_one_window_after_the_other():
    """The rollover until :40, news from :35 until 2:35 later: one sleep, until the later end."""
    here = desk(replace(ROLLOVER, news_before_minutes=1, news_after_minutes=1))
    here.use_calendar(Calendar([news(NOW + 95 * SECOND)]))
    here.on_quote(quoted())
    long = signal("long", expires_at=NOW + 300 * SECOND)
    assert decided(here.receive(long, NOW)) is None
    assert here.next_timer() == ENDS
    assert decided(here.on_time(ENDS)) is None
    assert here.next_timer() == NOW + 155 * SECOND
    here.on_quote(quoted(at=NOW + 154 * SECOND))
    executed(decided(here.on_time(NOW + 155 * SECOND)))


def test_another_calendar_lets_it_go_on_the_next_quote():
    here = desk(MINUTELY)
    here.use_calendar(Calendar([news(NOW + 30 * SECOND)]))
    here.on_quote(quoted())
    assert decided(here.receive(SIGNAL, NOW)) is None
    here.use_calendar(Calendar([news(NOW + 30 * SECOND, "CAD")]))
    assert here.awaits("EURUSD")
    executed(decided(here.on_quote(quoted(at=NOW + SECOND))))


def test_what_no_time_cures_is_refused_in_the_window_at_once():
    here = desk(replace(ROLLOVER, default_stop_pips=None))
    here.on_quote(quoted())
    code, _ = refused(decided(here.receive(replace(SIGNAL, stop_loss=None), NOW)))
    assert code is RefusalCode.STOP_REQUIRED


def test_a_position_is_closed_in_every_window():
    hours = read_window("Tue 10:00-11:00 UTC")
    here = desk(MINUTELY)
    here.on_quote(quoted())
    executed(decided(here.receive(SIGNAL, NOW)))
    shut = Rule(changes={"rollover_window": (WINDOW,), "trading_hours": (hours,)})
    strict = desk(MINUTELY, shut)
    strict.engine.state.accounts["a"] = here.engine.state.accounts["a"]
    strict.use_calendar(Calendar([news(NOW)]))
    strict.on_quote(quoted(at=NOW + 1))
    close = signal("two", NOW + 1, side=SignalSide.CLOSE, stop_loss=None)
    executed(decided(strict.receive(close, NOW + 1)))


def test_outside_its_hours_it_is_refused_at_once():
    here = desk(SignalRules(trading_hours=(read_window("08:00-10:13 America/New_York"),)))
    here.on_quote(quoted())
    code, text = refused(decided(here.receive(SIGNAL, NOW)))
    assert code is RefusalCode.OUTSIDE_HOURS
    assert text.endswith("the next such time begins 2026-09-22T12:00:00.000000Z.")


def test_a_rule_lets_a_model_trade_the_news():
    free = Rule(model="m", changes={"news_before_minutes": 0, "news_after_minutes": 0})
    here = desk(MINUTELY, free)
    here.use_calendar(Calendar([news(NOW)]))
    here.on_quote(quoted())
    executed(decided(here.receive(SIGNAL, NOW)))


def test_nothing_is_asked_where_nothing_is_set():
    here = desk()
    here.on_quote(quoted())
    names = {one.name for one in executed(decided(here.receive(SIGNAL, NOW))).checks}
    assert names & {"trading_hours", "rollover_window", "news"} == set()
    assert here.next_timer() <= NEVER


def test_a_reversal_opens_nothing_in_a_window_either():
    """Though closing would make room for it: one position is the most."""
    here = desk(replace(ROLLOVER, conflict=Conflict.REVERSE, max_positions=1))
    before = ENDS - 90 * SECOND
    here.on_quote(quoted(at=before))
    executed(decided(here.receive(signal("held", at=before), before)))
    here.on_quote(quoted(at=NOW))
    sell = signal("sell", side=SignalSide.SELL)
    assert decided(here.receive(sell, NOW)) is None
    assert decided(here.on_quote(quoted(at=ENDS - 1))) is None
    assert len(here.engine.state.accounts["a"].positions) == 1
    executed(decided(here.on_quote(quoted(at=ENDS))))
    [held] = here.engine.state.accounts["a"].positions.values()
    assert held.side is Side.SELL


def test_what_sleeps_goes_back_to_sleep_when_the_calendar_changes():
    here = asleep(replace(ROLLOVER, conflict=Conflict.IGNORE))
    person = PlaceOrder(
        account="a", symbol="EURUSD", side=Side.SELL, lots=Decimal("0.01"), model="m"
    )
    assert not isinstance(here.carry_out(person, NOW), Refused)
    here.use_calendar(None)
    assert decided(here.on_quote(quoted(at=NOW + 1))) is None
    assert not here.awaits("EURUSD")


def test_signals_that_wait_are_tried_in_the_order_they_came():
    here = desk(SignalRules(max_entries=1))
    here.on_quote(quoted(spread=60))
    for name in ("b", "a", "c"):
        here.receive(signal(name), NOW)
    events = here.on_quote(quoted(at=NOW + 1))
    first = next(one.event for one in events if isinstance(one.event, SignalDecided))
    assert (first.signal_id, first.decision.status) == ("b", SignalStatus.EXECUTED)
