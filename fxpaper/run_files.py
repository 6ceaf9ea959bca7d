"""Runs kept in files: every event of a replay with the hash up to it, and how two runs differ."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any

import msgspec

from fxpaper.domain.event import Recorded, encode_event
from fxpaper.domain.instant import format_instant
from fxpaper.errors import InputError


class Chain:
    """The hash of a run: of each event and the hash before it."""

    def __init__(self) -> None:
        self.value = bytes(32)

    def add(self, recorded: Recorded) -> bytes:
        """Take the next event and return its bytes."""
        body = encode_event(recorded.event)
        self.value = hashlib.sha256(self.value + body).digest()
        return body


def line_of(recorded: Recorded, body: bytes, chain: Chain) -> bytes:
    """Return an event as a line of a run's file."""
    head = {
        "seq": recorded.seq,
        "at": format_instant(recorded.at),
        "hash": chain.value.hex(),
        "event": msgspec.Raw(body),
    }
    return msgspec.json.encode(head) + b"\n"


class Divergence(msgspec.Struct, frozen=True):
    """Where two runs part.

    Args:
        line: the first line that differs, from 1.
        kind: of the event there, in either run.
        at: its time.
        fields: what differs, each with the value in the one and in the other; a whole event that
            only one run has is under its kind.
    """

    line: int
    kind: str
    at: str
    fields: dict[str, tuple[Any, Any]]


def first_divergence(one: Path, other: Path) -> Divergence | None:
    """Return where two runs part, or None when they are the same.

    Raises:
        InputError: a file cannot be read or is not a run.
    """
    pairs = zip_longest(_lines(one), _lines(other))
    for number, (left, right) in enumerate(pairs, start=1):
        if left is None or right is None:
            found = left or right or {}
            kind = str(found["event"]["type"])
            sides = (None if left is None else kind, None if right is None else kind)
            return Divergence(number, kind, str(found["at"]), {kind: sides})
        if left["hash"] != right["hash"] or left["at"] != right["at"]:
            fields = dict(_different(left, right, ""))
            fields.pop("hash", None)
            kind = str(left["event"]["type"])
            return Divergence(number, kind, str(left["at"]), fields)
    return None


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with path.open("rb") as file:
            for number, text in enumerate(file, start=1):
                yield _line(text, f"{path} line {number}")
    except OSError as problem:
        raise InputError(f"{path} cannot be read: {problem.strerror}.") from None


def _line(text: bytes, where: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
        if isinstance(found["event"]["type"], str) and found["hash"] and found["at"]:
            return dict(found)
    except (ValueError, KeyError, TypeError):
        pass
    raise InputError(f"{where} is not of a run; write one with: fxpaper replay … --out FILE")


def _different(left: Any, right: Any, name: str) -> Iterator[tuple[str, tuple[Any, Any]]]:  # noqa: ANN401 - any JSON
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        for key in left.keys() | right.keys():
            inner = f"{name}.{key}" if name else key
            yield from _different(left.get(key), right.get(key), inner)
    elif left != right:
        yield name, (left, right)
