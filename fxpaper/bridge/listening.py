"""What every ZeroMQ socket that listens has in common: where it may, for whom, and its end."""

from __future__ import annotations

import ipaddress
import threading

import structlog
import zmq
import zmq.asyncio

from fxpaper.bridge.keys import ServerKeys
from fxpaper.errors import ConfigurationError

log = structlog.get_logger(__name__)

_HEARTBEAT_MS, _HEARTBEAT_PATIENCE_MS = 2000, 6000
_END_SECONDS = 3.0


def check_address(setting: str, address: str, keys: ServerKeys | None, example: str) -> None:
    """Refuse an address that is none, or that strangers reach on a line anybody can read.

    Args:
        setting: the address is from.
        address: an IP address and a port.
        keys: of the daemon; with them lines are encrypted.
        example: of an address that would be right.

    Raises:
        ConfigurationError: it is refused.
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) <= 65535:  # noqa: PLR2004
        raise ConfigurationError(f'{setting} "{address}" is no address; write one like {example}.')
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        raise ConfigurationError(
            f'{setting} "{address}": "{host}" is no IP address of this machine; '
            "127.0.0.1 is for programs on this machine, 0.0.0.0 for others."
        ) from None
    if not loopback and keys is None:
        raise ConfigurationError(
            f"{setting} {address} can be reached from other machines, and the line is not "
            "encrypted. Run fxpaper keygen, or use 127.0.0.1."
        )


def find_silent_lines(socket: zmq.asyncio.Socket) -> None:
    """Let a socket that is going to listen ask whether those at its lines are there still.

    Not one that only takes: what it asks of a sender that has gone makes the system throw away
    what that sender had sent before.
    """
    socket.setsockopt(zmq.HEARTBEAT_IVL, _HEARTBEAT_MS)
    socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, _HEARTBEAT_PATIENCE_MS)


def listen(
    socket: zmq.asyncio.Socket, setting: str, address: str, keys: ServerKeys | None, whom: str
) -> None:
    """Listen at an address, encrypted where there are keys.

    Args:
        socket: that listens.
        setting: the address is from.
        address: an IP address and a port.
        keys: of the daemon, or None.
        whom: is awaited, for the message: ``Terminals``.

    Raises:
        ConfigurationError: it cannot be listened on.
    """
    if keys is not None:
        socket.setsockopt(zmq.CURVE_SERVER, 1)
        socket.setsockopt(zmq.CURVE_SECRETKEY, keys.secret.encode())
    try:
        socket.bind(f"tcp://{address}")
    except zmq.ZMQError as problem:
        raise ConfigurationError(
            f"{whom} cannot be awaited at {address} ({zmq.strerror(problem.errno or 0)}); "
            f"correct {setting}, or stop what listens there."
        ) from None


def end(context: zmq.asyncio.Context) -> None:
    """End ZeroMQ's threads; one that hangs in somebody's handshake must not keep the daemon."""
    ending = threading.Thread(target=context.term, daemon=True)
    ending.start()
    ending.join(_END_SECONDS)
    if ending.is_alive():
        log.warning("zeromq_did_not_end", patience_seconds=_END_SECONDS)
