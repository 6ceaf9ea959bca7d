"""A message of Yahoo's stream, decoded with yfinance's protobuf classes."""

from __future__ import annotations

import base64
import json

import msgspec
from google.protobuf.message import DecodeError
from yfinance.pricing_pb2 import PricingData


class Pricing(msgspec.Struct, frozen=True):
    """What a message says; 0 for what it leaves out.

    Args:
        name: Yahoo's name of the instrument.
        price: the one price, with the noise of float32, like the next two.
        bid: what a seller gets.
        ask: what a buyer pays.
        time_ms: of the price, milliseconds since 1970.
    """

    name: str
    price: float
    bid: float
    ask: float
    time_ms: int


def read_pricing(text: str) -> Pricing | None:
    """Return the price in a message; None for a message about something else.

    Raises:
        ValueError: it is not of the known form.
    """
    try:
        message = json.loads(text)
        if message.get("type") != "pricing":
            return None
        pricing = PricingData()
        pricing.ParseFromString(base64.b64decode(message["message"], validate=True))
    except (KeyError, AttributeError, TypeError, DecodeError) as problem:
        raise ValueError(f"{type(problem).__name__}: {problem}") from None
    return Pricing(pricing.id, pricing.price, pricing.bid, pricing.ask, pricing.time)
