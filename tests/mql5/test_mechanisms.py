"""NULL, PLAIN and CURVE: the Expert Advisor and libzmq's own client, each at the real endpoint."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager

import pytest
import zmq
import zmq.asyncio

from fxpaper.aggregator.sources.metatrader import TickFeed
from fxpaper.bridge.endpoint import Endpoint, Place
from fxpaper.bridge.guards import USER
from fxpaper.bridge.keys import NewTerminal, make_keys
from fxpaper.clock import SystemClock
from fxpaper.errors import ConfigurationError
from tests.mql5.conftest import COMPILES, EURUSD, KNOWN, TOKEN, first_quote, pasted, taken

MECHANISMS = ("NULL", "PLAIN", "CURVE")


@pytest.fixture
def keys(tmp_path):
    """Make the keys of a terminal; from then on the endpoint is encrypted."""
    return lambda: make_keys(tmp_path, "laptop", "123")


@pytest.fixture
def dial(port):
    """Connect libzmq's own DEALER for the length of a block."""

    @asynccontextmanager
    async def dial(made=None, user: str | None = None, password: str = TOKEN):
        context = zmq.asyncio.Context()
        socket = context.socket(zmq.DEALER)
        socket.setsockopt(zmq.LINGER, 0)
        if made is not None:
            socket.curve_serverkey = made.server.encode()
            socket.curve_publickey = made.public.encode()
            socket.curve_secretkey = made.secret.encode()
        if user is not None:
            socket.plain_username = user.encode()
            socket.plain_password = password.encode()
        socket.connect(f"tcp://127.0.0.1:{port}")
        try:
            yield socket
        finally:
            socket.close()
            context.term()

    return dial


def pair() -> tuple[str, str]:
    public, secret = zmq.curve_keypair()
    return secret.decode(), public.decode()


async def answer(socket: zmq.asyncio.Socket, **fields: str) -> str | None:
    """Return what a hello is answered with, or None when nothing is."""
    hello = {"v": 1, "s": 0, "t": 0, "login": "123", "server": "Demo", **fields}
    await socket.send_multipart([b"hello", json.dumps(hello).encode()])
    try:
        async with asyncio.timeout(0.6):
            kind, _ = await socket.recv_multipart()
    except TimeoutError:
        return None
    return str(kind.decode())


@pytest.mark.parametrize("spoken", MECHANISMS)
@pytest.mark.parametrize("served", MECHANISMS)
async def test_libzmq_is_heard_by_the_mechanism_of_the_endpoint_only(
    serve, dial, keys, served, spoken
):
    made = keys() if served == "CURVE" else NewTerminal("", *pair(), pair()[1])
    user = USER if spoken == "PLAIN" else None
    async with (
        serve(TickFeed(), plain=served == "PLAIN") as endpoint,
        dial(made if spoken == "CURVE" else None, user) as socket,
    ):
        given = {"token": TOKEN} if spoken == "NULL" else {}
        assert await answer(socket, **given) == ("welcome" if served == spoken else None)
        assert len(endpoint.sessions()) == (served == spoken)


@pytest.mark.parametrize(
    ("user", "password"),
    [(USER, "guess"), (USER, TOKEN[:-1]), ("admin", TOKEN), (USER, "£" * 120)],
)
async def test_a_wrong_user_or_password_is_not_heard(serve, dial, user, password):
    async with serve(TickFeed(), plain=True) as endpoint:
        async with dial(None, user, password) as socket:
            assert await answer(socket, token=TOKEN) is None
            assert endpoint.sessions() == []
        async with dial(None, USER) as socket:
            assert await answer(socket) == "welcome"


@COMPILES
async def test_the_same_comes_through_with_a_password(serve, attach):
    feed = TickFeed()
    async with serve(feed, plain=True) as endpoint, attach(InpPlain="true") as chart:
        await chart.say(EURUSD)
        await first_quote(feed, chart)
        await chart.say(*[f"tick EURUSD.£ 0 1.{10_000 + n} 1.{10_010 + n}" for n in range(300)])
        found: list[int] = []
        while not found or found[-1] != 110_299:
            found += [quote.bid for quote in await taken(feed, 1)]
        assert [bid for bid in found if bid != 108_241] == list(range(110_000, 110_300))
        (session,) = endpoint.sessions()
        assert (session.missed, dict(session.memory.lost)) == (0, {})


@COMPILES
async def test_the_chart_names_the_wrong_password(serve, attach):
    async with (
        serve(TickFeed(), plain=True) as endpoint,
        attach(InpPlain="true", InpToken="guess") as chart,
    ):
        await chart.shows("refused the line: the token is not the daemon's")
        assert endpoint.sessions() == []
        assert not any("guess" in line for line in chart.shown)


@COMPILES
async def test_the_chart_names_the_other_mechanism(serve, attach, keys):
    async with serve(TickFeed()), attach(InpPlain="true") as chart:
        await chart.shows("set metatrader_plain there, or clear InpPlain")
    async with serve(TickFeed(), plain=True), attach() as chart:
        await chart.shows("a password (set InpPlain)")
    made = keys()
    async with serve(TickFeed()), attach(InpPlain="true") as chart:
        await chart.shows("wants the three keys")
    for wrong, said in ((pasted(made), "two ways"), ({"InpToken": ""}, "wants the token")):
        async with attach(expect=2, InpPlain="true", **wrong) as chart:
            await chart.shows(said)


@pytest.mark.parametrize(
    ("address", "with_keys", "said"),
    [
        ("0.0.0.0:5555", False, "can be reached from other machines"),
        ("127.0.0.1:5555", True, "metatrader_plain is set and keys have been made"),
        ("0.0.0.0:5555", True, "metatrader_plain is set and keys have been made"),
    ],
)
def test_a_password_is_for_this_machine_and_not_beside_keys(
    tmp_path, keys, address, with_keys, said
):
    if with_keys:
        keys()
    place = Place(address=address, token=TOKEN, data_dir=tmp_path, instruments=KNOWN, plain=True)
    with pytest.raises(ConfigurationError, match=said):
        Endpoint(place, TickFeed(), SystemClock())
