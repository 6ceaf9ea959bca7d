"""Each way of sizing with its numbers by hand, and what holds for all of them."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from fxpaper.config import read_settings
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.domain.sizing import LADDER, SizingMode
from fxpaper.errors import ConfigurationError
from fxpaper.from_settings import book_of
from fxpaper.profiles import read_profile
from fxpaper.signals.rules import SignalRules
from fxpaper.signals.sizing.case import Sized, SizingCase
from fxpaper.signals.sizing.kelly import kelly_share
from fxpaper.signals.sizing.ways import WAYS, sized

INSTRUMENTS = read_profile("standard").instruments


class Proved:
    """A calibration whose lower bound is the confidence less a margin: it rises with it."""

    def __init__(self, count: int = 50, less: str = "0") -> None:
        self.count = count
        self._less = Fraction(less)

    def lower(self, confidence: Decimal) -> Fraction:
        return Fraction(confidence) - self._less


def case(sizing: SizingMode | str, loss: object = 250, **changes: object) -> SizingCase:
    """Return a EURUSD signal of confidence 1 for 10,000 USD; settings go into its rules."""
    mine = {name: changes.pop(name) for name in list(changes) if hasattr(SignalRules(), name)}
    rules = replace(SignalRules(sizing=SizingMode(sizing)), **mine)
    found = SizingCase(
        confidence=Decimal(1),
        equity=Decimal("10000.00"),
        currency="USD",
        instrument=INSTRUMENTS["EURUSD"],
        rules=rules,
        loss_per_lot=Fraction(str(loss)),
    )
    return replace(found, **changes)


def lots(found: Sized) -> Decimal:
    """Return the lots; none for a refusal."""
    return Decimal(0) if isinstance(found.lots, Refused) else found.lots


@pytest.mark.parametrize("sizing", ["risk_money", "risk_percent"])
@pytest.mark.parametrize(
    ("symbol", "loss", "expected"),
    [
        pytest.param("EURUSD", 250, "0.40", id="25 pips: 100 / 250"),
        pytest.param("EURUSD", 257, "0.38", id="and 3.50 a side: 100 / 257 = 0.3891"),
        pytest.param("USDJPY", "50000/150", "0.30", id="50 pips at 150: 100 x 150 / 50000"),
        pytest.param("USDJPY", "500000/1495", "0.29", id="at the stop: 14950 / 50000 = 0.299"),
        pytest.param("XAUUSD", 800, "0.12", id="gold, 8 dollars: 100 / 800 = 0.125"),
    ],
)
def test_a_hundred_dollars_as_money_and_as_one_per_cent(sizing, symbol, loss, expected):
    """1 % of 10,000 is the same 100."""
    found = sized(case(sizing, loss, instrument=INSTRUMENTS[symbol]))
    assert found.lots == Decimal(expected)


def test_every_way_has_its_function():
    assert set(WAYS) == set(SizingMode)


def test_fixed_lots_do_not_look_at_the_stop():
    near, far = (sized(case("fixed_lots", loss, lots=Decimal("0.257"))) for loss in (10, 9999))
    assert near.lots == far.lots == Decimal("0.25")
    assert far.numbers == {
        "sizing": "fixed_lots",
        "lots_set": "0.257",
        "loss_per_lot_at_stop": "9999.00 USD",
        "lots_before_rounding": "0.2570",
        "lots": "0.25",
    }


def test_risk_percent_does_not_look_at_the_confidence():
    found = sized(case("risk_percent", 107, confidence=Decimal("0.5")))
    assert found.lots == Decimal("0.93")  # 100 / 107 = 0.9345
    assert found.numbers["risk"] == "100.00 USD"


def test_the_line_of_confidence_has_the_numbers_it_always_had():
    """0.8 x 1 % x 10,000 = 80; 80 / 250 = 0.32."""
    found = sized(case("confidence", confidence=Decimal("0.8")))
    assert list(found.numbers.items()) == [
        ("equity", "10000.00 USD"),
        ("risk_percent", "1 %"),
        ("share_for_confidence", "0.8000"),
        ("risk", "80.00 USD"),
        ("loss_per_lot_at_stop", "250.00 USD"),
        ("lots_before_rounding", "0.3200"),
        ("lots", "0.32"),
    ]


@pytest.mark.parametrize(
    ("confidence", "expected"),
    [
        ("0.5", "0.10"),  # 0.25 x 100 / 250
        ("0.69", "0.10"),
        ("0.7", "0.20"),  # 0.5 x 100 / 250
        ("0.8999", "0.20"),
        ("0.9", "0.40"),  # 100 / 250
        ("1", "0.40"),
    ],
)
def test_a_tier_holds_from_its_confidence_on(confidence, expected):
    assert sized(case("tiers", confidence=Decimal(confidence))).lots == Decimal(expected)


def test_below_the_first_tier_there_is_nothing():
    found = sized(case("tiers", confidence=Decimal("0.4999")))
    assert isinstance(found.lots, Refused)
    assert (found.lots.code, found.lots.actual, found.lots.limit) == (
        RefusalCode.CONFIDENCE_TOO_LOW,
        "0.4999",
        "0.5",
    )


def day(pips: int) -> dict[str, Fraction]:
    """Return an average day of EURUSD: one lot loses 10 USD a pip."""
    return {"day_range": Fraction(10 * pips), "day_loss_per_lot": Fraction(10 * pips)}


def test_an_average_day_costs_its_share():
    """1 % of 10,000 over 800 a lot, 80 pips: 0.125. The stop, 2 % over 250, would allow 0.80."""
    found = sized(case("volatility", **day(80)))
    assert found.lots == Decimal("0.12")
    assert found.numbers == {
        "sizing": "volatility",
        "equity": "10000.00 USD",
        "volatility_percent": "1 %",
        "loss_on_average_day": "100.00 USD",
        "average_day": "80.0 pips",
        "loss_per_lot_on_average_day": "800.00 USD",
        "lots_for_average_day": "0.1250",
        "loss_per_lot_at_stop": "250.00 USD",
        "lots_for_max_risk_percent": "0.8000",
        "lots_before_rounding": "0.1250",
        "lots": "0.12",
    }


def test_a_far_stop_counts_beside_the_average_day():
    """2 % of 10,000 over 2,500 a lot: 0.08, less than the day's 0.125."""
    assert sized(case("volatility", 2500, **day(80))).lots == Decimal("0.08")


