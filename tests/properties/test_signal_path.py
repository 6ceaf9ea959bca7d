"""What must always hold between a signal and its order: through the real desk, whatever comes."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from fxpaper.domain.account import Account, Mode, TradingState
from fxpaper.domain.command import SetTrading
from fxpaper.domain.event import (
    AccountOpened,
    DealBooked,
    OrderPlaced,
    Recorded,
    SignalDecided,
    SignalReceived,
)
from fxpaper.domain.instant import NS_PER_MS, NS_PER_SECOND
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.domain.signal import (
    Decision,
    ModelPolicy,
    PipsLevel,
    RLevel,
    Signal,
    SignalSide,
    SignalStatus,
)
from fxpaper.engine.costs import CostModel
from fxpaper.engine.engine import Engine
from fxpaper.engine.gate import FillLimits
from fxpaper.profiles import read_profile
from fxpaper.signals.desk import Desk
from fxpaper.signals.exposure import Kind, at_risk
from fxpaper.signals.rules import RuleBook, SignalRules
from fxpaper.signals.sizing.confidence import share_of_risk

PROFILE = read_profile("standard")
NOW = 1_790_000_000_000_000_000
STREAM = Evidence("t", Transport.STREAM, Spread.REAL, Grade.A)
BIDS = {"EURUSD": 108_000, "GBPUSD": 127_000, "USDJPY": 150_000}
BALANCE = Decimal("100000.00")
SIGNAL = Signal(
    id="one",
    account="a",
    model="m",
    symbol="EURUSD",
    side=SignalSide.BUY,
    confidence=Decimal(1),
    stop_loss=PipsLevel(Decimal(20)),
    take_profit=None,
    at=NOW,
    expires_at=NOW + 60 * NS_PER_SECOND,
    received_at=NOW,
    door="http",
    digest="",
)
hundredths = st.integers(1, 1000).map(lambda number: Decimal(number) / 100)
confidences = st.integers(0, 100).map(lambda number: Decimal(number) / 100)
pips = st.sampled_from([Decimal(text) for text in ("3", "10", "12.5", "40", "300")])
symbols = st.sampled_from(list(BIDS))
sides = st.sampled_from([SignalSide.BUY, SignalSide.SELL])


def desk(rules: SignalRules, latency_ms: int = 0) -> Desk:
    """Return a desk with an account of 100,000 dollars, a quote of each symbol, and a model."""
    costs = CostModel(latency_ns=latency_ms * NS_PER_MS)
    engine = Engine(PROFILE, FillLimits(around_the_clock=True), costs)
    account = Account(
        id="a",
        mode=Mode.PAPER,
        currency="USD",
        leverage=500,
        balance=BALANCE,
        initial_balance=BALANCE,
        opened_at=NOW,
    )
    engine.state.record("a", NOW, AccountOpened(account))
    made = Desk(engine, RuleBook(rules))
    for symbol, bid in BIDS.items():
        made.on_quote(Quote(symbol, bid, bid + 8, NOW, NOW, STREAM))
    made.set_policy(ModelPolicy(account="a", model="m", auto_execute=True), NOW)
    return made


def decision_on(rules: SignalRules, signal: Signal) -> Decision | None:
    found = [
        one.event.decision
        for one in desk(rules).receive(signal, NOW)
        if isinstance(one.event, SignalDecided)
    ]
    return found[0] if found else None


def lots(decision: Decision | None) -> Decimal | None:
    """Return the lots of an executed signal, else None."""
    executed = decision is not None and decision.status is SignalStatus.EXECUTED
    return decision.lots if decision is not None and executed else None


def at_the_stop(stop: Decimal, side: SignalSide) -> Fraction:
    """Return what a yen is worth where the stop-loss is: bought at the bid of USDJPY there."""
    away = int(stop * 10)
    bid = 150_008 - away if side is SignalSide.BUY else 150_000 + away - 8
    return Fraction(1000, bid)


@settings(max_examples=150, deadline=None)
@given(confidences, confidences, hundredths, symbols, sides, pips)
def test_more_confidence_is_never_fewer_lots(one, other, risk, symbol, side, stop):
    """Until a cap refuses it; the risk at the stop-loss is a ceiling, never a target."""
    rules = SignalRules(risk_percent=risk, max_risk_percent=Decimal(3))
    signal = replace(SIGNAL, symbol=symbol, side=side, stop_loss=PipsLevel(stop))
    found = [
        (confidence, lots(decision_on(rules, replace(signal, confidence=confidence))))
        for confidence in sorted((one, other))
    ]
    known = [number for _, number in found if number is not None]
    assert known == sorted(known)
    instrument = PROFILE.instruments[symbol]
    rate = at_the_stop(stop, side) if symbol == "USDJPY" else Fraction(1)
    for confidence, number in found:
        if number is None:
            continue
        assert confidence >= rules.min_confidence
        assert instrument.min_lots <= number <= instrument.max_lots
        assert number % instrument.lot_step == 0
        points = Fraction(stop) * instrument.pip
        lost = Fraction(number) * points * Fraction(instrument.contract_size)
        lost = lost / 10**instrument.digits * rate
        share = share_of_risk(confidence, rules)
        assert lost <= Fraction(BALANCE) * Fraction(risk) / 100 * share
        assert lost <= Fraction(BALANCE) * Fraction(rules.max_risk_percent) / 100


@settings(max_examples=150, deadline=None)
@given(hundredths, hundredths, confidences, symbols, sides, pips)
def test_more_risk_is_never_fewer_lots(one, other, confidence, symbol, side, stop):
    """Above the cap there is no order at all, unless the instrument's most lots are below it."""
    signal = replace(
        SIGNAL, symbol=symbol, side=side, stop_loss=PipsLevel(stop), confidence=confidence
    )
    rules = [SignalRules(risk_percent=risk) for risk in sorted((one, other))]
    found = [lots(decision_on(one, signal)) for one in rules]
    known = [number for number in found if number is not None]
    assert known == sorted(known)
    if all(share_of_risk(confidence, one) * Fraction(one.risk_percent) > 3 for one in rules):
        assert set(known) <= {PROFILE.instruments[symbol].max_lots}


