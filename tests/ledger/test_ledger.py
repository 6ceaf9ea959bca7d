"""What is committed is what is read."""

from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest
from sqlalchemy import select

from fxpaper.domain.account import TradingState
from fxpaper.domain.event import (
    Event,
    OrderPlaced,
    PositionClosed,
    Recorded,
    SignalDecided,
    SignalReceived,
    SignalUnreadable,
)
from fxpaper.domain.order import OrderState
from fxpaper.domain.signal import ModelPolicy, SignalStatus
from fxpaper.domain.terminal import TerminalCursor
from fxpaper.errors import ConfigurationError, IntegrityError
from fxpaper.ledger.ledger import Ledger, store_at
from fxpaper.ledger.records import ModelCount
from fxpaper.ledger.tables import CASH, COSTS
from tests.ledger import samples


def test_every_type_of_event_comes_back_as_it_was_written(ledger: Ledger):
    days = (
        samples.day,
        samples.day_after,
        samples.live_day,
        samples.alert_day,
        samples.limited_day,
    )
    day = [one for of_day in days for one in of_day()]
    assert {type(recorded.event) for recorded in day} == set(get_args(Event))
    ledger.commit(day)
    assert ledger.events_since("paper", 0, 100) == day


def test_what_a_terminal_has_not_answered_and_how_far_its_deals_went_are_loaded(ledger: Ledger):
    ledger.commit([*samples.day(), *samples.day_after(), *samples.live_day(), *samples.alert_day()])
    state = ledger.load("paper")
    assert state is not None
    assert [command.id for command in state.commands] == ["b81f.32"]
    assert state.cursor == TerminalCursor(ticket=78, at=1_700_000_000_000)
    assert state.account.trading is TradingState.HALTED
    assert ledger.verify() == []


def test_what_limits_count_is_loaded_from_the_days_beginning(ledger: Ledger):
    """Before a day has begun, from the account's own; a reset account's from its reset."""
    ledger.commit(samples.day())
    state = ledger.load("paper")
    assert state is not None
    assert [(one.seq, type(one.event)) for one in state.today] == [
        (4, OrderPlaced),
        (14, PositionClosed),
    ]
    ledger.commit([*samples.day_after(), *samples.live_day(), *samples.alert_day()])
    ledger.commit(samples.limited_day())
    state = ledger.load("paper")
    assert state is not None
    assert list(state.today) == samples.limited_day()
    assert ledger.verify() == []
    ledger.rebuild()
    assert ledger.verify() == []


def test_events_are_read_from_a_number_up_to_a_limit(ledger: Ledger):
    ledger.commit(samples.day())
    assert [recorded.seq for recorded in ledger.events_since("paper", 3, 2)] == [4, 5]
    assert ledger.events_since("paper", 14, 10) == []
    assert ledger.events_since("nobody", 0, 10) == []


def test_an_account_is_loaded_as_it_was_last_committed(path: Path, ledger: Ledger):
    ledger.commit(samples.day()[:12])
    epoch = ledger.epoch
    ledger.close()
    again = Ledger(path)
    again.open()
    state = again.load("paper")
    assert state is not None
    assert state.account.balance == Decimal("99998.60")
    assert state.account.initial_balance == Decimal("100000.00")
    assert state.account.seq == 12
    assert [position.id for position in state.positions] == ["p-7"]
    assert [signal.id for signal in state.waiting] == ["s4"]
    assert state.policies == (ModelPolicy(account="paper", model="trend", auto_execute=True),)
    assert again.epoch == epoch
    again.close()


def test_a_closed_position_is_not_loaded_and_its_profit_is_in_the_balance(ledger: Ledger):
    ledger.commit(samples.day())
    state = ledger.load("paper")
    assert state is not None
    assert state.positions == ()
    assert state.account.balance == Decimal("100197.20")


def test_waiting_signals_are_loaded_oldest_first(ledger: Ledger):
    names = ["b", "a", "c"]
    arrivals: list[Event] = [SignalReceived(samples.signal(name)) for name in names]
    ledger.commit(samples.opened() + samples.recorded(arrivals, first=2))
    state = ledger.load("paper")
    assert state is not None
    assert [signal.id for signal in state.waiting] == ["b", "a", "c"]


def test_an_unknown_account_is_none(ledger: Ledger):
    assert ledger.load("nobody") is None
    assert ledger.account_ids() == []


def test_accounts_are_apart(ledger: Ledger):
    ledger.commit(samples.opened("b") + samples.day() + samples.opened("a"))
    assert ledger.account_ids() == ["a", "b", "paper"]
    assert ledger.orders("a", 10).items == ()
    other = ledger.load("a")
    assert other is not None
    assert other.account.seq == 1
    assert ledger.verify() == []


