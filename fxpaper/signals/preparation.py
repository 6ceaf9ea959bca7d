"""From advice to an order the risk gate has seen: levels, what it is worth, its size."""

from __future__ import annotations

from functools import partial

import msgspec
from msgspec.structs import replace

from fxpaper.domain.approval import Approved, Check
from fxpaper.domain.command import PlaceOrder
from fxpaper.domain.exits import NO_EXITS, Exits
from fxpaper.domain.instant import Instant
from fxpaper.domain.order import Side
from fxpaper.domain.quote import Quote
from fxpaper.domain.refusal import Refused
from fxpaper.domain.signal import Signal
from fxpaper.engine.engine import Engine
from fxpaper.engine.matching import market_price
from fxpaper.engine.opening import no_conversion
from fxpaper.engine.stop_risk import loss_at_stop
from fxpaper.engine.stops import wrong_levels
from fxpaper.signals import account_limits, risk, spread
from fxpaper.signals.levels import resolve
from fxpaper.signals.reward import Reward
from fxpaper.signals.rules import RuleBook, SignalRules
from fxpaper.signals.sizing.case import Sized
from fxpaper.signals.sizing.sizer import Past, Sizer


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """How far a signal got: an order ready for the broker, or why there is none.

    Args:
        checks: asked so far.
        sizing: numbers so far.
        outcome: the approved order, or the refusal.
    """

    checks: tuple[Check, ...] = ()
    sizing: dict[str, str] = {}
    outcome: Approved[PlaceOrder] | Refused


class Preparation:
    """Prepares orders at the prices of now.

    Args:
        engine: holds the accounts and the latest quotes.
        rules: by which signals become orders.
        past: what is known of models and prices.
    """

    def __init__(self, engine: Engine, rules: RuleBook, past: Past) -> None:
        self._engine = engine
        self._rules = rules
        self._sizer = Sizer(engine, past)

    def attempt(self, signal: Signal, side: Side, now: Instant) -> Attempt:
        """Find the levels, size the order and pass it through the risk gate."""
        board, rules = self._engine.board, self._rules.of(signal.model, signal.symbol)
        instrument, quote = board.instruments[signal.symbol], board.quotes[signal.symbol]
        state = self._engine.state.accounts[signal.account]
        currency = state.account.currency
        entry = market_price(side, quote)
        levels = resolve(signal, side, entry, instrument, rules.default_stop_pips)
        if isinstance(levels, Refused):
            return Attempt(outcome=levels)
        order = PlaceOrder(
            account=signal.account,
            symbol=signal.symbol,
            side=side,
            lots=instrument.min_lots,
            stop_loss=levels.stop_loss,
            take_profit=levels.take_profit,
            signal_id=signal.id,
            model=signal.model,
            exits=Exits(ladder=levels.ladder) if levels.ladder else NO_EXITS,
        )
        closing = market_price(side.opposite, quote)
        unfit = wrong_levels(
            side, levels.stop_loss, levels.take_profits, closing, instrument
        ) or self._too_far(order, quote, rules)
        if unfit is not None:
            found = Check(unfit.code, unfit.actual, unfit.limit, passed=False)
            return Attempt(checks=(found,), outcome=unfit)
        distance = abs(entry - levels.stop_loss)
        worth = [
            spread.check(quote, distance, instrument, rules.max_spread_percent),
            *Reward(signal, side, entry, levels, instrument).checks(rules),
        ]
        asked = tuple(check for check, _ in worth)
        for _, refused in worth:
            if refused is not None:
                return Attempt(checks=asked, outcome=refused)
        loss = loss_at_stop(board, signal.symbol, currency, side, (entry, levels.stop_loss))
        if loss is None:
            return Attempt(checks=asked, outcome=no_conversion(instrument, currency, board))
        sized = self._sizer.sized(signal, order, entry, loss, rules)
        return self._gate(order, now, sized=sized, asked=asked, rules=rules)

    def _gate(
        self,
        order: PlaceOrder,
        now: Instant,
        *,
        sized: Sized,
        asked: tuple[Check, ...],
        rules: SignalRules,
    ) -> Attempt:
        if isinstance(sized.lots, Refused):
            return Attempt(checks=asked, sizing=sized.numbers, outcome=sized.lots)
        order = replace(order, lots=sized.lots)
        state = self._engine.state.accounts[order.account]
        equity = self._engine.equity(order.account)
        board, limits = self._engine.board, self._engine.account_limits
        account = partial(account_limits.check, state, board, limits, now)
        checks, outcome = risk.check(order, state, board, equity, rules, account)
        return Attempt(checks=(*asked, *checks), sizing=sized.numbers, outcome=outcome)

    def _too_far(self, order: PlaceOrder, quote: Quote, rules: SignalRules) -> Refused | None:
        digits = self._engine.board.instruments[order.symbol].digits
        for name, level in (("stop_loss", order.stop_loss), ("take_profit", order.take_profit)):
            if level is not None:
                refused = risk.too_far(level, name, quote, digits, rules.max_level_distance)
                if refused is not None:
                    return refused
        return None
