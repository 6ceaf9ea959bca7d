"""The door of MetaTrader 4: shut unless it is opened, for those with the token, up to a size."""

from __future__ import annotations

import io
import json

import aiohttp
import pytest

from fxpaper.aggregator.sources.metatrader import TickFeed
from fxpaper.bridge.messages import LARGEST_BYTES
from fxpaper.bridge.polling import Polls
from fxpaper.bridge.terminals import House, Terminals
from tests.web.conftest import Daemon

PATH = "/mt4/poll?line=a&poll=1"


@pytest.fixture
def opened(daemon: Daemon, tmp_path) -> Daemon:
    terminals = Terminals(House(data_dir=tmp_path, instruments={}), TickFeed(), daemon.clock)
    polls = Polls(terminals, daemon.server.token, daemon.clock)
    object.__setattr__(daemon.server._rooms, "polls", polls)
    return daemon


async def test_it_is_shut_unless_the_setting_opens_it(daemon: Daemon):
    status, answer, _ = await daemon.ask("POST", PATH, data=b"[]")
    assert (status, answer["code"]) == (404, "not_found")
    assert "set mt4 = true" in answer["detail"]


async def test_a_hello_is_welcomed(opened: Daemon):
    hello = {"s": 0, "t": 0, "token": opened.server.token, "login": "1", "server": "Demo"}
    body = json.dumps([["hello", hello]])
    status, answer, response = await opened.ask("POST", PATH, data=body)
    assert (status, json.dumps(answer)[:14]) == (200, '[["welcome", {')
    assert response.headers["Cache-Control"] == "no-store"


async def test_a_body_may_be_larger_than_elsewhere_but_not_endless(opened: Daemon):
    most = b" " * (LARGEST_BYTES - 2) + b"[]"
    status, _, _ = await opened.ask("POST", PATH, data=io.BytesIO(most))
    assert status == 200
    status, answer, _ = await opened.ask("POST", PATH, data=io.BytesIO(most + b" "))
    assert (status, answer["code"]) == (413, "too_large")
    assert str(LARGEST_BYTES) in answer["detail"]


@pytest.mark.parametrize("query", ["", "?line=a", "?line=a b&poll=1", "?line=a&poll=0"])
async def test_a_poll_names_its_line_and_number(opened: Daemon, query: str):
    status, answer, _ = await opened.ask("POST", f"/mt4/poll{query}", data=b"[]")
    assert (status, answer["code"]) == (422, "invalid")


async def test_nobody_comes_in_without_the_token(opened: Daemon):
    async with aiohttp.ClientSession() as http, http.post(f"{opened.url}/api/v1{PATH}") as response:
        assert response.status == 401
