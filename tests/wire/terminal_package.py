"""A stand-in for MetaTrader's Python package, which can be installed on Windows only.

Its structs have the documented fields in the documented order and are tuples with attributes, its
arrays have the documented types, and what takes no keywords takes none here either. It has never
been held beside the real one: what a real terminal does with it remains to be seen on Windows.
"""

# ruff: noqa: PYI024 - the fields of its structs have no types to name

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np

from fxpaper.clock import ManualClock
from fxpaper.domain.instant import NS_PER_MS, NS_PER_SECOND

Tick = namedtuple("Tick", "time bid ask last volume time_msc flags volume_real")
TerminalInfo = namedtuple(
    "TerminalInfo",
    "community_account community_connection connected dlls_allowed trade_allowed tradeapi_disabled "
    "email_enabled ftp_enabled notifications_enabled mqid build maxbars codepage ping_last "
    "community_balance retransmission company name language path data_path commondata_path",
)
SymbolInfo = namedtuple(
    "SymbolInfo",
    "custom chart_mode select visible session_deals session_buy_orders session_sell_orders volume "
    "volumehigh volumelow time digits spread spread_float ticks_bookdepth trade_calc_mode "
    "trade_mode start_time expiration_time trade_stops_level trade_freeze_level trade_exemode "
    "swap_mode swap_rollover3days margin_hedged_use_leg expiration_mode filling_mode order_mode "
    "order_gtc_mode option_mode option_right bid bidhigh bidlow ask askhigh asklow last lasthigh "
    "lastlow volume_real volumehigh_real volumelow_real option_strike point trade_tick_value "
    "trade_tick_value_profit trade_tick_value_loss trade_tick_size trade_contract_size "
    "trade_accrued_interest trade_face_value trade_liquidity_rate volume_min volume_max "
    "volume_step volume_limit swap_long swap_short margin_initial margin_maintenance "
    "session_volume session_turnover session_interest session_buy_orders_volume "
    "session_sell_orders_volume session_open session_close session_aw session_price_settlement "
    "session_price_limit_min session_price_limit_max margin_hedged price_change price_volatility "
    "price_theoretical price_greeks_delta price_greeks_theta price_greeks_gamma "
    "price_greeks_vega price_greeks_rho price_greeks_omega price_sensitivity basis category "
    "currency_base currency_profit currency_margin bank description exchange formula isin name "
    "page path",
)
TICKS = np.dtype(
    [
        ("time", "<i8"),
        ("bid", "<f8"),
        ("ask", "<f8"),
        ("last", "<f8"),
        ("volume", "<u8"),
        ("time_msc", "<i8"),
        ("flags", "<u4"),
        ("volume_real", "<f8"),
    ]
)
RATES = np.dtype(
    [
        ("time", "<i8"),
        ("open", "<f8"),
        ("high", "<f8"),
        ("low", "<f8"),
        ("close", "<f8"),
        ("tick_volume", "<u8"),
        ("spread", "<i4"),
        ("real_volume", "<u8"),
    ]
)
NO_LINE = (-10004, "No IPC connection")


def symbol_info(name: str, base: str, profit: str, calc_mode: int = 0) -> Any:
    """Return a symbol that trades fully and is not in the market watch."""
    values: dict[str, Any] = dict.fromkeys(SymbolInfo._fields, 0)
    values |= {"name": name, "currency_base": base, "currency_profit": profit}
    return SymbolInfo(**values | {"trade_calc_mode": calc_mode, "trade_mode": 4})


class TerminalPackage:
    """The package and a terminal behind it, whose broker's clock is ``ahead`` seconds of UTC.

    Attributes:
        script: what the broker does before each look at a tick, first to last.
        told: the calls that a test asks about.
    """

    def __init__(self, clock: ManualClock, ahead: int) -> None:
        self.clock, self.ahead = clock, ahead
        self.script: list[Any] = []
        self.told: list[tuple[Any, ...]] = []
        self.error = (1, "Success")
        self.open = self.reaches_broker = True
        self.symbols = [
            symbol_info("EURUSD.f", "EUR", "USD", calc_mode=1),
            symbol_info("EURUSD.m", "EUR", "USD"),
            symbol_info("GBPUSD.m", "GBP", "USD"),
        ]
        self.ticks: dict[str, list[Any]] = {}
        self.bars: list[tuple[int, float]] = []

    def quote(self, bid: float, name: str = "EURUSD.m", late_ms: int = 0, **changed: Any) -> None:
        """Let the broker quote a symbol, so many milliseconds ago."""
        ms = self.clock.now() // NS_PER_MS - late_ms + self.ahead * 1000
        tick = Tick(ms // 1000, bid, round(bid + 0.0001, 5), 0.0, 0, ms, 6, 0.0)
        self.ticks.setdefault(name, []).append(tick._replace(**changed))

    def initialize(self, *path: str, timeout: int) -> bool:
        self.told.append(("initialize", *path))
        assert len(path) <= 1
        assert 0 < timeout <= 60_000
        if not self.open:
            self.error = (-10003, "IPC initialize failed")
        return self.open

    def shutdown(self) -> bool:
        self.told.append(("shutdown",))
        return True

    def last_error(self) -> tuple[int, str]:
        return self.error

    def terminal_info(self) -> Any:
        if self._gone():
            return None
        values: dict[str, Any] = dict.fromkeys(TerminalInfo._fields, 0)
        return TerminalInfo(**values | {"connected": self.reaches_broker})

    def symbols_get(self) -> Any:
        return None if self._gone() else tuple(self.symbols)

    def symbol_select(self, symbol: str, enable: bool, /) -> bool:  # noqa: FBT001
        self.told.append(("symbol_select", symbol, enable))
        return any(one.name == symbol for one in self.symbols)

    def symbol_info_tick(self, symbol: str, /) -> Any:
        if self.script:
            self.script.pop(0)()
        if self._gone():
            return None
        known = self.ticks.get(symbol)
        return known[-1] if known else Tick(0, 0.0, 0.0, 0.0, 0, 0, 0, 0.0)

    def copy_ticks_from(self, symbol: str, begins: int, count: int, flags: int, /) -> Any:
        assert type(begins) is int
        assert flags == 1
        if self._gone():
            return None
        since = [tuple(one) for one in self.ticks[symbol] if one.time >= begins]
        return np.array(since[:count], dtype=TICKS)

    def copy_rates_range(self, symbol: str, timeframe: int, begins: int, ends: int, /) -> Any:
        assert type(begins) is type(ends) is int
        self.told.append(("copy_rates_range", symbol, timeframe, begins, ends))
        rows = [
            (at, bid, bid + 0.001, bid - 0.001, bid, 9, 10, 0)
            for at, bid in self.bars
            if begins <= at <= ends
        ]
        return None if self._gone() else np.array(rows, dtype=RATES)

    def pass_time(self, seconds: float) -> None:
        """Move the clock that everybody reads."""
        self.clock.move_to(self.clock.now() + round(seconds * NS_PER_SECOND))

    def _gone(self) -> bool:
        if not self.open:
            self.error = NO_LINE
        return not self.open