@pytest.mark.parametrize(
    ("loss", "said"),
    [
        (250, "100.00 USD on an average day, with 20000.00 USD lost per lot, allows 0.0050 lots"),
        (90000, "200.00 USD at the stop-loss allows 0.0022 lots"),
    ],
)
def test_what_keeps_the_lots_below_the_smallest_order_is_named(loss, said):
    found = sized(case("volatility", loss, **day(2000)))
    assert isinstance(found.lots, Refused)
    assert found.lots.code is RefusalCode.LOTS_BELOW_MINIMUM
    assert found.lots.text.startswith(said)


def test_while_the_average_day_is_unknown_it_is_risk_percent():
    found = sized(case("volatility"))
    assert found.lots == Decimal("0.40")
    assert found.numbers["average_day"] == "unknown yet: risk_percent instead"
    assert found.numbers["risk_percent"] == "1 %"


def kelly(probability: str, reward: object = 375, **changes: object) -> SizingCase:
    """Return a signal that loses 250 and wins 375, 1.5 times as much, so often at least."""
    given = {"reward_per_lot": Fraction(str(reward)), "confidence": Decimal(probability)}
    return case("kelly", **{**given, "calibration": Proved(), **changes})


def test_the_golden_kelly():
    """0.55 - 0.45 / 1.5 = 0.25; a quarter is 6.25 %; capped at 2 %: 200 / 250 = 0.80."""
    assert kelly_share(Fraction("0.55"), Fraction("1.5")) == Fraction("0.25")
    found = sized(kelly("0.55"))
    assert found.lots == Decimal("0.80")
    assert list(found.numbers.items()) == [
        ("sizing", "kelly"),
        ("trades", "50"),
        ("trades_needed", "50"),
        ("win_probability", "≥ 0.5500"),
        ("reward_per_lot", "375.00 USD"),
        ("reward_to_risk", "1.5000"),
        ("kelly", "0.2500"),
        ("kelly_fraction", "0.25"),
        ("kelly_percent", "6.2500 %"),
        ("cap_percent", "2 %"),
        ("equity", "10000.00 USD"),
        ("risk", "200.00 USD"),
        ("loss_per_lot_at_stop", "250.00 USD"),
        ("lots_before_rounding", "0.8000"),
        ("lots", "0.80"),
    ]


