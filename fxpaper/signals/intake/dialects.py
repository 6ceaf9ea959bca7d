"""Other people's ways to write a signal, each turned into our own before it is read.

A dialect is recognised by its shape: TradersPost's JSON by ``sentiment`` or camel case, any other
JSON with ``ticker`` or ``action`` as an alert of TradingView, a comma-separated command as
PineConnector's, a line with BUY or SELL as a chat message. What is not understood is an error, not
left out: a mistyped stop-loss must not become an order without one. What says how much to trade
(``quantity``, ``risk=``) is known and set aside, because lots are sized here; the interpretation
names what was set aside.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from enum import StrEnum

import msgspec

from fxpaper.domain.refusal import RefusalCode
from fxpaper.signals.intake.fields import Unreadable

Table = dict[str, object]


class Dialect(StrEnum):
    """A way to write a signal."""

    NATIVE = "native"
    TRADINGVIEW = "tradingview"
    TRADERSPOST = "traderspost"
    PINECONNECTOR = "pineconnector"
    CHAT = "chat"


class Interpretation(msgspec.Struct, frozen=True):
    """What a payload means in our own dialect.

    Args:
        dialect: that it is written in.
        table: our own keys.
        set_aside: what of it has no meaning here.
    """

    dialect: Dialect
    table: Table
    set_aside: tuple[str, ...] = ()


_SIDES = {
    **dict.fromkeys(("buy", "long", "bullish"), "buy"),
    **dict.fromkeys(("sell", "short", "bearish"), "sell"),
    **dict.fromkeys(("close", "exit", "flat", "closelong", "closeshort"), "close"),
    **dict.fromkeys(("closelongshort", "closeall"), "close"),
}
_ALIASES = {
    **dict.fromkeys(("symbol", "ticker"), "symbol"),
    **dict.fromkeys(("side", "action", "order_action"), "side"),
    **dict.fromkeys(("stop_loss", "sl", "stoploss", "stop"), "stop_loss"),
    **dict.fromkeys(("take_profit", "tp", "takeprofit", "target"), "take_profit"),
    **dict.fromkeys(("entry", "price", "order_price"), "entry"),
    **dict.fromkeys(("id", "order_id", "alert_id", "signal_id"), "id"),
    **dict.fromkeys(("time", "timestamp", "timenow"), "time"),
    **dict.fromkeys(("model", "strategy", "strategy_name"), "model"),
    **dict.fromkeys(("confidence", "probability"), "confidence"),
    **dict.fromkeys(("expiry", "account"), ""),
}
_SET_ASIDE = {
    *("open", "high", "low", "close", "volume", "interval", "exchange", "comment"),
    *("quantity", "qty", "contracts", "position_size", "market_position", "lots", "risk"),
    *("prev_market_position", "order_contracts", "passphrase", "secret", "alert"),
}
_TRADERSPOST = {"sentiment", "quantityType", "stopLoss", "takeProfit", "signalPrice", "orderType"}
_TRADERSPOST_ASIDE = {
    *("quantity", "quantityType", "price", "interval", "extras", "cancel"),
    *("orderType", "test", "delay", "sentiment"),
}
_PINE_SIDES = {"buy", "sell", "closelong", "closeshort", "closelongshort", "closeall"}
_PINE_ASIDE = {"risk", "comment", "spread", "secret", "accfilter", "sync"}
_CHAT_SIDE = re.compile(r"\b(BUY|SELL|LONG|SHORT|CLOSE|EXIT)\b", re.IGNORECASE)
_CHAT_LEVEL = re.compile(
    r"\b(SL|STOP(?:\s*LOSS)?|TP|TARGET|TAKE\s*PROFIT)"
    r"(?:\s?\d(?=\s*[:=@]|\s+\d))?"  # TP1, but not the first digit of a price
    r"\s*[:=@]?\s*(?:(\d+(?:\.\d+)?|OPEN)(?!\w|[.,]\d))?",
    re.IGNORECASE,
)
_CHAT_ENTRY = re.compile(
    r"\b(?:BUY|SELL|LONG|SHORT)\b(?:\s+[#$]?[A-Z]{3}\s?/?\s?[A-Z]{3}\b)?[\s,:@]*"
    r"(?:(?:NOW|LIMIT|STOP|MARKET|ENTRY|AT)\b[\s,:@]*)*(\d+(?:\.\d+)?)(?!\w|[.,]\d)",
    re.IGNORECASE,
)
_CHAT_SYMBOL = re.compile(r"[#$]?\b([A-Za-z]{3}\s?/?\s?[A-Za-z]{3})\b")


def interpreted(body: bytes, known: Iterable[str]) -> Interpretation:
    """Return what a payload means.

    Args:
        body: as it came.
        known: canonical symbols; words of a chat message are looked for among them.

    Raises:
        Unreadable: it is written in no dialect, or says something that has no meaning here.
    """
    try:
        text = body.decode("utf-8").strip()
    except UnicodeDecodeError as problem:
        raise _wrong(f"The signal is not UTF-8 text: {problem}.") from None
    if text.startswith("{"):
        return _of_json(text)
    if _is_pine(text):
        return _pineconnector(text)
    if _CHAT_SIDE.search(text):
        return _chat(text, frozenset(known))
    raise _wrong(
        "The signal is neither JSON nor a text like "
        "EURUSD BUY SL 1.0800 TP 1.0900; see docs/reference/webhooks.md."
    )


def _of_json(text: str) -> Interpretation:
    try:
        table = json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except json.JSONDecodeError as problem:
        where = f"line {problem.lineno}, column {problem.colno}"
        raise _wrong(f"The signal is not JSON: {problem.msg} at {where}.") from None
    except RecursionError:
        raise _wrong("The signal is nested too deeply.") from None
    if _TRADERSPOST & table.keys():
        return _traderspost(table)
    if {"ticker", "action", "order_action"} & table.keys():
        return _tradingview(table)
    return Interpretation(Dialect.NATIVE, table)


def _tradingview(table: Mapping[str, object]) -> Interpretation:
    found: Table = {}
    aside = []
    for key, value in table.items():
        name = _ALIASES.get(key.lower())
        if name is None and key.lower() in _SET_ASIDE:
            aside.append(key)
        elif name is None:
            raise _unknown(key, (*_ALIASES, *_SET_ASIDE))
        else:
            _put(found, name or key.lower(), value)
    return Interpretation(Dialect.TRADINGVIEW, _tidy(found), tuple(aside))


def _traderspost(table: Mapping[str, object]) -> Interpretation:
    found: Table = {}
    takes: dict[str, Callable[[object], None]] = {
        "ticker": lambda value: _put(found, "symbol", value),
        "action": lambda value: _put(found, "side", value),
        "time": lambda value: _put(found, "time", value),
        "signalPrice": lambda value: _put(found, "entry", value),
        "stopLoss": lambda value: _put(found, "stop_loss", _price(value, "stopLoss", "stopPrice")),
        "takeProfit": lambda value: _put(
            found, "take_profit", _price(value, "takeProfit", "limitPrice")
        ),
    }
    for own in ("id", "model", "confidence", "expiry"):
        takes[own] = lambda value, own=own: _put(found, own, value)  # type: ignore[misc]
    aside = []
    for key, value in table.items():
        if key in takes:
            takes[key](value)
        elif key in _TRADERSPOST_ASIDE:
            aside.append(key)
        else:
            raise _unknown(key, (*takes, *_TRADERSPOST_ASIDE))
    if str(table.get("sentiment", "")).lower() == "flat":
        found["side"] = "close"
    return Interpretation(Dialect.TRADERSPOST, _tidy(found), tuple(aside))


def _price(value: object, key: str, name: str) -> object:
    if isinstance(value, dict) and name in value:
        return value[name]
    raise _wrong(f'{key} is understood as {{"{name}": …}}, an absolute price; got {value!r}.', key)


def _is_pine(text: str) -> bool:
    parts = [part.strip().lower() for part in text.split(",")]
    return len(parts) > 2 and parts[1] in _PINE_SIDES  # noqa: PLR2004 - licence, command, symbol


def _pineconnector(text: str) -> Interpretation:
    """``LICENCE,buy,EURUSD,sl=20,tp=40``: distances are pips, the licence is not ours."""
    _, side, symbol, *rest = (part.strip() for part in text.split(","))
    found: Table = {"side": side, "symbol": symbol}
    aside = ["licence"]
    for part in rest:
        key, equals, value = (one.strip() for one in part.partition("="))
        if equals and key in {"sl", "tp"}:
            _put(found, "stop_loss" if key == "sl" else "take_profit", {"pips": value})
        elif equals and key in _PINE_ASIDE:
            aside.append(key)
        else:
            raise _unknown(key, ("sl", "tp", *_PINE_ASIDE))
    return Interpretation(Dialect.PINECONNECTOR, _tidy(found), tuple(aside))


def _chat(text: str, known: frozenset[str]) -> Interpretation:
    """``XAUUSD BUY 1915 TP 1920 TP 1930 SL 1907``: prices; several take-profits close parts."""
    sides = {_SIDES[match[1].lower()] for match in _CHAT_SIDE.finditer(text)}
    symbols = {
        name
        for match in _CHAT_SYMBOL.finditer(text)
        if (name := re.sub(r"[^A-Z]", "", match[1].upper())) in known
    }
    if len(sides) != 1 or len(symbols) != 1:
        raise _wrong(
            f"The message names {len(symbols)} known symbols and {len(sides)} sides; one of each "
            "makes a signal, like EURUSD BUY SL 1.0800 TP 1.0900."
        )
    found: Table = {"symbol": symbols.pop(), "side": sides.pop()}
    targets: list[object] = []
    for match in _CHAT_LEVEL.finditer(text):
        if match[2] is None:
            raise _wrong(f'There is no price behind "{match[1]}".')
        if match[2].upper() == "OPEN":
            continue
        if match[1].upper().startswith(("SL", "STOP")):
            _put(found, "stop_loss", match[2])
        else:
            targets.append(match[2])
    if targets:
        found["take_profit"] = targets[0] if len(set(targets)) == 1 else targets
    entry = _CHAT_ENTRY.search(text)
    if entry is not None:
        found["entry"] = entry[1]
    return Interpretation(Dialect.CHAT, _tidy(found))


def _put(found: Table, name: str, value: object) -> None:
    if name in found and found[name] != value:
        said = name.replace("_", "-")
        raise _wrong(
            f"The signal names more than one {said}; a position has one here. Send the one that "
            "counts.",
            name,
        )
    if value is not None and value != "":
        found[name] = value


def _tidy(found: Table) -> Table:
    """Return the table with our names of sides, and symbols without their exchange."""
    side = str(found.get("side", "")).strip().lower()
    if side in _SIDES:
        found["side"] = _SIDES[side]
    symbol = found.get("symbol")
    if isinstance(symbol, str):
        found["symbol"] = symbol.rpartition(":")[2]
    return found


def _unknown(key: str, known: Iterable[str]) -> Unreadable:
    near = get_close_matches(key, list(known), n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    return _wrong(f'"{key[:40]}" has no meaning here.{hint}', key[:40])


def _wrong(text: str, pointer: str = "") -> Unreadable:
    return Unreadable(RefusalCode.MALFORMED, text, pointer=pointer)
