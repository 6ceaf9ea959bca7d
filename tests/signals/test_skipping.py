"""Skipping through a tape gives the same events, byte for byte, as feeding every quote."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fxpaper.domain.account import Account, Mode
from fxpaper.domain.command import PlaceOrder
from fxpaper.domain.event import encode_event
from fxpaper.domain.exits import BreakEven, Exits, Rung, Trail
from fxpaper.domain.instant import NS_PER_SECOND, parse_instant
from fxpaper.domain.limits import Limits
from fxpaper.domain.order import OrderKind, Side, TimeInForce, TriggerSide
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.domain.refusal import Refused
from fxpaper.engine.costs import CostModel, Slippage, SlippageKind
from fxpaper.engine.engine import Engine
from fxpaper.engine.gate import FillLimits
from fxpaper.engine.replay import Replay
from fxpaper.engine.tape import SymbolTape, Tape
from fxpaper.profiles import read_profile

START = parse_instant("2026-11-18T20:00:00Z")
EVIDENCE = Evidence("recorded", Transport.FILE, Spread.REAL, Grade.A)
PROFILE = read_profile("standard")
MIDDLE = {"EURUSD": 110_000, "USDJPY": 150_000, "EURGBP": 86_000, "GBPUSD": 127_000}
SYMBOLS = tuple(MIDDLE)


class Alone:
    """An engine without a desk."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.on_quote = engine.on_quote
        self.on_time = engine.advance
        self.next_timer = engine.next_timer

    def awaits(self, symbol: str) -> bool:
        del symbol
        return False


def engine(balance: int, costs: CostModel, limits: Limits | None = None) -> Engine:
    made = Engine(PROFILE, FillLimits(), costs, limits)
    money = Decimal(balance).quantize(Decimal("0.01"))
    made.open_account(
        Account(
            id="a",
            mode=Mode.PAPER,
            currency="USD",
            leverage=500,
            balance=money,
            initial_balance=money,
            opened_at=START,
        )
    )
    return made


def tape(seed: int, length: int, symbols: int) -> Tape:
    chance = np.random.default_rng(seed)
    number = chance.integers(0, symbols, length).astype(np.int16)
    bid = np.zeros(length, dtype=np.int64)
    for index in range(symbols):
        mine = number == index
        steps = chance.integers(-40, 41, int(mine.sum()))
        bid[mine] = MIDDLE[SYMBOLS[index]] + steps.cumsum()
    ask = bid + chance.integers(1, 25, length)
    at = START + chance.integers(0, 20, length).cumsum() * NS_PER_SECOND
    return Tape(SYMBOLS[:symbols], number, bid, ask, at, EVIDENCE)


ORDERS = st.fixed_dictionaries(
    {
        "place": st.integers(0, 1500),
        "symbol": st.integers(0, 3),
        "side": st.sampled_from(Side),
        "lots": st.integers(1, 400),
        "kind": st.sampled_from(OrderKind),
        "away": st.integers(1, 300),
        "stop": st.one_of(st.none(), st.integers(1, 400)),
        "take": st.one_of(st.none(), st.integers(1, 400)),
        "trigger": st.sampled_from(TriggerSide),
        "exits": st.sampled_from(["none", "trail", "ladder", "time"]),
        "day": st.booleans(),
    }
)


def order(said: dict[str, Any], quote: Quote) -> PlaceOrder:
    side, kind = said["side"], said["kind"]
    sign = 1 if side is Side.BUY else -1
    market = quote.ask if side is Side.BUY else quote.bid
    stops = kind in {OrderKind.STOP, OrderKind.STOP_LIMIT}
    price = market + sign * said["away"] * (1 if stops else -1)
    waits = kind not in {OrderKind.MARKET, OrderKind.TRAILING_STOP}
    exits = {
        "none": Exits(),
        "trail": Exits(trail=Trail(120, activation=30, step=5)),
        "ladder": Exits(
            ladder=(Rung(price + sign * 450, Decimal("0.5")),), break_even=BreakEven(None, 2)
        ),
        "time": Exits(close_at=quote.received_at + 900 * NS_PER_SECOND),
    }[said["exits"]]
    return PlaceOrder(
        account="a",
        symbol=quote.symbol,
        side=side,
        lots=Decimal(said["lots"]).scaleb(-2),
        kind=kind,
        price=price if waits else None,
        limit=price + sign * 10 if kind is OrderKind.STOP_LIMIT else None,
        stop_loss=None if said["stop"] is None else price - sign * (said["stop"] + 60),
        take_profit=None if said["take"] is None else price + sign * (said["take"] + 500),
        trail=Trail(said["away"]) if kind is OrderKind.TRAILING_STOP else None,
        time_in_force=TimeInForce.DAY if said["day"] else TimeInForce.GTC,
        trigger=said["trigger"],
        exits=exits,
    )


def played(made: Engine, whole: Tape, orders: list[dict[str, Any]], *, skip: bool) -> list[bytes]:
    events, alone = [], Alone(made)
    player = Replay(whole, alone)

    def until(stop: int) -> None:
        if skip:
            for caused in player.play_until(stop):
                events.extend(caused)
            return
        for place in range(player.place, stop):
            events.extend(made.on_quote(whole.quote(place)))
        player.place = max(stop, player.place)

    for said in sorted(orders, key=lambda one: one["place"]):
        until(min(said["place"], len(whole)))
        quote = made.board.quotes.get(whole.symbols[said["symbol"] % len(whole.symbols)])
        if quote is not None:
            now = int(whole.at[player.place - 1])
            answer = made.place(order(said, quote), now)
            events.extend([] if isinstance(answer, Refused) else answer)
    until(len(whole))
    return [
        f"{one.account} {one.seq} {one.at} ".encode() + encode_event(one.event) for one in events
    ]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 2**32),
    length=st.integers(10, 2500),
    symbols=st.integers(1, 4),
    balance=st.sampled_from([800, 3000, 100_000]),
    latency=st.sampled_from([0, 0, 7 * NS_PER_SECOND]),
    slippage=st.sampled_from(SlippageKind),
    orders=st.lists(ORDERS, max_size=12),
)
def test_skipping_gives_the_same_bytes(seed, length, symbols, balance, latency, slippage, orders):
    """Whatever is ordered, on however many symbols, with or without costs; stop-outs included."""
    costs = CostModel(Slippage(slippage, Decimal("1.5"), seed=3), latency)
    whole = tape(seed, length, symbols)
    skipped = played(engine(balance, costs), whole, orders, skip=True)
    assert skipped == played(engine(balance, costs), whole, orders, skip=False)


@given(
    st.lists(st.integers(0, 60), min_size=1, max_size=9000),
    st.integers(0, 9000),
    st.integers(0, 65),
)
def test_the_next_crossing_is_the_first_there_is(prices, start, high):
    """Blocks, windows and their edges make no difference."""
    bid = np.array(prices, dtype=np.int64)
    start = min(start, len(bid))
    part = SymbolTape(bid, bid + 1, np.arange(len(bid)))
    wanted = next((i for i in range(start, len(bid)) if bid[i] >= high), len(bid))
    assert part.next_crossing(start, (-1, high, -1, 1 << 62)) == wanted
