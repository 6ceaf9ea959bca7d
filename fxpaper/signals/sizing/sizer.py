"""From an order without lots to its lots: gathers what its way of sizing needs to know."""

from __future__ import annotations

from fractions import Fraction

import msgspec
from msgspec.structs import replace

from fxpaper.analytics.calibration import Calibrations
from fxpaper.domain.command import PlaceOrder
from fxpaper.domain.instrument import Points
from fxpaper.domain.signal import Signal
from fxpaper.domain.sizing import SizingMode
from fxpaper.engine.engine import Engine
from fxpaper.engine.profit import point_worth
from fxpaper.engine.stop_risk import gain_at_target
from fxpaper.signals.rules import SignalRules
from fxpaper.signals.sizing.case import Sized, SizingCase
from fxpaper.signals.sizing.ways import sized
from fxpaper.signals.volatility import Volatility


class Past(msgspec.Struct, frozen=True):
    """What is known of the past when a signal is sized.

    Args:
        calibrations: what the models' confidence was worth.
        volatility: how far prices move in a day.
    """

    calibrations: Calibrations = msgspec.field(default_factory=Calibrations)
    volatility: Volatility = msgspec.field(default_factory=Volatility)


class Sizer:
    """Sizes orders.

    Args:
        engine: holds the accounts and the latest quotes.
        past: what is known of models and prices.
    """

    def __init__(self, engine: Engine, past: Past) -> None:
        self._engine = engine
        self._past = past

    def sized(
        self,
        signal: Signal,
        order: PlaceOrder,
        entry: Points,
        loss_per_lot: Fraction,
        rules: SignalRules,
    ) -> Sized:
        """Return the lots of a signal's order, with every number on the way.

        Args:
            signal: gives the confidence and the model.
            order: with its levels; its own lots do not count.
            entry: what it would be filled at, in points.
            loss_per_lot: what one lot loses at its stop-loss, costs included.
            rules: that hold for the signal.
        """
        engine = self._engine
        case = SizingCase(
            confidence=signal.confidence,
            equity=engine.equity(order.account),
            currency=engine.state.accounts[order.account].account.currency,
            instrument=engine.board.instruments[order.symbol],
            rules=rules,
            loss_per_lot=loss_per_lot,
        )
        if rules.sizing is SizingMode.KELLY:
            case = self._with_calibration(case, signal, order, entry)
        elif rules.sizing is SizingMode.VOLATILITY:
            case = self._with_average_day(case, order.symbol)
        return sized(case)

    def _with_calibration(
        self, case: SizingCase, signal: Signal, order: PlaceOrder, entry: Points
    ) -> SizingCase:
        target, known = order.take_profit, self._past.calibrations
        enough = case.rules.kelly_trades
        if target is not None:
            prices = (entry, target)
            reward = gain_at_target(
                self._engine.board, order.symbol, case.currency, order.side, prices
            )
            case = replace(case, reward_per_lot=reward)
        return replace(
            case,
            calibration=known.of(signal.model, signal.symbol, enough),
            trades=known.count(signal.model),
        )

    def _with_average_day(self, case: SizingCase, symbol: str) -> SizingCase:
        board, instrument = self._engine.board, case.instrument
        moved = self._past.volatility.daily_range(symbol, board.quotes[symbol].received_at)
        factor = board.rate(instrument.quote, case.currency, owed=True)
        if moved is None or factor is None:
            return case
        return replace(
            case,
            day_range=moved,
            day_loss_per_lot=moved * point_worth(instrument) * factor,
        )
