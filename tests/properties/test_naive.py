"""The engine and a naive one agree on long random histories, deal by deal and cent by cent."""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import pytest

from fxpaper.domain.account import Account, Mode
from fxpaper.domain.command import ClosePosition, Contingency, PlaceGroup, PlaceOrder
from fxpaper.domain.event import DealBooked, OrderPlaced, Recorded
from fxpaper.domain.exits import NO_EXITS, Exits, Trail
from fxpaper.domain.instant import NS_PER_SECOND, parse_instant
from fxpaper.domain.order import DealReason, OrderKind, Side, TimeInForce
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.domain.refusal import Refused
from fxpaper.engine.engine import Engine
from fxpaper.engine.gate import FillLimits
from fxpaper.engine.sessions import day_end
from fxpaper.profiles import read_profile
from tests.properties.naive import LEVERAGE, Naive, Order

START = parse_instant("2026-11-16T12:00:00Z")
EVIDENCE = Evidence("test", Transport.STREAM, Spread.REAL, Grade.A)
PROFILE = read_profile("raw")
MIDDLE = {"EURUSD": 110_000, "USDJPY": 150_000, "EURGBP": 86_000, "GBPUSD": 127_000}
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday"]
KINDS = ["market", "limit", "stop", "market_if_touched"]


class Pair:
    """Both engines, doing the same."""

    def __init__(self, balance: str) -> None:
        money = Decimal(balance)
        self.engine = Engine(PROFILE, FillLimits(around_the_clock=True, stream_age_ns=10**18))
        self.engine.open_account(
            Account(
                id="a",
                mode=Mode.PAPER,
                currency="USD",
                leverage=LEVERAGE,
                balance=money,
                initial_balance=money,
                opened_at=START,
            )
        )
        listed = {symbol: PROFILE.instruments[symbol] for symbol in MIDDLE}
        self.naive = Naive(
            balance=money,
            digits={symbol: one.digits for symbol, one in listed.items()},
            per_lot=Fraction(PROFILE.commission_per_lot),
            swaps={
                symbol: (Fraction(one.swap_long), Fraction(one.swap_short))
                for symbol, one in listed.items()
            },
            triple={symbol: WEEKDAYS.index(one.swap_triple) for symbol, one in listed.items()},
            hedged={
                symbol: Fraction(one.hedged_margin or one.contract_size)
                for symbol, one in listed.items()
            },
            now=START,
        )
        self.deals: list[tuple[object, ...]] = []
        self.events: list[Recorded] = []
        self.at = START

    def take(self, events) -> None:
        for recorded in events:
            self.events.append(recorded)
            match recorded.event:
                case DealBooked(deal):
                    self.deals.append(
                        (
                            deal.symbol,
                            deal.side.value,
                            deal.entry.value,
                            Fraction(deal.lots),
                            deal.price,
                            deal.reason.value,
                            deal.profit,
                        )
                    )
                case _:
                    pass

    def quote(self, symbol: str, bid: int, ask: int) -> None:
        self.take(self.engine.on_quote(Quote(symbol, bid, ask, self.at, self.at, EVIDENCE)))
        self.naive.quote(symbol, bid, ask, self.at)

    def order(
        self, chance: random.Random, oco: int | None = None
    ) -> tuple[PlaceOrder, Order] | None:
        symbol = chance.choice(["EURUSD", "USDJPY", "EURGBP"])
        if symbol not in self.naive.quotes:
            return None
        kind = chance.choice(KINDS if oco is None else KINDS[1:])
        side, sign = chance.choice([("buy", 1), ("sell", -1)])
        bid, ask = self.naive.quotes[symbol]
        market = ask if side == "buy" else bid
        away = chance.randint(1, 120) * (1 if kind == "stop" else -1)
        price = market if kind == "market" else market + sign * away
        closing = (bid if side == "buy" else ask) if kind == "market" else price
        stop = chance.choice([None, closing - sign * chance.randint(1, 200)])
        take = chance.choice([None, closing + sign * chance.randint(1, 200)])
        trail = chance.choice([None, None, chance.randint(20, 150)])
        lots = chance.randint(1, 60)
        ends = chance.choice([None, None, day_end(self.at), self.at + 400 * NS_PER_SECOND])
        if kind == "market":
            ends = None
        force = TimeInForce.GTC if ends is None else TimeInForce.GTD
        command = PlaceOrder(
            account="a",
            symbol=symbol,
            side=Side(side),
            lots=Decimal(lots).scaleb(-2),
            kind=OrderKind(kind),
            price=None if kind == "market" else price,
            stop_loss=stop,
            take_profit=take,
            exits=NO_EXITS if trail is None else Exits(trail=Trail(trail)),
            time_in_force=force,
            expires_at=ends,
        )
        twin = Order(
            0, symbol, side, Fraction(lots, 100), kind, price, stop, take, trail, oco, ends
        )  # fmt: skip
        return command, twin

    def agree(self) -> None:
        state = self.engine.state.accounts["a"]
        assert self.deals == self.naive.deals
        assert state.account.balance == self.naive.balance
        assert self.engine.equity("a") == self.naive.equity()
        assert state.margin == self.naive.margin()
        held = {
            (p.symbol, p.side.value, Fraction(p.lots), p.stop_loss)
            for p in state.positions.values()
        }
        assert held == {(p.symbol, p.side, p.lots, p.stop) for p in self.naive.positions}
        assert len(state.orders) == len(self.naive.orders)


