"""Which of a broker's symbols is EURUSD: told from what they are made of, not from their names.

Brokers write ``EURUSD.m``, ``EURUSDpro``, ``#EURUSD``. A symbol's base and profit currency say what
it is; among several the one in the market watch comes first, then one that trades fully, then
the one of the instrument's own name, then the shortest name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol, TypeVar

from fxpaper.domain.instrument import Instrument

_FOREX = {0, 5}
_FULL = 4
_METALS = {"XAU": ("XAU", "GOLD"), "XAG": ("XAG", "SILVER")}


class BrokerSymbol(Protocol):
    """What a broker tells of one of its symbols, with MetaTrader's numbers."""

    @property
    def symbol(self) -> str:
        """The broker's name, ``EURUSD.m``."""

    @property
    def base(self) -> str:
        """Currency or metal that is bought."""

    @property
    def profit(self) -> str:
        """Currency that is paid in."""

    @property
    def calc_mode(self) -> int:
        """How its margin is computed; 0 and 5 are forex."""

    @property
    def trade_mode(self) -> int:
        """Whether it may be traded; 4 is fully."""

    @property
    def selected(self) -> bool:
        """Whether it is in the market watch."""


S = TypeVar("S", bound=BrokerSymbol)


def resolve(
    specs: Iterable[S],
    instruments: Mapping[str, Instrument],
    chosen: Mapping[str, str] | None = None,
) -> dict[str, S]:
    """Return the broker's symbol for each instrument that it has, by canonical symbol.

    Args:
        specs: what the broker has.
        instruments: the known ones.
        chosen: the broker's names that a person has chosen, by canonical symbol.
    """
    known = list(specs)
    found: dict[str, S] = {}
    for symbol, instrument in instruments.items():
        wanted = (chosen or {}).get(symbol)
        candidates = [
            spec for spec in known if (spec.symbol == wanted if wanted else _is(spec, instrument))
        ]
        if candidates:
            found[symbol] = min(candidates, key=lambda spec: _rank(spec, symbol))
    return found


def concerns(
    spec: BrokerSymbol,
    instruments: Mapping[str, Instrument],
    chosen: Mapping[str, str] | None = None,
) -> bool:
    """Tell whether a symbol may be an instrument's: most of the thousands at a broker are not.

    Args:
        spec: of the broker's symbol.
        instruments: the known ones.
        chosen: the broker's names that a person has chosen, by canonical symbol.
    """
    return spec.symbol in (chosen or {}).values() or any(
        _is(spec, instrument) for instrument in instruments.values()
    )


def _is(spec: BrokerSymbol, instrument: Instrument) -> bool:
    """Tell whether a broker's symbol is an instrument itself and not a future or a CFD of it."""
    if instrument.base in _METALS:
        named = any(spec.symbol.upper().startswith(name) for name in _METALS[instrument.base])
        return spec.profit == instrument.quote and (spec.base == instrument.base or named)
    forex = spec.calc_mode in _FOREX
    return forex and (spec.base, spec.profit) == (instrument.base, instrument.quote)


def _rank(spec: BrokerSymbol, symbol: str) -> tuple[bool, bool, bool, int, str]:
    return (
        not spec.selected,
        spec.trade_mode != _FULL,
        spec.symbol != symbol,
        len(spec.symbol),
        spec.symbol,
    )
