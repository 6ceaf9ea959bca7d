"""Whatever a terminal says, valid or not, is taken or refused; nothing else ever happens."""

from __future__ import annotations

import time
from contextlib import suppress
from decimal import Decimal

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fxpaper.aggregator.quality import examine
from fxpaper.bridge.broker_profile import BrokerSpecs, profile_text
from fxpaper.bridge.live_line import LiveLine
from fxpaper.bridge.messages import FromTerminal, Hello, Spec, Ticks, ToTerminal, decode, encode
from fxpaper.bridge.session import Admission, Memory, Session, terminal_name
from fxpaper.clock import ManualClock
from fxpaper.domain.account import Account, Mode
from fxpaper.domain.instant import NS_PER_MS
from fxpaper.domain.terminal import TerminalSaid
from fxpaper.errors import ProtocolError
from fxpaper.profiles import read_profile
from tests.bridge.garbage import ODD, VALID, anything

KNOWN = read_profile("standard").instruments
NOW = 1_700_000_000_000 * NS_PER_MS
DEEP = b'{"s":0,"t":0,"x":' + b"[" * 500_000


def described() -> Session:
    hello = Hello(
        s=0,
        t=0,
        offset=7200,
        offset_valid=True,
        login="1",
        server="Demo",
        currency="USD",
        epoch="e",
    )
    opened = Session(hello, terminal_name(hello), Memory(), KNOWN, {}, NOW)
    opened.take(spec("EURUSD.m", 0, "EUR"), NOW)
    return opened


def spec(symbol: str, calc_mode: int, base: str, number: int = 1) -> Spec:
    return Spec(
        s=number,
        t=0,
        symbol=symbol,
        digits=5,
        point=Decimal("0.00001"),
        contract=Decimal(100_000),
        calc_mode=calc_mode,
        base=base,
        profit="USD",
    )


def live() -> tuple[LiveLine, list[TerminalSaid]]:
    """Return the line of a live account that the terminal is, and what is told of it."""
    heard: list[TerminalSaid] = []
    account = Account(
        id="live",
        mode=Mode.LIVE,
        currency="USD",
        leverage=100,
        balance=Decimal(1000),
        initial_balance=Decimal(1000),
        opened_at=NOW,
        terminal="1@Demo",
    )
    return LiveLine(account, KNOWN, ManualClock(NOW), lambda: None, heard.append), heard


def trade(line: LiveLine, session: Session, message: FromTerminal) -> None:
    """Do what the daemon does with the account of a terminal that was let in."""

    def say(said: ToTerminal) -> None:
        encode(said)

    line.meet(session, "chart", say)
    with suppress(ProtocolError):
        line.take(session, message)


def is_sound(said: object) -> bool:
    """Tell whether what is told of an account can be written down and counted with."""
    match said:
        case Decimal():
            return said.is_finite() and abs(said) < 10**14
        case int():
            return abs(said) < 10**20
        case dict():
            return all(is_sound(one) for one in said.values())
        case list() | tuple():
            return all(is_sound(one) for one in said)
        case _:
            return True


def digest(session: Session, frames: list[bytes]) -> None:
    """Do all that the daemon does with a message of a terminal that was let in."""
    try:
        message = decode(frames)
    except ProtocolError:
        return
    if isinstance(message, Hello):
        Admission("token", {}).refusal(message, "")
        Session(message, terminal_name(message), session.memory, KNOWN, {}, NOW)
        return
    line, heard = live()
    trade(line, session, message)
    assert is_sound(msgspec.to_builtins(heard, builtin_types=(Decimal,)))
    for quote in session.take(message, NOW):
        examine(quote, None, NOW)
        assert 0 < quote.bid < 10**21
    wanted = session.want(frozenset({"EURUSD"}), NOW)
    if wanted is not None:
        assert max(wanted.since.values(), default=0) < 2**62
        encode(wanted)
    told = BrokerSpecs(session.name, "", session.symbols)
    kept = msgspec.json.decode(msgspec.json.encode(told), type=BrokerSpecs)
    assert len(profile_text(kept, KNOWN)) < 10_000


@settings(max_examples=400, deadline=None)
@given(st.lists(anything(), max_size=4))
@example([[b"hello", DEEP]])
@example([[b"ticks", b'{"s":2,"t":0,"sym":"EURUSD.m","n":0,"ticks":[[1,"sNaN",1]]}']])
@example([[b"ticks", b'{"s":2,"t":0,"sym":"EURUSD.m","n":0,"ticks":[[1,1e99999999,1]]}']])
def test_anything_is_taken_or_refused(said: list[list[bytes]]):
    session = described()
    for frames in said:
        digest(session, frames)


def test_the_messages_that_are_spoilt_are_valid_before():
    """Each kind is taken, so that what is refused is refused for what was spoilt."""
    session, (line, heard) = described(), live()
    for kind, fields in VALID.items():
        trade(line, session, decode([kind.encode(), msgspec.json.encode(fields)]))
    assert [type(said).__name__ for said in heard] == [
        "TerminalUp",
        "TerminalLook",
        "TerminalAnswer",
    ]


@pytest.mark.parametrize("odd", ODD, ids=lambda text: text[:20])
@pytest.mark.parametrize("field", ["digits", "point", "contract", "swap_long", "vol_max", "symbol"])
def test_no_odd_number_of_a_spec_is_kept(odd, field):
    said = {"s": "1", "t": "0", "symbol": '"EURUSD"', "digits": "5", "point": "0.00001"}
    said |= {"contract": "1", "base": '"EUR"', "profit": '"USD"', field: odd}
    body = "{" + ",".join(f'"{name}":{value}' for name, value in said.items()) + "}"
    digest(described(), [b"spec", body.encode()])


def test_a_tick_that_is_none_is_left_out_and_the_next_one_counts():
    session, at = described(), 1_700_007_200_000
    price = (Decimal("1.1"), Decimal("1.2"))
    odd = [(at, Decimal("NaN"), price[1]), (at * 10**9, *price), (-5, *price)]
    found = session.take(Ticks(s=2, t=0, sym="EURUSD.m", n=0, ticks=[*odd, (at, *price)]), NOW)
    assert [(quote.bid, quote.quoted_at) for quote in found] == [(110_000, NOW)]
    assert session.memory.latest == {"EURUSD.m": at}


def test_a_broker_with_thousands_of_other_symbols_is_heard_at_once():
    session, begun = described(), time.perf_counter()
    for number in range(5000):
        session.take(spec(f"#S{number}", 3, "USD", 2 + number), NOW)
    assert time.perf_counter() - begun < 3
    assert list(session.symbols) == ["EURUSD"]


def test_nothing_is_kept_of_ticks_that_nobody_asked_for():
    session = described()
    for number in range(500):
        tick = (1_700_007_200_000, Decimal(1), Decimal(2))
        session.take(Ticks(s=2 + number, t=0, sym=f"X{number}", n=0, ticks=[tick]), NOW)
    assert session.memory.counted == session.memory.latest == {}