def test_an_order_is_listed_in_its_final_state(ledger: Ledger):
    ledger.commit(samples.day()[:4])
    assert [order.state for order in ledger.orders("paper", 10).items] == [OrderState.PLACED]
    ledger.commit(samples.day()[4:])
    (order,) = ledger.orders("paper", 10).items
    assert (order.state, order.fill_price) == (OrderState.FILLED, 108253)


def test_a_chain_is_a_signal_with_everything_it_led_to(ledger: Ledger):
    ledger.commit(samples.day())
    chain = ledger.chain("paper", "s1")
    assert chain is not None
    assert chain.record.status is SignalStatus.EXECUTED
    assert chain.order is not None
    assert chain.order.id == "o-4"
    assert [position.id for position in chain.positions] == ["p-7"]
    assert [deal.id for deal in chain.deals] == ["d-6", "d-13"]
    assert ledger.deals_of_position("paper", "p-7") == list(chain.deals)


def test_the_chain_of_a_refused_signal_is_the_signal_alone(ledger: Ledger):
    ledger.commit(samples.day())
    chain = ledger.chain("paper", "s3")
    assert chain is not None
    assert chain.record.decision == samples.refusal()
    assert (chain.order, chain.positions, chain.deals) == (None, (), ())
    assert ledger.chain("paper", "s9") is None


def test_an_unreadable_signal_is_found_by_the_id_it_was_sent_with_the_newest_first(ledger: Ledger):
    ledger.commit(samples.day())
    later = samples.unreadable("u-15", given_id="s2")
    ledger.commit(samples.recorded([SignalUnreadable(later)], first=15))
    found = ledger.signal("paper", "s2")
    assert found is not None
    assert found.signal.id == "u-15"
    assert found.status is SignalStatus.REFUSED


def test_a_readable_signal_is_found_before_an_unreadable_one_of_its_id(ledger: Ledger):
    ledger.commit(samples.day())
    ledger.commit(samples.recorded([SignalReceived(samples.signal("s2"))], first=15))
    found = ledger.signal("paper", "s2")
    assert found is not None
    assert found.status is SignalStatus.WAITING


def test_only_readable_signals_are_found_by_name(ledger: Ledger):
    ledger.commit(samples.day())
    many = {f"x{i}" for i in range(2_000)}
    assert ledger.signals_named("paper", {"s1", "s2", "u-9", "s4"} | many).keys() == {
        "s1",
        "u-9",
        "s4",
    }
    assert ledger.signals_named("paper", ()) == {}


def test_models_are_counted_with_their_unreadable_and_waiting_signals(ledger: Ledger):
    ledger.commit(samples.day())
    assert ledger.model_counts("paper") == [
        ModelCount(model="carry", signals=1, executed=0, refused=1, combined=0),
        ModelCount(model="trend", signals=3, executed=1, refused=1, combined=0),
    ]


def test_the_latest_policy_of_a_model_counts_in_one_commit_or_two(ledger: Ledger):
    on, off = (samples.policy("trend", auto_execute=choice) for choice in (True, False))
    ledger.commit(samples.opened() + samples.recorded([on, off], first=2))
    assert [policy.auto_execute for policy in ledger.policies("paper")] == [False]
    ledger.commit(samples.recorded([on], first=4))
    assert [policy.auto_execute for policy in ledger.policies("paper")] == [True]


@pytest.mark.parametrize(
    ("seqs", "expected"),
    [
        pytest.param([3], "goes on with 2", id="a gap to what is stored"),
        pytest.param([1], "goes on with 2", id="a number again"),
        pytest.param([2, 4], "goes on with 3", id="a gap within"),
        pytest.param([2, 2], "goes on with 3", id="twice within"),
        pytest.param([3, 2], "goes on with 2", id="out of order"),
    ],
)
def test_numbers_continue_without_a_gap_or_nothing_is_written(
    ledger: Ledger, seqs: list[int], expected: str
):
    ledger.commit(samples.opened())
    events = [
        Recorded("paper", seq, samples.START, SignalReceived(samples.signal(f"s{i}")))
        for i, seq in enumerate(seqs)
    ]
    with pytest.raises(IntegrityError, match=expected):
        ledger.commit(events)
    assert len(ledger.events_since("paper", 0, 10)) == 1
    assert ledger.signals("paper", 10).items == ()
    assert ledger.verify() == []


