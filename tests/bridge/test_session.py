"""One terminal's session: who may speak, whose symbols are whose, ticks once each and in UTC."""

from __future__ import annotations

from decimal import Decimal

import pytest

from fxpaper.bridge.broker_symbols import resolve
from fxpaper.bridge.broker_time import BrokerClock
from fxpaper.bridge.messages import Beat, Bye, Hello, Spec, Ticks, decode, encode
from fxpaper.bridge.session import Admission, Memory, Session
from fxpaper.domain.instant import NS_PER_MS, NS_PER_SECOND, parse_instant
from fxpaper.errors import ProtocolError
from fxpaper.profiles import read_profile

KNOWN = read_profile("standard").instruments
NOON = parse_instant("2026-11-18T12:00:00Z")
NOON_MS = NOON // NS_PER_MS
HOUR = 3600
TWO_HOURS_MS = 2 * HOUR * 1000


def hello(**changed) -> Hello:
    said = {"login": "123", "server": "Demo", "offset": 2 * HOUR, "offset_valid": True}
    return Hello(s=0, t=NOON_MS, **{"token": "secret", "epoch": "e1", **said, **changed})


def spec(symbol="EURUSD.m", base="EUR", profit="USD", **changed) -> Spec:
    return Spec(
        s=1,
        t=NOON_MS,
        symbol=symbol,
        digits=5,
        point=Decimal("0.00001"),
        contract=Decimal(100_000),
        base=base,
        profit=profit,
        **changed,
    )


def ticks(n: int, *at_ms: int, symbol="EURUSD.m", s=2, **changed) -> Ticks:
    prices = [(NOON_MS + TWO_HOURS_MS + at, Decimal("1.08241"), Decimal("1.08251")) for at in at_ms]
    return Ticks(s=s, t=NOON_MS, sym=symbol, n=n, ticks=prices, **changed)


def session(memory: Memory | None = None, **changed) -> Session:
    opened = Session(hello(**changed), "123@Demo", memory or Memory(), KNOWN, {}, NOON)
    opened.take(spec(), NOON)
    return opened


@pytest.mark.parametrize(
    ("said", "logins", "key", "code"),
    [
        pytest.param({}, None, "", None, id="the token of the daemon"),
        pytest.param({"token": "other"}, None, "", "token", id="another token"),
        pytest.param({"v": 2}, None, "", "version", id="another version"),
        pytest.param({"token": ""}, {"K": None}, "K", None, id="a known key needs no token"),
        pytest.param({}, {"K": None}, "L", "key", id="an unknown key"),
        pytest.param({}, {"K": "123"}, "K", None, id="a key of this account"),
        pytest.param({}, {"K": "456"}, "K", "login", id="a key of another account"),
    ],
)
def test_who_may_speak(said, logins, key, code):
    message = Hello(**{"s": 0, "t": 0, "login": "123", "token": "secret", **said})
    refusal = Admission("secret", logins).refusal(message, key)
    assert (None if refusal is None else refusal[0]) == code


def test_a_tick_is_a_quote_of_grade_a_in_utc():
    (quote,) = session().take(ticks(0, 250), NOON + NS_PER_SECOND)
    assert (quote.symbol, quote.bid, quote.ask) == ("EURUSD", 108_241, 108_251)
    assert quote.quoted_at == NOON + 250 * NS_PER_MS
    assert quote.received_at == NOON + NS_PER_SECOND
    assert (quote.evidence.source, quote.evidence.grade.value) == ("metatrader", "A")


def test_without_a_valid_offset_there_is_no_time_and_so_no_quote():
    opened = session(offset_valid=False)
    assert opened.take(ticks(0, 250), NOON) == []
    opened.take(Beat(s=3, t=NOON_MS, offset=2 * HOUR, offset_valid=True), NOON)
    assert len(opened.take(ticks(1, 500), NOON)) == 1


def test_repeats_after_a_reconnection_are_dropped_and_losses_counted():
    memory = Memory()
    first = session(memory)
    assert len(first.take(ticks(0, 100, 200, 200), NOON)) == 3
    again = session(memory)
    found = again.take(ticks(1, 200, 200, 300), NOON)
    assert [quote.quoted_at - NOON for quote in found] == [300 * NS_PER_MS]
    assert len(again.take(ticks(9, 900), NOON)) == 1
    assert memory.lost == {"EURUSD.m": 5}


def test_a_new_epoch_counts_from_zero_and_goes_on_after_the_latest_tick():
    memory = Memory()
    session(memory).take(ticks(0, 100, 200), NOON)
    again = session(memory, epoch="e2")
    found = again.take(ticks(0, 200, 300), NOON)
    assert [quote.quoted_at - NOON for quote in found] == [300 * NS_PER_MS]
    assert memory.lost == {}


def test_what_is_wanted_is_asked_for_once_from_the_latest_tick_on():
    memory = Memory()
    opened = session(memory)
    asked = opened.want(frozenset({"EURUSD", "GBPUSD"}), NOON)
    assert asked is not None
    assert (asked.symbols, asked.since) == (["EURUSD.m"], {})
    assert opened.want(frozenset({"EURUSD"}), NOON) is None
    opened.take(ticks(0, 100), NOON)
    asked = session(memory).want(frozenset({"EURUSD"}), NOON)
    assert asked is not None
    assert asked.since == {"EURUSD.m": NOON_MS + TWO_HOURS_MS + 100}


