"""What an account has at risk together, and the gate that asks for it; numbers by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from fxpaper.domain.account import Account, Mode
from fxpaper.domain.command import PlaceOrder
from fxpaper.domain.event import AccountOpened
from fxpaper.domain.order import OrderKind, Side
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.engine.engine import Engine
from fxpaper.engine.gate import FillLimits
from fxpaper.signals.exposure import Kind, at_risk
from fxpaper.signals.risk import check
from fxpaper.signals.rules import SignalRules, Theme
from tests.signals.builders import NOW, PROFILE, open_account

STREAM = Evidence("t", Transport.STREAM, Spread.REAL, Grade.A)
RULES = SignalRules(max_risk_percent=Decimal(100))


@pytest.fixture
def engine() -> Engine:
    made = Engine(PROFILE, FillLimits(around_the_clock=True))
    open_account(made)
    for symbol, bid in (("EURUSD", 108_000), ("GBPUSD", 127_000), ("USDJPY", 150_000)):
        made.on_quote(Quote(symbol, bid, bid, NOW, NOW, STREAM))
    return made


def order(symbol: str, side: Side, lots: str, stop: int | None, **given_: object) -> PlaceOrder:
    return PlaceOrder(
        account="a",
        symbol=symbol,
        side=side,
        lots=Decimal(lots),
        stop_loss=stop,
        **given_,  # type: ignore[arg-type]
    )


def place(engine: Engine, *args: object, **given_: object) -> None:
    answer = engine.place(order(*args, **given_), NOW)  # type: ignore[arg-type]
    assert not isinstance(answer, Refused), answer


def asked(
    engine: Engine, wish: PlaceOrder, rules: SignalRules = RULES
) -> tuple[object, dict[str, tuple[str, str, bool]]]:
    state = engine.state.accounts["a"]
    checks, outcome = check(wish, state, engine.board, engine.equity("a"), rules)
    return outcome, {one.name: (one.actual, one.limit, one.passed) for one in checks}


def test_risk_is_counted_from_entry_to_the_present_stop_and_by_currency(engine):
    place(engine, "EURUSD", Side.BUY, "0.20", 107_500)  # 500 points x 0.20 = 100 USD
    place(engine, "GBPUSD", Side.BUY, "0.10", 126_000)  # 1000 points x 0.10 = 100 USD
    place(engine, "USDJPY", Side.SELL, "0.30", 151_000)  # 1000 x 0.30 x 100 yen = 200 USD
    found = at_risk(engine.state.accounts["a"], engine.board)
    assert found.total == Decimal("400.00")
    assert found.count == 3
    assert found.parts[Kind.LEG, "short USD"] == Decimal("400.00")
    assert found.parts[Kind.LEG, "long EUR"] == Decimal("100.00")
    assert found.parts[Kind.LEG, "long JPY"] == Decimal("200.00")


def test_a_stop_at_break_even_adds_nothing_and_none_counts_with_the_margin(engine):
    place(engine, "EURUSD", Side.BUY, "0.20", 107_500)
    state = engine.state.accounts["a"]
    (position,) = state.positions.values()
    state.put(replace(position, stop_loss=108_000))
    assert at_risk(state, engine.board).total == 0
    state.put(replace(position, stop_loss=108_200))
    assert at_risk(state, engine.board).total == 0
    state.put(replace(position, stop_loss=None))
    assert at_risk(state, engine.board).total == position.margin


def test_waiting_orders_count_as_if_they_were_filled(engine):
    place(engine, "EURUSD", Side.BUY, "0.20", 106_500, kind=OrderKind.LIMIT, price=107_000)
    found = at_risk(engine.state.accounts["a"], engine.board)
    assert (found.total, found.count) == (Decimal("100.00"), 1)


def test_the_gate_names_the_limit_that_an_order_would_break(engine):
    place(engine, "EURUSD", Side.BUY, "0.80", 107_500)  # 400 USD at risk of 10,000
    wish = order("GBPUSD", Side.BUY, "0.20", 126_000)  # 200 more, on dollars sold
    outcome, checks = asked(engine, wish)
    assert isinstance(outcome, Refused)
    assert outcome.code is RefusalCode.LEG_RISK_TOO_HIGH
    assert "short USD" in outcome.text
    assert checks["open_risk"] == ("600.00 USD", "≤ 1000.00 USD", True)
    assert checks["leg_risk short USD"] == ("600.00 USD", "≤ 500.00 USD", False)
    outcome, _ = asked(engine, wish, replace(RULES, max_leg_risk_percent=Decimal(6)))
    assert not isinstance(outcome, Refused)
    tight = replace(RULES, max_leg_risk_percent=Decimal(100), max_open_risk_percent=Decimal("5.99"))
    outcome, _ = asked(engine, wish, tight)
    assert isinstance(outcome, Refused)
    assert outcome.code is RefusalCode.OPEN_RISK_TOO_HIGH
    outcome, _ = asked(engine, wish, replace(RULES, max_positions=1))
    assert isinstance(outcome, Refused)
    assert outcome.code in {RefusalCode.LEG_RISK_TOO_HIGH, RefusalCode.TOO_MANY_POSITIONS}


@pytest.mark.parametrize(
    ("changes", "name", "code"),
    [
        ({"max_symbol_risk_percent": Decimal("4.99")}, "symbol_risk EURUSD", "symbol_risk"),
        ({"max_model_risk_percent": Decimal("4.99")}, "model_risk m", "model_risk"),
        (
            {
                "max_theme_risk_percent": Decimal("4.99"),
                "themes": (Theme("euro", ("EUR*",)), Theme("metals", ("XAU*", "XAG*"))),
            },
            "theme_risk euro",
            "theme_risk",
        ),
    ],
)
def test_a_symbol_a_model_and_a_theme_have_limits_of_their_own(engine, changes, name, code):
    """400 USD at risk of 10,000 and 100 more are 5 %."""
    place(engine, "EURUSD", Side.BUY, "0.80", 107_500, model="m")
    rules = replace(RULES, max_leg_risk_percent=Decimal(100))
    wish = replace(order("EURUSD", Side.SELL, "0.10", 109_000), model="m")
    outcome, checks = asked(engine, wish, rules)
    assert not isinstance(outcome, Refused)
    assert not any(one.startswith(("symbol", "model", "theme")) for one in checks)
    outcome, checks = asked(engine, wish, replace(rules, **changes))
    assert isinstance(outcome, Refused)
    assert outcome.code == f"{code}_too_high"
    assert checks[name] == ("500.00 USD", "≤ 499.00 USD", False)
    assert "theme_risk metals" not in checks


def test_the_opposite_side_is_another_leg(engine):
    place(engine, "EURUSD", Side.BUY, "0.80", 107_500)
    outcome, checks = asked(engine, order("GBPUSD", Side.SELL, "0.20", 128_000))
    assert not isinstance(outcome, Refused)
    assert checks["leg_risk long USD"][0] == "200.00 USD"


@given(
    st.lists(
        st.tuples(st.sampled_from([Side.BUY, Side.SELL]), st.integers(1, 20), st.integers(1, 900)),
        max_size=8,
    )
)
def test_more_is_never_less_risk_and_no_leg_is_more_than_all(wishes):
    engine = Engine(PROFILE, FillLimits(around_the_clock=True))
    account = Account(
        id="a",
        mode=Mode.PAPER,
        currency="USD",
        leverage=100,
        balance=Decimal("100000.00"),
        initial_balance=Decimal("100000.00"),
        opened_at=NOW,
    )
    engine.state.record("a", NOW, AccountOpened(account))
    engine.on_quote(Quote("EURUSD", 108_000, 108_000, NOW, NOW, STREAM))
    before = Decimal(0)
    for side, hundredths, distance in wishes:
        stop = 108_000 - distance if side is Side.BUY else 108_000 + distance
        place(engine, "EURUSD", side, str(Decimal(hundredths) / 100), stop)
        found = at_risk(engine.state.accounts["a"], engine.board)
        assert found.total >= before
        assert all(0 <= part <= found.total for part in found.parts.values())
        before = found.total