@pytest.mark.parametrize(
    "events",
    [
        pytest.param([SignalReceived(samples.signal("s1"))], id="a signal's id again"),
        pytest.param(
            [SignalReceived(samples.signal("s9")), SignalReceived(samples.signal("s9"))],
            id="an id twice in one commit",
        ),
        pytest.param([SignalDecided("s99", samples.refusal())], id="a signal never received"),
        pytest.param(samples.entry(15, None, Decimal(1))[1:2], id="an order never placed"),
    ],
)
def test_events_that_contradict_the_ledger_are_refused_whole(ledger: Ledger, events: list[Event]):
    ledger.commit(samples.day())
    good: list[Event] = [SignalReceived(samples.signal("good"))]
    with pytest.raises(IntegrityError, match="Nothing was written"):
        ledger.commit(samples.recorded(good + events, first=15))
    assert ledger.events_since("paper", 14, 10) == []
    assert ledger.signal("paper", "good") is None
    assert ledger.verify() == []


def test_an_event_of_an_account_never_opened_is_refused(ledger: Ledger):
    with pytest.raises(IntegrityError, match="never recorded"):
        ledger.commit(samples.recorded([SignalReceived(samples.signal("s1"))], name="ghost"))
    assert ledger.events_since("ghost", 0, 10) == []


def test_text_that_cannot_be_stored_is_refused_by_name(ledger: Ledger):
    broken: list[Event] = [SignalReceived(samples.signal("s1", model="\ud800"))]
    with pytest.raises(IntegrityError, match="Event 2 of account paper, signal_received, cannot"):
        ledger.commit(samples.opened() + samples.recorded(broken, first=2))
    assert ledger.account_ids() == []


def test_a_snapshot_sees_one_commit_however_long_it_looks(ledger: Ledger):
    ledger.commit(samples.day()[:7])
    with ledger.snapshot():
        assert len(ledger.deals("paper", 10).items) == 1
        ledger.commit(samples.day()[7:])
        assert len(ledger.deals("paper", 10).items) == 1
        before = ledger.load("paper")
    assert before is not None
    assert before.account.seq == 7
    assert len(ledger.deals("paper", 10).items) == 2


def test_nothing_is_committed_without_events(ledger: Ledger):
    ledger.commit([])
    assert ledger.account_ids() == []


def test_a_ledger_that_is_not_open_says_so(path: Path):
    with pytest.raises(ConfigurationError, match="is not open"):
        Ledger(path).account_ids()
    with pytest.raises(ConfigurationError, match="not open for writing"):
        Ledger(path).commit(samples.opened())


def test_a_new_log_is_named_by_chance_or_by_argument(tmp_path: Path):
    names = []
    for number in range(2):
        ledger = Ledger(tmp_path / f"{number}.db")
        ledger.open()
        names.append(ledger.epoch)
        ledger.close()
    assert names[0] != names[1]
    named = Ledger(tmp_path / "named.db", new_epoch=lambda: "b81f")
    named.open()
    assert named.epoch == "b81f"
    named.close()


def test_what_waits_and_what_it_cost_is_known_after_a_restart(ledger: Ledger):
    """Waiting orders load; a margin call stays; every cost has one row; a reset ends it all."""
    ledger.commit(samples.day())
    after = samples.day_after()
    ledger.commit(after[:6])
    state = ledger.load("paper")
    assert state is not None
    assert [(order.id, order.price) for order in state.orders] == [("o-19", 107100)]
    ledger.commit(after[6:11])
    called = ledger.load("paper")
    assert called is not None
    assert (called.account.margin_called, called.account.balance) == (True, Decimal("100245.80"))
    assert (called.orders, called.positions[0].swap) == ((), Decimal("-0.26"))
    ledger.commit(after[11:])
    anew = ledger.load("paper")
    assert anew is not None
    assert (anew.account.epoch, anew.account.balance) == (2, Decimal("100000.00"))
    assert (anew.positions, anew.orders, anew.account.margin_called) == ((), (), False)
    assert ledger.verify() == []
    with store_at(ledger.where).open_to_read(opening := ExitStack()).begin() as connection:
        costs = connection.execute(
            select(COSTS.c.seq, COSTS.c.kind, COSTS.c.amount).order_by(COSTS.c.seq, COSTS.c.kind)
        )
        assert [tuple(row) for row in costs] == [
            (6, "commission", "1.40"),
            (13, "commission", "1.40"),
            (17, "commission", "1.40"),
            (23, "swap", "0.26"),
        ]
        cash = connection.execute(select(CASH.c.kind, CASH.c.amount))
        assert [tuple(row) for row in cash] == [("deposit", "50.00")]
    opening.close()