def test_a_small_edge_is_not_capped():
    """0.42 - 0.58 / 1.5 = 0.0333; a quarter is 0.8333 %: 83.33 / 250 = 0.3333."""
    assert sized(kelly("0.42")).lots == Decimal("0.33")


def test_the_risk_gate_caps_kelly_too():
    """1 % of 10,000 over 250."""
    found = sized(kelly("0.55", max_risk_percent=Decimal(1), kelly_cap_percent=Decimal(5)))
    assert (found.lots, found.numbers["cap_percent"]) == (Decimal("0.40"), "1 %")


@pytest.mark.parametrize(
    ("probability", "reward", "share"),
    [
        ("0.4", 375, "0.0000"),  # 0.4 - 0.6 / 1.5
        ("0.3", 375, "-0.1667"),  # 0.3 - 0.7 / 1.5 = -0.16667, shown as no more than it is
        ("0.9", 0, "none: costs exceed the reward"),
        ("0.9", -7, "none: costs exceed the reward"),
    ],
)
def test_without_an_edge_nothing_is_traded(probability, reward, share):
    found = sized(kelly(probability, reward))
    assert isinstance(found.lots, Refused)
    assert (found.lots.code, found.lots.actual, found.lots.limit) == (
        RefusalCode.NO_EDGE,
        share,
        "> 0",
    )
    assert found.numbers["win_probability"] in found.lots.text
    assert found.numbers["reward_to_risk"] in found.lots.text


def test_a_model_that_never_lost_is_still_capped():
    """A probability of 1, or beyond it, stakes no more than the cap."""
    assert sized(kelly("1", calibration=Proved(less="-0.5"))).lots == Decimal("0.80")


@pytest.mark.parametrize(
    ("changes", "trades", "why"),
    [
        ({"calibration": Proved(49)}, "49", "too few trades: risk_percent instead"),
        ({"calibration": None, "trades": 12}, "12", "too few trades: risk_percent instead"),
        ({"reward_per_lot": None}, "50", "no take_profit: risk_percent instead"),
    ],
)
def test_without_evidence_kelly_is_risk_percent_and_says_so(changes, trades, why):
    found = sized(kelly("0.55", **changes))
    assert found.lots == Decimal("0.40")
    shown = found.numbers
    assert (shown["trades"], shown["trades_needed"], shown["kelly"]) == (trades, "50", why)


@pytest.mark.parametrize("sizing", list(SizingMode))
def test_max_lots_caps_every_way_and_is_named(sizing):
    found = sized(
        case(sizing, 1, lots=Decimal(500), max_lots=Decimal("0.175"), calibration=Proved())
    )
    assert found.lots == Decimal("0.17")
    assert found.numbers["max_lots"] == "0.175"


def test_the_instruments_limit_holds_beside_a_larger_max_lots():
    found = sized(case("fixed_lots", lots=Decimal(500), max_lots=Decimal(400)))
    assert found.lots == INSTRUMENTS["EURUSD"].max_lots == Decimal(100)


def test_max_lots_below_the_smallest_order_refuses():
    found = sized(case("risk_percent", max_lots=Decimal("0.005")))
    assert isinstance(found.lots, Refused)
    assert found.lots.text == (
        "max_lots allows 0.0050 lots of EURUSD; the smallest order is 0.01. Raise max_lots."
    )


CONFIDENCES = st.decimals(min_value=0, max_value=1, places=4)
LOSSES = st.fractions(min_value=Fraction(1, 100), max_value=100_000)
WAYS_OF_SIZING = st.sampled_from(list(SizingMode))


@st.composite
def cases(draw: st.DrawFn) -> SizingCase:
    """Draw a signal with everything that any way of sizing asks for."""
    positive = st.fractions(min_value=Fraction(1, 100), max_value=10_000)
    percent = st.decimals(min_value="0.01", max_value=100, places=2)
    moved = draw(st.none() | positive)
    return case(
        draw(WAYS_OF_SIZING),
        draw(LOSSES),
        confidence=draw(CONFIDENCES),
        equity=draw(st.decimals(min_value=-100, max_value=10**7, places=2)),
        reward_per_lot=draw(st.none() | st.fractions(min_value=-100, max_value=10_000)),
        day_range=moved,
        day_loss_per_lot=moved,
        calibration=draw(st.none() | st.builds(Proved, st.sampled_from([1, 50]))),
        risk_percent=draw(percent),
        max_risk_percent=draw(percent),
        volatility_percent=draw(percent),
        kelly_cap_percent=draw(percent),
        risk_money=draw(percent),
        max_lots=draw(st.none() | percent),
    )


