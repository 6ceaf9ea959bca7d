"""Stored JSON becomes domain objects again."""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

from fxpaper.domain.account import Account
from fxpaper.domain.alert import PriceAlert
from fxpaper.domain.deal import Deal
from fxpaper.domain.order import Order
from fxpaper.domain.position import Position
from fxpaper.domain.signal import Decision, ModelPolicy, Signal, UnreadableSignal
from fxpaper.domain.terminal import TerminalCommand, TerminalCursor
from fxpaper.errors import IntegrityError

T = TypeVar("T")


class Body(Generic[T]):
    """Reads one type of object.

    Args:
        of: the type, or a union of tagged ones.
        name: what the object is called in a message.
    """

    def __init__(self, of: type[T], name: str) -> None:
        self._decoder = msgspec.json.Decoder(of)
        self._name = name

    def read(self, text: str) -> T:
        """Return the object that was stored as ``text``.

        Raises:
            IntegrityError: it is not such an object.
        """
        try:
            return self._decoder.decode(text)
        except msgspec.MsgspecError as error:
            raise IntegrityError(
                f"A stored {self._name} cannot be read: {error}. "
                "The ledger was changed by something else, or written by a newer fxpaper."
            ) from error


ACCOUNT = Body(Account, "account")
ORDER = Body(Order, "order")
POSITION = Body(Position, "position")
DEAL = Body(Deal, "deal")
SIGNAL: Body[Signal | UnreadableSignal] = Body(Signal | UnreadableSignal, "signal")  # type: ignore[arg-type]
DECISION = Body(Decision, "decision")
POLICY = Body(ModelPolicy, "policy")
COMMAND = Body(TerminalCommand, "terminal command")
PRICE_ALERT = Body(PriceAlert, "price alert")
CURSOR = Body(TerminalCursor, "terminal cursor")