def place(pair: Pair, chance: random.Random) -> None:
    made = pair.order(chance)
    if made is None:
        return
    command, twin = made
    answer = pair.engine.place(command, pair.at)
    if isinstance(answer, Refused):
        return
    placed = next(one.event.order for one in answer if isinstance(one.event, OrderPlaced))
    twin.number = int(placed.id.partition("-")[2])
    pair.take(answer)
    pair.naive.place(twin, pair.at)


def place_pair(pair: Pair, chance: random.Random, group: int) -> None:
    made = [one for one in (pair.order(chance, group) for _ in range(2)) if one is not None]
    limits = [one for one in made if one[1].kind != "limit" or one[1].price]
    if len(limits) < 2:
        return
    command = PlaceGroup(contingency=Contingency.OCO, orders=tuple(one for one, _ in made))
    answer = pair.engine.place_group(command, pair.at)
    if isinstance(answer, Refused):
        return
    placed = [one.event.order for one in answer if isinstance(one.event, OrderPlaced)]
    pair.take(answer)
    pair.naive.pass_time(pair.at)
    for order, (_, twin) in zip(placed, made, strict=True):
        twin.number = int(order.id.partition("-")[2])
        pair.naive.orders.append(twin)


def close(pair: Pair, chance: random.Random) -> None:
    positions = list(pair.engine.state.accounts["a"].positions.values())
    if not positions:
        return
    number = chance.randrange(len(positions))
    position = positions[number]
    part = position.lots if chance.random() < 0.5 else (position.lots / 2).quantize(Decimal("0.01"))
    if not part or position.symbol not in pair.naive.quotes:
        return
    command = ClosePosition(
        account="a", position_id=position.id, reason=DealReason.MANUAL, lots=part
    )
    answer = pair.engine.close(command, pair.at)
    assert not isinstance(answer, Refused), answer.text
    pair.take(answer)
    twin = next(p for p in pair.naive.positions if f"{p.number}" == position.order_id[2:])
    pair.naive.close(twin, pair.at, Fraction(part))


def history(
    seed: int, *, compare: bool, after: Callable[[int, Pair], None] = lambda _step, _pair: None
) -> Pair:
    """Live through four hundred steps; quotes, orders, pairs of them, closes."""
    chance = random.Random(seed)  # noqa: S311 - histories, not secrets
    pair = Pair(chance.choice(["400.00", "1500.00", "50000.00"]))
    prices = dict(MIDDLE)
    for step in range(400):
        pair.at += chance.choice([1, 3, 20, 1500]) * NS_PER_SECOND
        symbol = chance.choice(list(MIDDLE))
        prices[symbol] += chance.randint(-45, 45)
        pair.quote(symbol, prices[symbol], prices[symbol] + chance.randint(1, 20))
        action = chance.random()
        if action < 0.12:
            place(pair, chance)
        elif action < 0.15:
            place_pair(pair, chance, step)
        elif action < 0.19:
            close(pair, chance)
        if compare:
            pair.agree()
        after(step, pair)
    return pair


@pytest.mark.parametrize("seed", range(60))
def test_both_engines_do_the_same(seed: int):
    """Orders, exits, trails, groups, swaps over a week and stop-outs, after every step."""
    history(seed, compare=True)


def test_the_histories_are_worth_comparing():
    """Every reason for a deal occurs in them, stop-outs among them."""
    seen = {str(deal[5]) for seed in range(60) for deal in history(seed, compare=False).deals}
    assert seen >= {"manual", "order", "stop_loss", "take_profit", "trailing_stop", "stop_out"}