steps = st.one_of(
    st.tuples(
        st.just("signal"),
        symbols,
        st.sampled_from(list(SignalSide)),
        confidences,
        pips,
        st.sampled_from([0, 1, 30, 300]),
        st.sampled_from(["m", "m", "n"]),
    ),
    st.tuples(
        st.just("quote"),
        symbols,
        st.integers(-300, 300),
        st.sampled_from([1, 8, 90]),
        st.sampled_from([0, 0, 7]),
    ),
    st.tuples(st.just("time"), st.sampled_from([0, 1, 40, 7000, 70_000])),
    st.tuples(st.just("trading"), st.sampled_from(list(TradingState))),
    st.tuples(st.just("model"), st.sampled_from(["m", "n"]), st.booleans()),
)
histories = st.lists(steps, min_size=5, max_size=60)


class Life:
    """A desk that lives through steps.

    Args:
        rules: of its account.
        latency_ms: of its orders.
    """

    def __init__(self, rules: SignalRules, latency_ms: int = 0) -> None:
        self.desk = desk(rules, latency_ms)
        self.events: list[Recorded] = []
        self.now = NOW
        self.bids = dict(BIDS)
        self.sent = 0

    def take(self, step) -> None:
        """Live through one step, whatever it is."""
        kind, *how = step
        getattr(self, kind)(*how)

    def signal(self, symbol, side, confidence, stop, age_seconds, model) -> None:
        self.sent += 1
        at = self.now - age_seconds * NS_PER_SECOND
        closes = side is SignalSide.CLOSE
        signal = replace(
            SIGNAL,
            id=f"s{self.sent}",
            model=model,
            symbol=symbol,
            side=side,
            confidence=confidence,
            stop_loss=None if closes else PipsLevel(stop),
            take_profit=None if closes else RLevel(Decimal(1)),
            at=at,
            expires_at=at + 60 * NS_PER_SECOND,
            received_at=self.now,
        )
        self.events += self.desk.receive(signal, self.now)

    def quote(self, symbol, move, spread, late_seconds) -> None:
        bid = self.bids[symbol] = self.bids[symbol] + move
        quoted_at = self.now - late_seconds * NS_PER_SECOND
        quote = Quote(symbol, bid, bid + spread, quoted_at, self.now, STREAM)
        self.events += self.desk.on_quote(quote)

    def time(self, milliseconds) -> None:
        ends = self.now + milliseconds * NS_PER_MS
        while (timer := self.desk.next_timer()) <= ends:
            self.events += self.desk.on_time(max(timer, self.now))
        self.now = ends

    def trading(self, state) -> None:
        answer = self.desk.carry_out(SetTrading(account="a", state=state), self.now)
        assert isinstance(answer, list)
        self.events += answer

    def model(self, name, on) -> None:
        policy = ModelPolicy(account="a", model=name, auto_execute=on)
        self.events += self.desk.set_policy(policy, self.now)

    def received(self) -> list[str]:
        return [one.event.signal.id for one in self.events if isinstance(one.event, SignalReceived)]

    def decided(self) -> list[str]:
        return [one.event.signal_id for one in self.events if isinstance(one.event, SignalDecided)]