@given(cases(), CONFIDENCES)
def test_more_confidence_never_gets_less(one: SizingCase, confidence: Decimal):
    low, high = sorted((one.confidence, confidence))
    less, more = (lots(sized(replace(one, confidence=each))) for each in (low, high))
    assert less <= more


@given(cases(), st.fractions(min_value=1, max_value=10))
def test_more_risk_never_gets_less(one: SizingCase, times: Fraction):
    names = ("risk_percent", "risk_money", "volatility_percent", "max_risk_percent", "lots")
    by = Decimal(times.numerator) / Decimal(times.denominator)
    rules = replace(one.rules, **{name: getattr(one.rules, name) * by for name in names})
    assert lots(sized(one)) <= lots(sized(replace(one, rules=rules)))


@given(cases())
def test_no_cap_is_ever_passed_and_the_step_is_kept(one: SizingCase):
    found, rules = lots(sized(one)), one.rules
    most = Decimal(100) if rules.max_lots is None else min(rules.max_lots, Decimal(100))
    assert found == 0 or Decimal("0.01") <= found <= most
    assert found % Decimal("0.01") == 0
    lost = Fraction(found) * one.loss_per_lot
    if rules.sizing in {SizingMode.RISK_PERCENT, SizingMode.CONFIDENCE, SizingMode.TIERS}:
        assert lost <= max(one.share_of_equity(rules.risk_percent), Fraction(0))
    if rules.sizing is SizingMode.RISK_MONEY:
        assert lost <= rules.risk_money
    if rules.sizing in {SizingMode.VOLATILITY, SizingMode.KELLY}:
        allowed = max(rules.risk_percent, rules.max_risk_percent)
        assert lost <= max(one.share_of_equity(allowed), Fraction(0))


def settings_of(tmp_path: Path, text: str) -> None:
    (tmp_path / "fxpaper.toml").write_text(text, encoding="utf-8")


def test_a_rule_chooses_another_way_for_a_symbol(tmp_path: Path):
    settings_of(
        tmp_path,
        'sizing = "tiers"\ntiers = [["0.6", "0.5"], [0.8, 1]]\n'
        '[[rules]]\nsymbol = "XAU*"\nsizing = "fixed_lots"\nlots = "0.05"\n',
    )
    book = book_of(read_settings(tmp_path, None))
    common, gold = book.of("m", "EURUSD"), book.of("m", "XAUUSD")
    assert common.sizing is SizingMode.TIERS
    assert common.tiers == (
        (Decimal("0.6"), Decimal("0.5")),
        (Decimal("0.8"), Decimal(1)),
    )
    assert (gold.sizing, gold.lots) == (SizingMode.FIXED_LOTS, Decimal("0.05"))
    assert book.may_use(SizingMode.FIXED_LOTS)
    assert book.may_use(SizingMode.TIERS)
    assert not book.may_use(SizingMode.VOLATILITY)


def test_without_tiers_there_is_a_ladder(tmp_path: Path):
    settings_of(tmp_path, 'sizing = "tiers"\n')
    assert book_of(read_settings(tmp_path, None)).common.tiers == LADDER


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('tiers = [["0.7", "0.5"], ["0.6", "1"]]', "the tier [0.6, 1] follows [0.7, 0.5]"),
        ('tiers = [["0.6", "0.5"], ["0.6", "1"]]', "the confidence must rise"),
        ('tiers = [["0.6", "0.5"], ["0.7", "0.4"]]', "the share must not fall"),
        ('tiers = [["70", "0.5"]]', "the tier [70, 0.5] needs a confidence from 0 to 1"),
        ('tiers = [["0.7", "1.5"]]', "a share above 0, up to 1"),
        ('tiers = [["NaN", "1"]]', "tiers.0.0"),
        ("tiers = []", "tiers"),
        ('sizing = "martingale"', "'fixed_lots', 'risk_money', 'risk_percent', 'confidence'"),
        ('[[rules]]\ntiers = [["0.7", "0"]]', "rules.0.tiers"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, line: str, said: str):
    settings_of(tmp_path, line)
    with pytest.raises(ConfigurationError) as problem:
        read_settings(tmp_path, None)
    assert said in str(problem.value)
