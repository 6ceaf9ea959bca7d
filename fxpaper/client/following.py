"""What the messages of a daemon's socket mean to one who follows the account.

Without sockets: :class:`Follower` takes messages and says what to answer. The first subscription
tells the log's name (``epoch``) and its latest number; from then on it is resumed by number, after
every cut connection, so that no event is missed or told twice.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from fxpaper.client.errors import ProtocolError, RefusedError
from fxpaper.client.line import decode
from fxpaper.client.objects import Account, Deal, Event, Order, Position, Signal

Object = Signal | Order | Position | Deal | Account

KINDS: dict[str, type[Object]] = {
    **dict.fromkeys(("signal_received", "signal_unreadable", "signal_decided"), Signal),
    **dict.fromkeys(("order_placed", "order_filled", "order_changed", "order_ended"), Order),
    **dict.fromkeys(("position_opened", "position_changed"), Position),
    **dict.fromkeys(("account_opened", "account_reset"), Account),
    "deal_booked": Deal,
}


class Message(msgspec.Struct, frozen=True):
    """Any message of the socket; each has some of these."""

    type: str
    account: str = ""
    epoch: str = ""
    seq: int | dict[str, int] = 0
    resumed: bool = False
    time: datetime | None = None
    mode: str = ""
    code: str = ""
    detail: str = ""
    data: msgspec.Raw = msgspec.Raw(b"{}")


class GapError(Exception):
    """A number is missing; connect again and resume."""


class Follower:
    """Decides what messages mean.

    Args:
        from_seq: the first event that is wanted; None for those from now on.
    """

    def __init__(self, from_seq: int | None) -> None:
        self._last = None if from_seq is None else max(from_seq, 1) - 1
        self._stream = ""
        self._epoch = ""
        self._resumes = False
        self._follows = False

    def take(self, message: Message) -> Event | dict[str, Any] | None:
        """Return the event that a message is, or what to answer.

        Raises:
            RefusedError: the events that are wanted are not to be had.
            GapError: events are missing.
        """
        match message.type:
            case "welcome":
                self._stream, self._follows = f"account:{message.account}", False
                return self._subscribe()
            case "ack":
                self._acknowledged(message)
                return None
            case "snapshot":
                return self._shown(message)
            case "error":
                raise RefusedError(message.code, message.detail)
            case "heartbeat" | "goodbye":
                return None
            case _:
                return self._told(message)

    def _subscribe(self) -> dict[str, Any]:
        asked: dict[str, Any] = {"op": "subscribe", "id": 1, "stream": self._stream}
        self._resumes = bool(self._epoch) and self._last is not None
        if self._resumes:
            asked["resume"] = {"epoch": self._epoch, "seq": self._last}
        return asked

    def _acknowledged(self, message: Message) -> None:
        self._follows = message.resumed
        if self._resumes and not message.resumed:
            raise RefusedError(
                "events_missed",
                f"The events after number {self._last} are not to be had: the log ends at "
                f"{message.seq}, is too far ahead, or is another one. Read the account instead, "
                "and follow from now on.",
                actual=str(self._last),
                limit=str(message.seq),
            )

    def _shown(self, message: Message) -> dict[str, Any] | None:
        """Learn the log's name; then ask for what happened before, where that is wanted."""
        self._epoch = message.epoch
        if self._last is not None:
            return self._subscribe()
        self._last, self._follows = _number(message), True
        return None

    def _told(self, message: Message) -> Event | None:
        seq = _number(message)
        if not self._follows or self._last is None or seq <= self._last:
            return None
        if seq != self._last + 1:
            raise GapError(f"event {seq} came after {self._last}")
        self._last = seq
        return _event(message, seq)


def _number(message: Message) -> int:
    if isinstance(message.seq, int):
        return message.seq
    raise ProtocolError(f"A {message.type} without a number came over the socket.")


def _event(message: Message, seq: int) -> Event:
    if message.time is None:
        raise ProtocolError(f"Event {seq} has no time.")
    kind = KINDS.get(message.type)
    data: Object | dict[str, Any]
    data = decode(message.data, dict[str, Any]) if kind is None else decode(message.data, kind)
    return Event(
        seq=seq,
        type=message.type,
        time=message.time,
        mode=message.mode,
        data=data,
    )
