"""What the messages of a socket mean, without sockets."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from fxpaper.client.errors import RefusedError
from fxpaper.client.following import Follower, GapError, Message
from fxpaper.client.objects import Event

WELCOME = Message(type="welcome", account="paper")
FIRST = {"op": "subscribe", "id": 1, "stream": "account:paper"}


def happened(seq: int) -> Message:
    return Message(
        type="reconciled",
        seq=seq,
        time=datetime(2026, 11, 18, tzinfo=UTC),
        mode="paper",
        data=msgspec.Raw(b'{"text": "nothing"}'),
    )


def acknowledged(seq: int, *, resumed: bool) -> Message:
    return Message(type="ack", epoch="b81f", seq=seq, resumed=resumed)


def shown(seq: int) -> Message:
    return Message(type="snapshot", epoch="b81f", seq=seq)


def resume(seq: int) -> dict[str, Any]:
    return {**FIRST, "resume": {"epoch": "b81f", "seq": seq}}


def seq(said: object) -> int:
    assert isinstance(said, Event)
    return said.seq


def following(from_seq: int | None, latest: int) -> Follower:
    follower = Follower(from_seq)
    assert follower.take(WELCOME) == FIRST
    assert follower.take(acknowledged(latest, resumed=False)) is None
    follower.take(shown(latest))
    return follower


def test_from_now_on_the_next_event_is_the_first():
    follower = following(None, 7)
    assert follower.take(happened(7)) is None
    assert seq(follower.take(happened(8))) == 8


def test_the_past_is_asked_for_once_the_name_of_the_log_is_known():
    """What happens in between comes again with the resumed stream, and is told once."""
    follower = Follower(3)
    follower.take(WELCOME)
    follower.take(acknowledged(7, resumed=False))
    assert follower.take(shown(7)) == resume(2)
    assert follower.take(happened(8)) is None
    assert follower.take(acknowledged(8, resumed=True)) is None
    assert [seq(follower.take(happened(number))) for number in (3, 4)] == [3, 4]
    assert follower.take(happened(4)) is None


def test_a_cut_connection_resumes_after_the_last_event_that_was_told():
    follower = following(None, 7)
    follower.take(happened(8))
    assert follower.take(WELCOME) == resume(8)
    assert follower.take(acknowledged(9, resumed=True)) is None
    assert seq(follower.take(happened(9))) == 9


def test_a_missing_number_and_another_log_are_noticed():
    follower = following(None, 7)
    with pytest.raises(GapError):
        follower.take(happened(9))
    follower.take(WELCOME)
    with pytest.raises(RefusedError, match="events_missed"):
        follower.take(acknowledged(2, resumed=False))
    with pytest.raises(RefusedError, match="unavailable"):
        follower.take(Message(type="error", code="unavailable", detail="The ledger is away."))
