"""Who serves which symbol, when sources fail, rest and come back."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from fxpaper.aggregator.rotation import Candidate, Rotation
from fxpaper.domain.instant import NS_PER_SECOND

SECOND = NS_PER_SECOND
BOTH = ("EURUSD", "XAUUSD")


def stream(name: str, symbols: tuple[str, ...] = BOTH) -> Candidate:
    return Candidate(name, lambda symbol: symbol in symbols, 120 * SECOND, polled=False)


def polled(name: str, symbols: tuple[str, ...] = BOTH) -> Candidate:
    return Candidate(name, lambda symbol: symbol in symbols, None, polled=True)


@pytest.fixture
def rotation() -> Rotation:
    """Two streams; ``first`` has the priority."""
    return Rotation([stream("first"), stream("second")], BOTH)


def assigned(rotation: Rotation, seconds: float) -> dict[str, list[str]]:
    given = rotation.assign(int(seconds * SECOND))
    return {name: sorted(symbols) for name, symbols in given.items() if symbols}


def hear(rotation: Rotation, name: str, seconds: float, *, fresh: bool = True) -> bool:
    answers = {
        rotation.report_quote(name, symbol, int(seconds * SECOND), fresh=fresh) for symbol in BOTH
    }
    return answers == {True}


def test_the_first_by_priority_serves_alone(rotation):
    assert assigned(rotation, 0) == {"first": ["EURUSD", "XAUUSD"]}
    assert hear(rotation, "first", 1)


def test_silence_while_a_witness_moves_is_death_and_not_quiet():
    rotation = Rotation([stream("first"), stream("second")], BOTH, witnesses=True)
    assert assigned(rotation, 0) == {"first": list(BOTH), "second": list(BOTH)}
    hear(rotation, "first", 1)
    for _ in range(5):
        rotation.report_move("EURUSD")
    rotation.check_silence(10 * SECOND, is_open=True)
    assigned(rotation, 10)
    assert rotation.serving("EURUSD") == "first"
    rotation.check_silence(11 * SECOND, is_open=True)
    assigned(rotation, 11)
    assert (rotation.serving("EURUSD"), rotation.serving("XAUUSD")) == ("second", "first")


def test_a_quote_of_the_serving_source_forgets_what_the_witness_did():
    rotation = Rotation([stream("first"), stream("second")], BOTH, witnesses=True)
    assigned(rotation, 0)
    for _ in range(5):
        rotation.report_move("EURUSD")
    hear(rotation, "first", 1)
    rotation.report_move("EURUSD")
    rotation.check_silence(30 * SECOND, is_open=True)
    assigned(rotation, 30)
    assert rotation.serving("EURUSD") == "first"


def test_each_symbol_has_the_first_source_that_knows_it():
    rotation = Rotation([stream("pairs", ("EURUSD",)), stream("all")], BOTH)
    assert assigned(rotation, 0) == {"pairs": ["EURUSD"], "all": ["XAUUSD"]}


def test_a_failure_hands_over_at_once(rotation):
    assigned(rotation, 0)
    rotation.report_failure("first", 10 * SECOND, "closed")
    assert assigned(rotation, 10) == {"second": ["EURUSD", "XAUUSD"]}
    assert rotation.serving("EURUSD") == "second"
    assert not hear(rotation, "first", 10.1)


def test_a_rested_source_is_tried_beside_the_stand_in_and_takes_over_when_it_quotes(rotation):
    assigned(rotation, 0)
    rotation.report_failure("first", 10 * SECOND, "closed")
    assigned(rotation, 14.9)
    assert assigned(rotation, 15) == {"first": list(BOTH), "second": list(BOTH)}
    assert rotation.serving("EURUSD") == "second"
    assert hear(rotation, "second", 15.5)
    assert not hear(rotation, "first", 16, fresh=False)
    assert hear(rotation, "first", 17)
    assert assigned(rotation, 17) == {"first": list(BOTH)}


def test_a_rest_doubles_from_five_seconds_to_five_minutes(rotation):
    rests, now = [], 0
    for _ in range(8):
        rotation.report_failure("first", now, "closed")
        rests.append((rotation.standing("first").retry_at - now) // SECOND)
        now = rotation.standing("first").retry_at
    assert rests == [5, 10, 20, 40, 80, 160, 300, 300]


def test_one_quote_does_not_make_up_for_failures_but_a_steady_minute_does(rotation):
    """A source that connects, quotes once and dies again is tried ever more rarely."""
    assigned(rotation, 0)
    rotation.report_failure("first", 0, "closed")
    assigned(rotation, 5)
    hear(rotation, "first", 5)
    rotation.report_failure("first", 6 * SECOND, "closed")
    assert rotation.standing("first").retry_at == 16 * SECOND
    assigned(rotation, 16)
    hear(rotation, "first", 16)
    hear(rotation, "first", 76)
    rotation.report_failure("first", 80 * SECOND, "closed")
    assert rotation.standing("first").retry_at == 85 * SECOND


def test_a_spent_plan_is_no_failure(rotation):
    assigned(rotation, 0)
    rotation.report_limited("first", 60 * SECOND, "8 of 8 credits")
    assert assigned(rotation, 1) == {"second": list(BOTH)}
    assert assigned(rotation, 60) == {"first": list(BOTH), "second": list(BOTH)}
    assert rotation.standing("first").failures == 0


def test_a_disabled_source_is_never_tried_again(rotation):
    rotation.report_gone("first", "the key is wrong")
    assert assigned(rotation, 10**6) == {"second": list(BOTH)}


def test_without_any_source_nothing_is_assigned_until_a_rest_is_over(rotation):
    assigned(rotation, 0)
    rotation.report_failure("first", 0, "no network")
    rotation.report_failure("second", 0, "no network")
    assert assigned(rotation, 4) == {}
    assert rotation.serving("EURUSD") is None
    assert not hear(rotation, "second", 4)
    assert assigned(rotation, 5) == {"first": list(BOTH)}


def test_silence_of_a_whole_stream_is_a_failure_exactly_at_its_limit(rotation):
    assigned(rotation, 0)
    hear(rotation, "first", 1)
    rotation.check_silence(121 * SECOND - 1, is_open=True)
    assert rotation.standing("first").error is None
    rotation.check_silence(121 * SECOND, is_open=True)
    assert rotation.standing("first").error == "no quote for 120 s"
    assert assigned(rotation, 121) == {"second": list(BOTH)}


def test_nobody_is_expected_to_speak_while_the_market_is_shut(rotation):
    assigned(rotation, 0)
    for hour in range(48):
        rotation.check_silence(hour * 3600 * SECOND, is_open=False)
    opens = 48 * 3600
    rotation.check_silence((opens - 3600 + 119) * SECOND, is_open=True)
    assert assigned(rotation, opens) == {"first": list(BOTH)}


def test_one_silent_symbol_moves_alone(rotation):
    assigned(rotation, 0)
    rotation.report_quote("first", "EURUSD", 100 * SECOND, fresh=True)
    rotation.check_silence(120 * SECOND, is_open=True)
    assert assigned(rotation, 120) == {"first": ["EURUSD"], "second": ["XAUUSD"]}


def test_one_silent_symbol_stays_where_nobody_else_has_it():
    rotation = Rotation([stream("first"), stream("pairs", ("EURUSD",))], BOTH)
    assigned(rotation, 0)
    rotation.report_quote("first", "EURUSD", 100 * SECOND, fresh=True)
    rotation.check_silence(120 * SECOND, is_open=True)
    assert assigned(rotation, 120) == {"first": list(BOTH)}


def test_three_old_answers_in_a_row_are_as_good_as_none():
    rotation = Rotation([polled("rest"), stream("second")], BOTH)
    assigned(rotation, 0)
    for second in (1, 2):
        assert hear(rotation, "rest", second, fresh=False)
    assert rotation.serving("EURUSD") == "rest"
    hear(rotation, "rest", 3, fresh=False)
    assert assigned(rotation, 3) == {"second": list(BOTH)}
    assert assigned(rotation, 8) == {"rest": list(BOTH), "second": list(BOTH)}


def test_a_fresh_answer_forgives_old_ones():
    rotation = Rotation([polled("rest"), stream("second")], BOTH)
    assigned(rotation, 0)
    for second, fresh in ((1, False), (2, False), (3, True), (4, False), (5, False)):
        hear(rotation, "rest", second, fresh=fresh)
    assert assigned(rotation, 6) == {"rest": list(BOTH)}


class AnyHistory(RuleBasedStateMachine):
    """Sources fail, speak, rest and end in any order; the promises hold all the same."""

    names = ("a", "b", "c")

    def __init__(self) -> None:
        super().__init__()
        self.rotation = Rotation([stream("a"), polled("b"), stream("c", ("EURUSD",))], BOTH)
        self.now = 0
        self.given = self.rotation.assign(self.now)

    @rule(name=st.sampled_from(names))
    def fail(self, name):
        self.rotation.report_failure(name, self.now, "x")

    @rule(name=st.sampled_from(names), seconds=st.integers(1, 100))
    def limit(self, name, seconds):
        self.rotation.report_limited(name, self.now + seconds * SECOND, "x")

    @rule(name=st.sampled_from(names), symbol=st.sampled_from(BOTH), fresh=st.booleans())
    def speak(self, name, symbol, fresh):
        if symbol not in self.given[name]:
            return
        before = self.rotation.serving(symbol)
        counts = self.rotation.report_quote(name, symbol, self.now, fresh=fresh)
        after = self.rotation.serving(symbol)
        assert counts is (after == name)
        if after != before:
            assert fresh
            assert self.names.index(after) < self.names.index(before)

    @rule(seconds=st.integers(0, 200), is_open=st.booleans())
    def pass_time(self, seconds, is_open):
        self.now += seconds * SECOND
        self.rotation.check_silence(self.now, is_open=is_open)

    @precondition(lambda self: self.now > 2000 * SECOND)
    @rule(name=st.sampled_from(names))
    def end(self, name):
        self.rotation.report_gone(name, None)

    @invariant()
    def promises_hold(self):
        self.given = self.rotation.assign(self.now)
        for symbol in BOTH:
            serving = self.rotation.serving(symbol)
            runners = [name for name in self.names if symbol in self.given[name]]
            assert all(self.rotation.standing(name).may_run(self.now) for name in runners)
            # Somebody serves whenever anybody may, and it is the last of those that run.
            assert runners[-1:] == ([] if serving is None else [serving])
            may = [
                name
                for name in self.names
                if self.rotation.standing(name).may_run(self.now)
                and (name != "c" or symbol == "EURUSD")
            ]
            assert bool(runners) == bool(may)


AnyHistory.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestAnyHistory = AnyHistory.TestCase