def test_three_missing_beats_end_a_session():
    opened = session()
    opened.check_life(NOON + 3 * NS_PER_SECOND)
    assert opened.over is None
    opened.take(Beat(s=2, t=NOON_MS), NOON + 3 * NS_PER_SECOND)
    opened.check_life(NOON + 6 * NS_PER_SECOND)
    assert opened.over is None
    opened.check_life(NOON + 7 * NS_PER_SECOND)
    assert opened.over == "The terminal has been silent for 4.0 s."


def test_messages_that_never_came_are_counted():
    opened = session()
    opened.take(Beat(s=5, t=NOON_MS), NOON)
    assert opened.missed == 3


def test_a_terminal_that_leaves_says_why():
    opened = session()
    opened.take(Bye(s=2, t=NOON_MS, reason="chart closed"), NOON)
    assert opened.over == "The terminal left: chart closed."


@pytest.mark.parametrize(
    ("specs", "found"),
    [
        pytest.param([spec("EURUSD.m")], "EURUSD.m", id="a suffix"),
        pytest.param([spec("#EURUSDpro"), spec("EURUSD")], "EURUSD", id="the plain name"),
        pytest.param(
            [spec("EURUSD"), spec("EURUSD.x", selected=True)], "EURUSD.x", id="the one on show"
        ),
        pytest.param(
            [spec("EURUSD", trade_mode=3), spec("EURUSD.x")], "EURUSD.x", id="one that trades"
        ),
        pytest.param([spec("EURUSD", calc_mode=1)], None, id="a future is another instrument"),
        pytest.param([spec("EURUSD", base="EUR", profit="JPY")], None, id="a name that lies"),
        pytest.param([spec("EURUSD.£")], "EURUSD.£", id="letters of any kind"),
    ],
)
def test_a_symbol_is_told_from_what_it_is_made_of(specs, found):
    resolved = resolve(specs, {"EURUSD": KNOWN["EURUSD"]})
    assert (resolved["EURUSD"].symbol if resolved else None) == found


def test_gold_has_many_names_and_a_person_may_choose():
    gold = [
        spec("GOLD", base="USD", profit="USD", calc_mode=2),
        spec("XAUUSD.r", base="XAU", profit="USD", calc_mode=2),
        spec("XAUEUR", base="XAU", profit="EUR", calc_mode=2),
    ]
    instruments = {"XAUUSD": KNOWN["XAUUSD"]}
    assert resolve(gold, instruments)["XAUUSD"].symbol == "GOLD"
    chosen = {"XAUUSD": "XAUUSD.r"}
    assert resolve(gold, instruments, chosen)["XAUUSD"].symbol == "XAUUSD.r"
    assert resolve(gold, instruments, {"XAUUSD": "nothing"}) == {}


def test_times_of_before_a_clock_change_are_read_by_the_clock_of_then():
    """The broker goes from UTC+3 to UTC+2 on 1 November 2026 at 06:00 UTC."""
    clock, change = BrokerClock(), parse_instant("2026-11-01T06:00:00Z")
    assert clock.learn(3 * HOUR, change - 30 * 86_400 * NS_PER_SECOND, valid=True)
    assert clock.learn(2 * HOUR + 4, change, valid=True)
    for hours, offset in ((-5, 3 * HOUR), (-0.5, 3 * HOUR), (0.5, 2 * HOUR), (5, 2 * HOUR)):
        at = change + round(hours * HOUR * NS_PER_SECOND)
        assert clock.utc((at + offset * NS_PER_SECOND) // NS_PER_MS, at) == at


def test_a_weekend_does_not_change_the_clock_and_nonsense_is_no_offset():
    clock = BrokerClock()
    clock.learn(2 * HOUR, NOON, valid=True)
    assert not clock.learn(0, NOON + 1, valid=False)
    assert not clock.learn(20 * HOUR, NOON + 2, valid=True)
    assert clock.offset == 2 * HOUR


@pytest.mark.parametrize(
    ("frames", "said"),
    [
        pytest.param([b"hb"], "1 frames instead of 2", id="one frame"),
        pytest.param([b"quit", b"{}"], "unknown kind", id="unknown kind"),
        pytest.param([b"hb", b"[]"], "no JSON object", id="a list"),
        pytest.param([b"hb", b'{"s":1'], "hb: ", id="truncated"),
        pytest.param([b"hb", b'{"s":"x","t":1}'], "hb: ", id="another type"),
        pytest.param([b"ticks", b'{"s":1,"t":1,"sym":"X"}'], "ticks: ", id="a field is missing"),
        pytest.param([b"hb", b"\xff\xfe"], "no JSON object", id="no text"),
    ],
)
def test_what_is_no_message_is_said(frames, said):
    with pytest.raises(ProtocolError, match=said):
        decode(frames)


def test_a_message_on_the_wire():
    body = b'{"s":7,"t":1,"sym":"EURUSD","n":4,"ticks":[[5,1.08241,1.08251]]}'
    found = decode([b"ticks", body])
    assert found == Ticks(
        s=7, t=1, sym="EURUSD", n=4, ticks=[(5, Decimal("1.08241"), Decimal("1.08251"))]
    )
    kind, sent = encode(session().welcome(NOON))
    assert kind == b"welcome"
    assert b'"v":1' in sent
    assert b'"hb_ms":1000' in sent
