"""Calls of MetaTrader's Python package, which block and all have to come from one thread.

The package talks to a terminal on the same machine over a pipe and exists for Windows only. A call
that fails returns None or False, and ``last_error()`` tells why: ``(-10004, 'No IPC connection')``.
Times are whole seconds or milliseconds of the broker's wall clock.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, cast

import msgspec

from fxpaper.aggregator.broker_symbols import resolve
from fxpaper.aggregator.sources.metatrader5_clock import Tick
from fxpaper.domain.instrument import Instrument
from fxpaper.errors import ConfigurationError, TransientError

FIND = "auto"
"""A path that leaves it to the package to find a terminal."""
MOST_TICKS = 2000
_START_MS = 20_000
_LINE_IS_LOST = -10_000
_INFO_TICKS = 1
_TIMEFRAMES = {"1m": 1, "5m": 5, "15m": 15, "30m": 30, "1h": 16385}
_DO = {
    -6: "log in to an account in the terminal",
    -10003: "check metatrader5_path, and start the terminal by hand once",
    -10004: "is the terminal open?",
    -10005: "is the terminal logged in, without a question on its screen?",
}


class Package(Protocol):
    """What is used of the package; its structs have attributes, its arrays named columns.

    Attributes:
        terminal_info: how the terminal is doing.
        symbols_get: every symbol of the broker.
        symbol_select: puts a symbol into the market watch.
        symbol_info_tick: a symbol's newest tick.
        copy_ticks_from: an array of ticks: symbol, second, how many, which kind.
        copy_rates_range: an array of bars of bids: symbol, timeframe, from and to.
    """

    terminal_info: Callable[[], Any]
    symbols_get: Callable[[], Sequence[Any] | None]
    symbol_select: Callable[[str, bool], bool]
    symbol_info_tick: Callable[[str], Any]
    copy_ticks_from: Callable[[str, int, int, int], Any]
    copy_rates_range: Callable[[str, int, int, int], Any]

    def initialize(self, *path: str, timeout: int) -> bool:
        """Connect to a terminal, which is started if it is not running."""

    def shutdown(self) -> object:
        """Let go of the terminal."""

    def last_error(self) -> tuple[int, str]:
        """Return why the latest call failed."""


class _Known(msgspec.Struct, frozen=True):
    symbol: str
    base: str
    profit: str
    calc_mode: int
    trade_mode: int
    selected: bool


class Rate(msgspec.Struct, frozen=True):
    """A bar of bids as the package gives it.

    Args:
        opened: on the broker's clock, seconds.
        prices: open, high, low and close.
    """

    opened: int
    prices: tuple[float, float, float, float]


def installed_package() -> Package:
    """Return the package.

    Raises:
        ConfigurationError: it is not installed.
    """
    try:
        return cast("Package", importlib.import_module("MetaTrader5"))
    except ImportError as problem:
        raise ConfigurationError(
            f"The Python package MetaTrader5 cannot be loaded ({problem}); install it with: "
            "pip install MetaTrader5"
        ) from None


class TerminalCalls:
    """One terminal, called from one thread.

    Args:
        path: of ``terminal64.exe``, or ``auto``.
        load: returns the package.

    Attributes:
        connected: whether the line to it stands, as far as is known.
        names: the broker's name of each of our symbols that it has; empty before.
    """

    def __init__(self, path: str, load: Callable[[], Package]) -> None:
        self._path = path
        self._load = load
        self._package: Package | None = None
        self.connected = False
        self.names: Mapping[str, str] = {}

    def connect(self, instruments: Mapping[str, Instrument], chosen: Mapping[str, str]) -> None:
        """Connect unless the line stands, and learn what the broker has.

        Raises:
            TransientError: the terminal is not there, or is not ready.
            ConfigurationError: the package or the path is wrong.
        """
        if self.connected:
            return
        given = () if self._path.lower() == FIND else (self._path,)
        if given and not Path(self._path).is_file():
            raise ConfigurationError(
                f"metatrader5_path is {self._path}, and there is no such file; give the path of "
                f'the terminal\'s terminal64.exe, or "{FIND}".'
            )
        self._package = self._package or self._load()
        if not self._package.initialize(*given, timeout=_START_MS):
            raise self._failed("cannot be reached")
        self.check()
        told = self._package.symbols_get()
        if not told:
            raise self._failed("tells no symbols")
        known = (
            _Known(
                one.name,
                one.currency_base,
                one.currency_profit,
                one.trade_calc_mode,
                one.trade_mode,
                bool(one.select),
            )
            for one in told
        )
        found = resolve(known, instruments, chosen)
        self.names = {symbol: one.symbol for symbol, one in found.items()}
        self.connected = True

    def check(self) -> None:
        """Look whether the terminal is there and reaches its broker.

        Raises:
            TransientError: it is not, or does not.
        """
        state = self._open.terminal_info()
        if state is None:
            self.connected = False
            raise self._failed("has gone")
        if not state.connected:
            self.connected = False
            raise TransientError(
                "The MetaTrader 5 terminal has no connection to its broker; look at the corner of "
                "its window."
            )

    def select(self, names: Iterable[str]) -> None:
        """Put symbols into the market watch; without that they are not quoted.

        Raises:
            TransientError: one cannot be put there.
        """
        for name in names:
            if not self._open.symbol_select(name, True):  # noqa: FBT003 - takes no keywords
                raise self._failed(f"does not show {name} in its market watch")

    def newest(self, names: Iterable[str]) -> dict[str, Tick]:
        """Return the newest tick of each symbol that has one with both sides.

        Raises:
            TransientError: the terminal has gone.
        """
        found: dict[str, Tick] = {}
        for name in names:
            one = self._open.symbol_info_tick(name)
            if one is None:
                self._unless_alive(f"does not quote {name}")
            elif one.bid > 0 and one.ask > 0:
                found[name] = Tick(one.time_msc, one.bid, one.ask)
        return found

    def ticks_since(self, name: str, seconds: int) -> list[Tick]:
        """Return at most :data:`MOST_TICKS` ticks from a second on, oldest first.

        Raises:
            TransientError: the terminal has gone.
        """
        rows = self._open.copy_ticks_from(name, seconds, MOST_TICKS, _INFO_TICKS)
        if rows is None:
            self._unless_alive(f"has no ticks of {name}")
            return []
        ticks = (Tick(int(one["time_msc"]), float(one["bid"]), float(one["ask"])) for one in rows)
        return [one for one in ticks if one.bid > 0 and one.ask > 0]

    def rates(self, name: str, interval: str, begins: int, ends: int) -> list[Rate]:
        """Return bars that open in a stretch, oldest first.

        Raises:
            TransientError: the terminal has gone, or has none.
        """
        rows = self._open.copy_rates_range(name, _TIMEFRAMES[interval], begins, ends)
        if rows is None:
            raise self._failed(f"has no bars of {name}")
        return [
            Rate(
                int(one["time"]),
                (float(one["open"]), float(one["high"]), float(one["low"]), float(one["close"])),
            )
            for one in rows
        ]

    def shutdown(self) -> None:
        """Let go of the terminal, which goes on running."""
        self.connected = False
        if self._package is not None:
            self._package.shutdown()

    @property
    def _open(self) -> Package:
        if self._package is None:
            raise TransientError("MetaTrader 5 has not been connected yet.")
        return self._package

    def _unless_alive(self, what: str) -> None:
        """Raise where the latest call failed because the line is lost, and not for its symbol."""
        if self._open.last_error()[0] <= _LINE_IS_LOST:
            raise self._failed(what)

    def _failed(self, what: str) -> TransientError:
        """Return what tells that a call failed; where the line is lost it is made anew next."""
        code, text = self._open.last_error()
        if code <= _LINE_IS_LOST:
            self.connected = False
        advice = f"; {_DO[code]}" if code in _DO else ""
        return TransientError(f"The MetaTrader 5 terminal {what}: {text} ({code}){advice}")
