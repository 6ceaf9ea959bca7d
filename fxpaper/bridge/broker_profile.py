"""A broker's rules as its terminal tells them: kept as they came, and as a profile to trade by."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import msgspec

from fxpaper.bridge.keys import FOLDER
from fxpaper.bridge.messages import Spec
from fxpaper.domain.instrument import Instrument
from fxpaper.errors import InputError
from fxpaper.whole_file import write_whole

_WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_MARGIN_MODES = {0: "forex", 2: "cfd", 4: "cfd_leverage", 5: "forex_no_leverage"}
_POINTS = 1


class BrokerSpecs(msgspec.Struct, frozen=True):
    """What one terminal's broker trades of what we know.

    Args:
        terminal: ``login@server``.
        company: the broker.
        specs: by canonical symbol.
        currency: of its account; empty where an older fxpaper has written this.
        leverage: 100 means 1:100.
        margin_mode: 0 netting, 1 exchange, 2 hedging.
        trade_mode: 0 demo, 1 contest, 2 real.
        balance: when it connected last, account currency.
    """

    terminal: str
    company: str
    specs: dict[str, Spec]
    currency: str = ""
    leverage: int = 0
    margin_mode: int = 2
    trade_mode: int = 0
    balance: Decimal = Decimal(0)


def keep_specs(data_dir: Path, found: BrokerSpecs) -> None:
    """Write what a terminal has told, for :func:`known_specs`.

    Raises:
        OSError: it cannot be written.
    """
    folder = data_dir / FOLDER / "specs"
    folder.mkdir(parents=True, exist_ok=True)
    name = "".join(one if one.isalnum() else "-" for one in found.terminal)
    write_whole(folder / f"{name}.json", msgspec.json.encode(found))


def known_specs(data_dir: Path) -> list[BrokerSpecs]:
    """Return what terminals have told so far, by name.

    Raises:
        InputError: a file is damaged.
    """
    found = []
    for path in sorted((data_dir / FOLDER / "specs").glob("*.json")):
        try:
            found.append(msgspec.json.decode(path.read_bytes(), type=BrokerSpecs))
        except (OSError, msgspec.DecodeError, UnicodeDecodeError) as problem:
            raise InputError(f"{path} cannot be read ({problem}); delete it.") from None
    return found


def profile_text(found: BrokerSpecs, instruments: Mapping[str, Instrument]) -> str:
    """Return a profile in TOML with what a broker has told, over the standard one.

    Args:
        found: by the terminal.
        instruments: of the standard profile; give what a terminal does not tell, such as pips.
    """
    lines = [
        f"# What {_comment(found.company)} told through the terminal {_comment(found.terminal)}.",
        "# Commission, margin call and stop-out are not in a symbol's properties: add them.",
        'based_on = "standard"',
    ]
    for symbol in sorted(found.specs):
        if symbol in instruments:
            lines += ["", *_instrument(symbol, found.specs[symbol], instruments[symbol])]
    return "\n".join(lines) + "\n"


def _instrument(symbol: str, spec: Spec, known: Instrument) -> list[str]:
    lines = [
        f"[instruments.{symbol}]  # {_comment(spec.symbol)}",
        f"digits = {spec.digits}",
        f"pip = {_pip(spec, known)}",
        f'contract_size = "{spec.contract.normalize():f}"',
        f'min_lots = "{spec.vol_min.normalize():f}"',
        f'max_lots = "{spec.vol_max.normalize():f}"',
        f'lot_step = "{spec.vol_step.normalize():f}"',
        f"stops_level = {spec.stops}",
    ]
    if spec.calc_mode in _MARGIN_MODES:
        lines.append(f'margin_mode = "{_MARGIN_MODES[spec.calc_mode]}"')
    if spec.swap_mode == _POINTS:
        lines += [
            'swap_mode = "points"',
            f'swap_long = "{spec.swap_long.normalize():f}"',
            f'swap_short = "{spec.swap_short.normalize():f}"',
            f'swap_triple = "{_WEEKDAYS[spec.swap_triple % 7]}"',
        ]
    elif spec.swap_mode == 0:
        lines.append('swap_mode = "none"')
    else:
        lines.append(f"# Swaps are not in points here (mode {spec.swap_mode}): set them yourself.")
    return lines


def _pip(spec: Spec, known: Instrument) -> int:
    """Return the points in a pip, which stays the same piece of the price."""
    more = spec.digits - known.digits
    scale = int(10 ** abs(more))
    return max(1, known.pip * scale if more >= 0 else known.pip // scale)


def _comment(text: str) -> str:
    return "".join(one if one.isprintable() else " " for one in text)[:80]
