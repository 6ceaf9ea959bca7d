"""Literal objects of the API, as the small world of these tests shows them."""

from typing import Any

SIGNAL: dict[str, Any] = {
    "id": "s1",
    "model": "trend",
    "symbol": "EURUSD",
    "side": "buy",
    "confidence": 0.82,
    "stop_loss": {"price": "1.08"},
    "take_profit": {"r": 2},
    "time": "2026-11-20T21:00:00Z",
}
QUOTE: dict[str, Any] = {
    "symbol": "EURUSD",
    "bid": "1.08241",
    "ask": "1.08253",
    "digits": 5,
    "spread_points": 12,
    "quoted_at": "2026-09-21T14:13:20.000000Z",
    "received_at": "2026-09-21T14:13:21.000000Z",
    "source": "yahoo_stream",
    "transport": "stream",
    "spread": "modelled",
    "grade": "B",
    "simulated": False,
}
SOURCE: dict[str, Any] = {
    "name": "yahoo_stream",
    "state": "live",
    "active": True,
    "grade": "B",
    "transport": "stream",
    "symbols": ["EURUSD"],
    "last_quote_at": "2026-09-21T14:13:21.000000Z",
    "age_ms": 1000,
    "error": None,
    "used_minute": 3,
    "limit_minute": 8,
    "used_day": 0,
    "limit_day": None,
    "simulated": False,
    "retry_at": None,
}