@settings(max_examples=150, deadline=None)
@given(histories, st.sampled_from([0, 0, 500]))
def test_every_signal_has_exactly_one_outcome(history, latency_ms):
    """Decided once or still waiting, never both; when all is given up, decided, every one."""
    life = Life(SignalRules(risk_percent=Decimal("0.5")), latency_ms)
    for step in history:
        life.take(step)
        waiting = {signal.id for signal in life.desk.waiting}
        assert Counter(life.decided()) + Counter(waiting) == Counter(life.received())
    life.events += life.desk.give_up()
    assert life.desk.waiting == ()
    assert len(life.received()) == life.sent
    assert sorted(life.decided()) == sorted(life.received())
    orders = Counter(
        one.event.order.signal_id
        for one in life.events
        if isinstance(one.event, OrderPlaced) and one.event.order.closes is None
    )
    executed = {
        one.event.signal_id
        for one in life.events
        if isinstance(one.event, SignalDecided)
        and one.event.decision.status is SignalStatus.EXECUTED
    }
    assert set(orders.values()) <= {1}
    assert orders.keys() <= executed


@settings(max_examples=150, deadline=None)
@given(histories, st.sampled_from([0, 0, 500]))
def test_no_executed_signal_takes_the_account_above_a_cap(history, latency_ms):
    """At the prices it was decided on: all together, each currency, and their number."""
    rules = SignalRules(
        max_open_risk_percent=Decimal(4), max_leg_risk_percent=Decimal("2.5"), max_positions=5
    )
    life = Life(rules, latency_ms)
    engine = life.desk.engine
    for step in history:
        before, equity = len(life.decided()), engine.equity("a")
        life.take(step)
        if step[0] != "signal" or len(life.decided()) == before:
            continue
        last = life.events[-1].event
        assert isinstance(last, SignalDecided)
        if last.decision.order_id is not None:
            found = at_risk(engine.state.accounts["a"], engine.board)
            assert found.total <= equity * rules.max_open_risk_percent / 100
            assert (
                max(
                    (risk for part, risk in found.parts.items() if part[0] is Kind.LEG),
                    default=Decimal(0),
                )
                <= equity * rules.max_leg_risk_percent / 100
            )
            held = engine.state.accounts["a"]
            assert len(held.positions) + len(held.orders) <= rules.max_positions


def test_orders_that_are_on_their_way_count_at_the_gate():
    """A second of latency: five signals at once of 1 % each, of which two may buy euros."""
    life = Life(SignalRules(max_leg_risk_percent=Decimal("2.5")), latency_ms=1000)
    for _ in range(5):
        life.signal("EURUSD", SignalSide.BUY, Decimal(1), Decimal(20), 0, "m")
    decisions = [one.event.decision for one in life.events if isinstance(one.event, SignalDecided)]
    refusals = [one.refusal and one.refusal.code for one in decisions]
    assert refusals == [None, None, *["leg_risk_too_high"] * 3]
    life.time(1000)
    life.quote("EURUSD", 0, 8, 0)
    assert len([one for one in life.events if isinstance(one.event, DealBooked)]) == 2
