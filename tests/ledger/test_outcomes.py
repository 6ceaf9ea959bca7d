"""What models' closed positions came to, and why signals were refused."""

from __future__ import annotations

from decimal import Decimal

from msgspec.structs import replace

from fxpaper.domain.event import (
    AccountReset,
    Event,
    PositionClosed,
    PositionOpened,
    Recorded,
    SignalDecided,
    SignalReceived,
    SignalUnreadable,
)
from fxpaper.domain.outcome import Outcome
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.domain.signal import SignalStatus
from fxpaper.ledger.ledger import Ledger
from tests.ledger import samples
from tests.ledger.samples import SECOND, START


def traded(first: int, id_: str, **changes: str) -> list[Event]:
    """Return a signal and the position it opened, from event ``first`` on."""
    signal = replace(samples.signal(id_), model=changes.get("model", "trend"))
    fill = samples.entry(first + 1, id_, Decimal("99998.60"))
    opening = fill[-1]
    assert isinstance(opening, PositionOpened)
    changed = replace(opening.position, model=signal.model, symbol=changes.get("symbol", "EURUSD"))
    return [SignalReceived(signal), *fill[:-1], PositionOpened(changed)]


def closed(opening: Event, profit: str, r: str | None) -> PositionClosed:
    assert isinstance(opening, PositionOpened)
    return PositionClosed(
        position=opening.position,
        deal_id="d-1",
        profit=Decimal(profit),
        commission=Decimal("-2.80"),
        swap=Decimal("-0.26"),
        r=None if r is None else Decimal(r),
    )


def after_opening(events: list[Event]) -> list[Recorded]:
    return [*samples.opened(), *samples.recorded(events, first=2)]


def test_an_outcome_is_a_closed_position_with_its_signals_confidence(ledger: Ledger):
    """200.00 less 2.80 for both commissions and no swap."""
    ledger.commit(samples.day())
    assert ledger.outcomes("paper") == [
        Outcome(
            position_id="p-7",
            model="trend",
            symbol="EURUSD",
            confidence=Decimal("0.82"),
            net=Decimal("197.20"),
            r=Decimal("2.0000"),
            opened_at=START + SECOND,
            closed_at=START + 13,
        )
    ]


def test_outcomes_come_in_the_order_of_closing(ledger: Ledger):
    one, other = traded(2, "s1"), traded(7, "s2")
    ends = [closed(other[-1], "50.00", "0.4694"), closed(one[-1], "-10.00", None)]
    ledger.commit(after_opening([*one, *other, *ends]))
    found = ledger.outcomes("paper")
    assert [(one.position_id, one.net, one.r) for one in found] == [
        ("p-11", Decimal("46.94"), Decimal("0.4694")),
        ("p-6", Decimal("-13.06"), None),
    ]


def test_outcomes_of_one_model_or_symbol(ledger: Ledger):
    one, other = traded(2, "s1"), traded(7, "s2", model="carry", symbol="USDJPY")
    ends = [closed(one[-1], "1.00", None), closed(other[-1], "2.00", None)]
    ledger.commit(after_opening([*one, *other, *ends]))
    assert [found.model for found in ledger.outcomes("paper", model="carry")] == ["carry"]
    assert [found.model for found in ledger.outcomes("paper", symbol="EURUSD")] == ["trend"]
    assert ledger.outcomes("paper", model="trend", symbol="USDJPY") == []
    assert ledger.outcomes("nobody") == []


def test_open_positions_and_those_of_a_person_are_no_outcomes(ledger: Ledger):
    by_hand = samples.entry(7, None, Decimal("99998.60"))
    events = [*traded(2, "s1"), *by_hand, closed(by_hand[-1], "5.00", None)]
    ledger.commit(after_opening(events))
    assert ledger.outcomes("paper") == []


def test_a_reset_begins_anew(ledger: Ledger):
    """What closed before it and what it ended itself are left out."""
    one, other, third = traded(2, "s1"), traded(7, "s2"), traded(14, "s3")
    anew = replace(samples.account(), seq=13, epoch=2)
    events = [*one, *other, closed(one[-1], "5.00", None), AccountReset(anew, ("p-11",), ())]
    ledger.commit(after_opening([*events, *third, closed(third[-1], "7.00", None)]))
    assert [found.position_id for found in ledger.outcomes("paper")] == ["p-18"]


def test_more_outcomes_than_are_asked_for_at_once(ledger: Ledger):
    events: list[Event] = []
    for number in range(501):
        one = traded(2 + 6 * number, f"s{number}")
        events += [*one, closed(one[-1], "1.00", None)]
    ledger.commit(after_opening(events))
    found = ledger.outcomes("paper")
    assert len({outcome.position_id for outcome in found}) == len(found) == 501


def test_refusals_are_counted_by_reason_the_most_frequent_first(ledger: Ledger):
    """The unreadable ones among them, as the journal counts them."""
    low = replace(
        samples.refusal(),
        refusal=Refused(RefusalCode.CONFIDENCE_TOO_LOW, "0.3 is too low.", "0.3", "0.5"),
    )
    events: list[Event] = [
        SignalReceived(samples.signal("s1")),
        SignalDecided("s1", low),
        SignalReceived(samples.signal("s2", symbol="USDJPY")),
        SignalDecided("s2", low),
        SignalReceived(samples.signal("s3")),
        SignalDecided("s3", samples.refusal()),
        SignalUnreadable(samples.unreadable("u-1", model="trend")),
        SignalReceived(samples.signal("s4")),
        SignalReceived(samples.signal("s5", model="carry")),
        SignalDecided("s5", low),
    ]
    ledger.commit(after_opening(events))
    assert list(ledger.refusals_by_code("paper", "trend").items()) == [
        (RefusalCode.CONFIDENCE_TOO_LOW, 2),
        (RefusalCode.AUTO_EXECUTION_OFF, 1),
        (RefusalCode.MALFORMED, 1),
    ]
    assert ledger.refusals_by_code("paper", "trend", "USDJPY") == {
        RefusalCode.CONFIDENCE_TOO_LOW: 1
    }
    counts = ledger.signals_by_status("paper", "trend")
    assert counts[SignalStatus.REFUSED] == 4
    assert counts[SignalStatus.WAITING] == 1
    assert counts[SignalStatus.EXECUTED] == 0
    assert ledger.signals_by_status("paper", "trend", "EURUSD")[SignalStatus.REFUSED] == 2
