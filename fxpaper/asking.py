"""Asking a running daemon from the command line."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fxpaper.config import read_settings
from fxpaper.errors import InputError, NoDaemonError
from fxpaper.from_settings import ledger_of
from fxpaper.ledger.ledger import Ledger
from fxpaper.profiles import read_profile
from fxpaper.web import views
from fxpaper.web.signal_views import signal_record

_PATIENCE_SECONDS = 15
_PROBLEMS_FROM = 400
_JOURNALLED = {400, 422}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the daemon said.

    Args:
        status: of HTTP.
        body: decoded JSON.
    """

    status: int
    body: dict[str, Any]

    @property
    def executed(self) -> bool:
        """Whether a signal was executed."""
        return self.body.get("status") == "executed"


class Daemon:
    """A running daemon on this machine.

    Args:
        data_dir: its data directory; port and token are read there.
        port: where it listens, when it is not the one noted there.
    """

    def __init__(self, data_dir: Path, port: int | None) -> None:
        self.data_dir = data_dir
        self.port = port

    def ask(self, method: str, path: str, body: bytes | None = None) -> Answer:
        """Return the daemon's answer.

        Raises:
            NoDaemonError: nobody answers there.
            InputError: the daemon refused the request.
        """
        port, token = self.port or self._noted_port(), self._token()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_SECONDS)
        try:
            connection.request(method, f"/api/v1{path}", body, headers)
            response = connection.getresponse()
            answer = Answer(response.status, json.loads(response.read() or b"{}"))
        except (OSError, http.client.HTTPException, ValueError):
            raise NoDaemonError(
                f"No fxpaper daemon answers on port {port}. Start one with: fxpaper run"
            ) from None
        finally:
            connection.close()
        journalled = path.partition("?")[0] == "/signals" and answer.status in _JOURNALLED
        if answer.status >= _PROBLEMS_FROM and not journalled:
            raise InputError(answer.body.get("detail", f"HTTP {answer.status}"))
        return answer

    def _noted_port(self) -> int:
        try:
            return int((self.data_dir / "port").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise NoDaemonError(
                f"No daemon has run with the data directory {self.data_dir}. Start one with "
                '"fxpaper run", or name its --data-dir.'
            ) from None

    def _token(self) -> str:
        try:
            return (self.data_dir / "token").read_text(encoding="utf-8").strip()
        except OSError:
            raise NoDaemonError(
                f"There is no token in {self.data_dir}; name the daemon's --data-dir."
            ) from None


def path(*parts: str) -> str:
    """Return an API path of literal parts."""
    return "".join(f"/{quote(part, safe='')}" for part in parts)


def of_account(path: str, account: str | None) -> str:
    """Return an API path asked for an account; None is the daemon's own."""
    joint = "&" if "?" in path else "?"
    return path if account is None else f"{path}{joint}account={quote(account, safe='')}"


def is_running(data_dir: Path, port: int | None) -> bool:
    """Tell whether a daemon with this data directory listens on this machine."""
    try:
        noted = int((data_dir / "port").read_text(encoding="utf-8"))
        with socket.create_connection(("127.0.0.1", noted), timeout=1):
            return port in {None, noted}
    except (OSError, ValueError):
        return False


def chain(daemon: Daemon, signal_id: str, account: str | None = None) -> dict[str, Any]:
    """Return a signal's chain from the daemon, or from its ledger when none runs.

    Args:
        daemon: asked first.
        signal_id: of the signal.
        account: in whose journal it is; None for the daemon's own.

    Raises:
        FxpaperError: there is no such signal, or nowhere to look.
    """
    try:
        return daemon.ask("GET", of_account(path("signals", signal_id), account)).body
    except NoDaemonError:
        settings = read_settings(daemon.data_dir, None)
        where = ledger_of(settings, daemon.data_dir)
        if daemon.port is not None or (isinstance(where, Path) and not where.exists()):
            raise
    data_dir = daemon.data_dir
    instruments = read_profile(settings.profile, data_dir).instruments
    ledger = Ledger(where, read_only=True)
    ledger.open()
    name = account or settings.account
    try:
        found = ledger.chain(name, signal_id)
        state = ledger.load(name)
    finally:
        ledger.close()
    if state is None:
        raise InputError(f'There is no account "{name}" in the ledger of {data_dir}.')
    if found is None:
        of = "" if account is None else f'account "{account}" in '
        raise InputError(f'There is no signal "{signal_id}" in {of}the ledger of {data_dir}.')
    mode = state.account.mode
    return {
        "signal": signal_record(found.record, instruments, mode).model_dump(mode="json"),
        "order": None if found.order is None else views.order(found.order).model_dump(mode="json"),
        "deals": [views.deal(deal, instruments).model_dump(mode="json") for deal in found.deals],
    }


def outcomes(record: Mapping[str, Any], account: str | None = None) -> str:
    """Return what became of a signal, and a line for each other account that it went to."""
    lines = [outcome(record, account)]
    for one in record.get("others", ()):
        again = " (sent before; taken once)" if one["duplicate"] else ""
        lots = f" {one['lots']} lots" if one["lots"] else ""
        why = f" ({one['code']}): {one['text']}" if one["code"] else ""
        lines.append(f"{one['account']}: {one['status']}{again}{lots}{why}")
    return "\n".join(lines)


def outcome(record: Mapping[str, Any], account: str | None = None) -> str:
    """Return what became of a signal in one line; ``account`` is the one that was asked for."""
    option = "" if account is None else f" --account {account}"
    if "detail" in record:
        return f"refused ({record.get('code')}): {record['detail']}"
    again = " (sent before; taken once)" if record.get("duplicate") else ""
    if record["status"] == "executed" and record["order_id"] is not None:
        stop, profit = (record[f"{name}_price"] or "none" for name in ("stop_loss", "take_profit"))
        price = record["entry_price"]
        where = "the market; the order is on its way" if price is None else price
        return (
            f"executed{again}: {record['side']} {record['lots']} {record['symbol']} at "
            f"{where}, stop-loss {stop}, take-profit {profit}. "
            f"Why: fxpaper why {record['id']}{option}"
        )
    if record["status"] == "executed":
        left = f" Nothing was opened ({record['code']}): {record['text']}" if record["code"] else ""
        return (
            f"executed{again}: closed {', '.join(record['position_ids'])}.{left} "
            f"Why: fxpaper why {record['id']}{option}"
        )
    if record["status"] == "combined":
        other = record["ensemble_signal_id"]
        return f"combined{again} into signal {other}. Why: fxpaper why {other}{option}"
    if record["status"] == "refused":
        return f"refused{again} ({record['code']}): {record['text']}"
    why = f" ({record['code']}): {record['text']}" if record["code"] else ""
    return f"{record['status']}{again}{why} Signal {record['id']}"
