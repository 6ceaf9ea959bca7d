"""Who hears of what, and in what words."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from fxpaper.aggregator.source import SourceCondition, SourceState
from fxpaper.domain.alert import Alert, AlertKind, PriceSide, Tone
from fxpaper.domain.event import (
    PriceAlertReached,
    PriceAlertSet,
    Recorded,
    SignalDecided,
    SignalReceived,
)
from fxpaper.domain.quote import Transport
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.domain.terminal import TerminalDown, TerminalUp
from fxpaper.worker.alert_rules import (
    DEFAULT_RULES,
    AlertRule,
    Bundle,
    Group,
    Patience,
    retry_wait,
    routed,
)
from fxpaper.worker.alert_texts import alerts_of, undecided
from fxpaper.worker.alert_watch import STALE_NS, AlertWatch
from tests.ledger import samples
from tests.ledger.samples import SECOND, START


def alert(kind: AlertKind = AlertKind.DEAL, symbol: str | None = "EURUSD", model: str = "trend"):
    return Alert(kind=kind, at=START, text="Sold.", model=model, symbol=symbol)


def rule(*kinds: AlertKind, **more) -> AlertRule:
    return AlertRule(on=frozenset(kinds), **more)


@pytest.mark.parametrize(
    ("wanted", "one", "told"),
    [
        pytest.param(rule(AlertKind.DEAL), alert(), True, id="its kind"),
        pytest.param(rule(AlertKind.STALE), alert(), False, id="another kind"),
        pytest.param(
            rule(AlertKind.SIGNAL_REFUSED), alert(AlertKind.LIMIT), True, id="a limit is a refusal"
        ),
        pytest.param(
            rule(AlertKind.LIMIT), alert(AlertKind.SIGNAL_REFUSED), False, id="not the reverse"
        ),
        pytest.param(rule(AlertKind.DEAL, symbols=("EUR*",)), alert(), True, id="a symbol"),
        pytest.param(rule(AlertKind.DEAL, symbols=("*JPY",)), alert(), False, id="not a symbol"),
        pytest.param(
            rule(AlertKind.SOURCE, symbols=("*",)),
            alert(AlertKind.SOURCE, symbol=None),
            False,
            id="what is about no symbol matches no pattern",
        ),
        pytest.param(rule(AlertKind.DEAL, models=("a", "tr*")), alert(), True, id="a model"),
    ],
)
def test_a_rule_wants_an_alert(wanted: AlertRule, one: Alert, told):
    assert wanted.wants(one) is told


def test_each_target_hears_once_by_the_first_rule_that_wants_it():
    rules = [
        rule(AlertKind.STALE, to=("page",)),
        rule(AlertKind.DEAL, to=("phone",)),
        rule(AlertKind.DEAL, to=("page", "phone")),
    ]
    found = routed([alert()], rules)
    assert sorted((one.target, one.rule) for one in found) == [("page", 2), ("phone", 1)]


def test_the_page_hears_of_these_unless_told_otherwise():
    heard = {kind for kind in AlertKind if routed([alert(kind)], DEFAULT_RULES)}
    assert heard == {
        *("deal", "stop_out", "margin_call", "limit", "signal_refused", "trading"),
        *("bridge", "failover", "price"),
    }


def test_what_follows_is_due_when_the_rules_time_is_over_and_after_a_failure_not_before_its_wait():
    group = Group(target="phone", rule=0, told_at=START)
    assert group.due_at(30 * SECOND) == START + 30 * SECOND
    assert replace(group, retry_at=START + 90 * SECOND).due_at(30 * SECOND) == START + 90 * SECOND


def test_waits_grow_and_come_to_an_end():
    patience = Patience(waits_ns=(5, 15))
    assert [retry_wait(n, patience) for n in (1, 2, 3)] == [5, 15, None]


def bundle(count: int, *lines: str, tones: tuple[Tone, ...] = (Tone.PLAIN,)) -> Bundle:
    group = Group(target="phone", rule=0)
    return Bundle(
        group=group,
        last_id=count,
        count=count,
        first_at=START,
        kinds=(AlertKind.DEAL,),
        tones=tones,
        lines=lines,
    )


def test_one_is_a_sentence_and_several_are_their_number_and_the_first_few():
    assert bundle(1, "Sold.").text == "Sold."
    assert bundle(4, "A.", "B.").text == "4 alerts:\n- A.\n- B.\nand 2 more."
    assert bundle(2, "A.", "B.").text == "2 alerts:\n- A.\n- B."


def test_a_bundle_is_as_bad_as_the_worst_of_it():
    assert bundle(2, "A.", tones=(Tone.GOOD, Tone.BAD)).tone is Tone.BAD
    assert bundle(2, "A.", tones=(Tone.GOOD, Tone.PLAIN)).tone is Tone.PLAIN
    assert bundle(1, "A.", tones=(Tone.GOOD,)).tone is Tone.GOOD


def told(events: list[Recorded], **known) -> list[tuple[str, str | None, str]]:
    return [(one.kind, one.model, one.text) for one in alerts_of(events, known, "USD")]


def test_a_day_in_words():
    """The close has won 200.00 less 1.40 of commission at each end."""
    assert told([*samples.day(), *samples.day_after(), *samples.live_day()]) == DAY


DAY = [
    ("deal", "trend", "Bought 0.40 EURUSD at 1.08253 (trend)."),
    ("signal_executed", "trend", "Signal s1 of trend executed: buy 0.40 EURUSD."),
    ("signal_refused", "trend", "Signal trend refused (malformed): The text ends too early."),
    (
        "signal_refused",
        "carry",
        "Signal carry USDJPY refused (auto_execution_off): Model trend may not execute.",
    ),
    ("deal", "trend", "Closed 0.40 EURUSD at 1.08253 (take profit): +197.20 USD, +2.00 R."),
    ("deal", "trend", "Bought 0.40 EURUSD at 1.08253 (trend)."),
    ("order", None, "Waiting: buy limit 0.40 EURUSD at 1.07000."),
    (
        "order",
        None,
        "Ended without a fill, buy limit 0.40 EURUSD at 1.07000: It was cancelled on request.",
    ),
    (
        "margin_call",
        None,
        "Margin call: the margin level is 92.38 %; 400.00 USD of equity, 433.01 held.",
    ),
    ("stop_out", None, "Stop-out at a margin level of 46.19 %: positions are closed."),
    ("trading", None, "Halted: nothing opens any more. enough"),
]


def test_a_price_alert_names_level_bid_and_note():
    one = samples.price_alert(5, PriceSide.ABOVE)
    reached = PriceAlertReached(one, replace(samples.QUOTE, bid=110502))
    events = samples.recorded([PriceAlertSet(one), reached], 5)
    text = "EURUSD is above 1.10500: the bid is 1.10502. the range ends"
    assert told(events) == [("price", None, text)]


def test_a_refusal_by_a_limit_of_risk_is_one_of_its_own():
    refused = replace(
        samples.refusal(), refusal=Refused(RefusalCode.TOO_MANY_POSITIONS, "It would be 51.")
    )
    received, signal = next(
        (one, one.event.signal) for one in samples.day() if isinstance(one.event, SignalReceived)
    )
    decided = samples.recorded([SignalDecided(signal.id, refused)], 9)
    assert undecided(decided, {}) == {signal.id}
    assert undecided([received, *decided], {}) == set()
    expected = "Signal trend EURUSD refused (too_many_positions): It would be 51."
    assert told(decided, **{signal.id: signal}) == [("limit", "trend", expected)]


def test_prices_from_another_source_are_told_once():
    watch = AlertWatch()
    first = samples.QUOTE
    other = replace(first, evidence=replace(first.evidence, source="yahoo"))
    assert watch.on_quote(first) == []
    [one] = watch.on_quote(other)
    assert one.text == "Prices of EURUSD now come from yahoo instead of twelve_data."
    assert watch.on_quote(other) == []


def test_silence_is_told_once_and_its_end_too_and_a_closed_market_owes_nothing():
    watch = AlertWatch()
    evidence = replace(samples.QUOTE.evidence, transport=Transport.STREAM)
    quote = replace(samples.QUOTE, received_at=START, evidence=evidence)
    limit = STALE_NS[Transport.STREAM]
    watch.on_quote(quote)
    assert watch.on_time(START + limit - 1, is_open=True) == []
    [one] = watch.on_time(START + limit, is_open=True)
    assert (one.kind, one.tone, one.symbol) == ("stale", "bad", "EURUSD")
    assert watch.on_time(START + 2 * limit, is_open=True) == []
    [back] = watch.on_quote(replace(quote, received_at=START + 5 * limit))
    assert back.text == "Prices of EURUSD are back after 10 min."
    assert watch.on_time(START + 99 * limit, is_open=False) == []
    assert watch.on_time(START + 100 * limit - 1, is_open=True) == []


def test_a_source_that_worked_fails_and_is_back_but_one_that_never_worked_is_no_news():
    def state(condition: SourceCondition) -> list[SourceState]:
        return [
            SourceState(
                name="tiingo",
                state=condition,
                active=True,
                evidence=samples.QUOTE.evidence,
                error="HTTP 500",
            )
        ]

    watch = AlertWatch()
    steps = ("failed", "live", "connecting", "failed", "failed", "idle", "live", "quiet")
    told = [watch.on_sources(state(SourceCondition(one)), START) for one in steps]
    assert [[one.text for one in step] for step in told] == [
        [],
        [],
        [],
        ["Source tiingo has failed: HTTP 500"],
        [],
        [],
        ["Source tiingo is back."],
        [],
    ]


def test_a_terminal_is_told_when_it_goes_and_when_it_is_back():
    watch = AlertWatch()
    up, down = TerminalUp(name="77@Demo", rules={}), TerminalDown("It has gone.")
    told = [watch.on_terminal(said, START) for said in (up, up, down, down, up)]
    assert [[one.text for one in step] for step in told] == [
        [],
        [],
        ["The terminal is away: It has gone. Stops stand at the broker."],
        [],
        ["The terminal 77@Demo is back."],
    ]
