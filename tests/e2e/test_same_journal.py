"""The same thousand signals through every door leave the same journal, but for the door."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import Any

import pytest
from msgspec import to_builtins

from fxpaper import replaying
from fxpaper.aggregator.recording import read_recording
from fxpaper.client.sending import KEYS
from fxpaper.config import read_settings
from fxpaper.domain.account import Mode
from fxpaper.domain.signal import SignalRecord, SignalStatus, UnreadableSignal
from fxpaper.from_settings import costs_of
from fxpaper.profiles import read_profile
from fxpaper.web.signal_views import signal_record
from tests.e2e.doors import (
    Sender,
    by_client,
    by_command,
    by_file,
    by_http,
    by_path,
    by_signature,
    by_stream,
    by_zmq,
    empty,
    ledger_of,
    open_house,
    until_last,
)
from tests.e2e.thousand import (
    NOON,
    OFF,
    SETTINGS,
    Sent,
    thousand,
    write_standing_quotes,
)

OF_THE_DOOR = {"door", "received_at", "at", "digits"}
PLACE = re.compile(r"^(signals\.jsonl line \d+|message .*, signal \d+|fxpaper:signals \d+-\d+): ")


def everything(_: Sent) -> bool:
    return True


def a_client_sends(one: Sent) -> bool:
    """Tell whether a client lets it out: it refuses what it knows to be no signal."""
    return one.table is not None and one.table.keys() <= set(KEYS)


def at_noon(one: Sent) -> bool:
    """Tell whether a replay takes it when a daemon does, and a daemon executes its model too."""
    said = one.table or {}
    return one.readable and said.get("time") == NOON and said.get("model") != OFF


def an_object(one: Sent) -> bool:
    """Tell whether it is in our own dialect; a hook reads others too, and says so of junk."""
    return one.body.startswith("{")


@pytest.fixture(scope="module")
def house(tmp_path_factory, redis_url) -> Callable[[list[Sent], Sender], list[SignalRecord]]:
    """Return the journal that a fresh daemon keeps of signals through one door, oldest first."""

    def journal(signals: list[Sent], send: Sender) -> list[SignalRecord]:
        data = tmp_path_factory.mktemp(send.__name__)
        empty(redis_url)
        with open_house(data, redis_url, SETTINGS) as opened:
            send(opened, signals)
            until_last(opened)
        with ledger_of(data) as ledger:
            return list(ledger.signals("paper", 10_000).items)[::-1]

    return journal


@pytest.fixture(scope="module")
def signals() -> list[Sent]:
    return thousand()


@pytest.fixture(scope="module")
def by_the_api(house, signals) -> Callable[[Callable[[Sent], bool]], list[SignalRecord]]:
    """Return the journal of those signals that something lets through, sent to the API."""
    return cache(lambda let_through: house([one for one in signals if let_through(one)], by_http))


def rows(journal: Iterable[Any]) -> Iterator[Any]:
    """Yield rows without what tells the door, the instant and the number in the account."""
    names: dict[str, str] = {}
    for one in journal:
        yield _bare(to_builtins(one), names)


def different(found: Sequence[Any], expected: Sequence[Any]) -> list[tuple[Any, Any]]:
    """Return the rows that are not the same in two journals, side by side."""
    assert len(found) == len(expected)
    pairs = zip(rows(found), rows(expected), strict=True)
    return [(one, other) for one, other in pairs if one != other]


def _bare(said: Any, names: dict[str, str]) -> Any:
    match said:
        case dict():
            return {k: _bare(v, names) for k, v in said.items() if k not in OF_THE_DOOR}
        case list():
            return [_bare(one, names) for one in said]
        case str() if re.fullmatch(r"(x-[0-9a-f]{16}|[op]-\d+|\d+)", said):
            return names.setdefault(said, f"name {len(names)}")
        case str():
            return PLACE.sub("", said)
        case _:
            return said


def test_they_are_of_every_kind(by_the_api):
    """Else what follows would prove little."""
    journal = by_the_api(everything)
    status = Counter(one.status for one in journal)
    read = [one.decision and one.decision.refusal for one in journal]
    unread = [one.signal.refusal for one in journal if isinstance(one.signal, UnreadableSignal)]
    codes = Counter(one.code for one in (*read, *unread) if one is not None)
    assert status[SignalStatus.WAITING] > 5
    assert status[SignalStatus.EXECUTED] > 200
    assert len(codes) == 17
    assert min(codes.values()) > 5


@pytest.mark.parametrize(
    ("send", "door", "let_through"),
    [
        pytest.param(by_file, "file", everything, id="watched file"),
        pytest.param(by_command, "http", everything, id="command line"),
        pytest.param(by_path, "hook chart", an_object, id="webhook with a path"),
        pytest.param(by_signature, "hook desk", an_object, id="webhook that signs"),
        pytest.param(by_zmq, "zmq", everything, id="ZeroMQ"),
        pytest.param(by_stream, "stream", everything, id="Redis stream"),
        pytest.param(by_client, "http", a_client_sends, id="client"),
    ],
)
def test_every_door_leaves_the_same_journal(house, signals, by_the_api, send, door, let_through):
    """Row by row and field by field; what a door does not let through is in no journal of it."""
    through = [one for one in signals if let_through(one)]
    assert len(through) > 900
    found = house(through, send)
    assert {one.signal.door for one in found} == {door}
    assert different(found, by_the_api(let_through)) == []


def test_a_replay_tells_the_same_of_what_is_of_one_instant(by_the_api, signals, tmp_path):
    """Of signals made at noon, by models that are executed: a replay takes each at its own time."""
    taken = [one for one in signals if at_noon(one)]
    assert len(taken) > 700
    journal, profile = by_the_api(at_noon), read_profile("standard")
    (tmp_path / "fxpaper.toml").write_text(SETTINGS)
    write_standing_quotes(tmp_path / "quotes.csv")
    settings = read_settings(tmp_path, None)
    asked = replaying.Asked(
        recording=read_recording(tmp_path / "quotes.csv", profile.instruments),
        content="".join(f"{one.body}\n" for one in taken).encode(),
        name="signals.jsonl",
        settings=settings,
        profile=profile,
    )
    replayed = replaying.replay_recording(asked, lambda _: None, costs_of(settings))["signals"]
    shown = [
        signal_record(one, profile.instruments, Mode.PAPER).model_dump(mode="json")
        for one in journal
    ]
    assert different(replayed, shown) == []
