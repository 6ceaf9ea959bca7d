"""Price alerts over the API, and alerts on the socket."""

from __future__ import annotations

import pytest

from tests.web.conftest import Daemon

WISH = {"symbol": "eur/usd", "side": "above", "price": "1.1050", "note": "the range ends"}
SHOWN = {
    "id": "a-2",
    "symbol": "EURUSD",
    "side": "above",
    "price": "1.10500",
    "note": "the range ends",
    "state": "waiting",
    "set_at": "2026-09-21T14:13:20.000000Z",
    "ended_at": None,
    "bid": None,
}


async def test_an_alert_is_set_listed_and_removed(daemon: Daemon):
    status, shown, _ = await daemon.ask("POST", "/alerts", json=WISH)
    assert (status, shown) == (201, SHOWN)
    assert (await daemon.ask("GET", "/alerts"))[1] == {"items": [SHOWN], "next": None}
    status, removed, _ = await daemon.ask("DELETE", "/alerts/a-2")
    assert (status, removed["state"], removed["ended_at"] is not None) == (200, "removed", True)
    [listed] = (await daemon.ask("GET", "/alerts"))[1]["items"]
    assert listed == removed


@pytest.mark.parametrize(
    ("change", "pointer", "said"),
    [
        pytest.param({"price": "1.105001"}, "/price", "1.105001", id="finer than a point"),
        pytest.param({"price": "0"}, "/price", "greater than 0", id="no price"),
        pytest.param({"symbol": "GBPUSD"}, "/symbol", "not watched", id="never quoted"),
        pytest.param({"side": "over"}, "/side", "'above' or 'below'", id="another word"),
    ],
)
async def test_an_alert_that_could_never_go_off_is_refused(
    daemon: Daemon, change: dict[str, str], pointer: str, said: str
):
    status, problem, _ = await daemon.ask("POST", "/alerts", json=WISH | change)
    assert (status, problem["errors"][0]["pointer"]) == (422, pointer)
    assert said in problem["detail"]


async def test_an_event_of_an_alert_is_framed(daemon: Daemon):
    socket = await daemon.socket()
    await socket.send_json({"op": "subscribe", "stream": "account:paper", "id": 1})
    assert [(await socket.receive_json())["type"] for _ in range(2)] == ["ack", "snapshot"]
    await daemon.ask("POST", "/alerts", json=WISH)
    frame = await socket.receive_json()
    assert (frame["type"], frame["seq"], frame["data"]) == ("price_alert_set", 2, SHOWN)
    await socket.close()


async def test_alerts_reach_the_sockets_that_asked_for_them(daemon: Daemon):
    """Once subscribed, and no more after the unsubscription."""
    socket = await daemon.socket()
    await socket.send_json({"op": "subscribe", "stream": "alerts", "id": 1})
    assert await socket.receive_json() == {"type": "ack", "id": 1, "stream": "alerts"}
    told = (("deal",), "good", 7, ("Closed.", "Closed, too."))
    daemon.server.hub.alerts.tell("fxpaper paper", told)
    assert await socket.receive_json() == {
        "type": "alert",
        "stream": "alerts",
        "time": "2026-09-21T14:13:22.000000Z",
        "title": "fxpaper paper",
        "kinds": ["deal"],
        "tone": "good",
        "count": 7,
        "lines": ["Closed.", "Closed, too."],
    }
    await socket.send_json({"op": "unsubscribe", "stream": "alerts", "id": 2})
    assert (await socket.receive_json())["id"] == 2
    daemon.server.hub.alerts.tell("fxpaper paper", told)
    await socket.send_json({"op": "subscribe", "stream": "alerts", "id": 3})
    assert (await socket.receive_json())["id"] == 3
    await socket.close()
