"""The doors through which signals come besides the API and the file, as the settings open them."""

from __future__ import annotations

from pathlib import Path

from fxpaper.clock import SystemClock
from fxpaper.config import Settings
from fxpaper.errors import ConfigurationError
from fxpaper.worker.fanout import Fanout
from fxpaper.worker.signal_socket import SignalSocket
from fxpaper.worker.signal_stream import SignalStream


def open_signal_doors(
    settings: Settings, data_dir: Path, front: Fanout
) -> list[SignalSocket | SignalStream]:
    """Return the doors that the settings open; each takes signals while it is run.

    Args:
        settings: read once.
        data_dir: where keys are.
        front: where signals are handed in.

    Raises:
        ConfigurationError: an address is none, strangers would reach it, or something is missing.
    """
    doors: list[SignalSocket | SignalStream] = []
    if settings.signals_zmq is not None:
        doors.append(SignalSocket(settings.signals_zmq, data_dir, front, SystemClock()))
    if settings.signals_stream is not None:
        if settings.redis_url is None:
            raise ConfigurationError(
                f'signals_stream "{settings.signals_stream}" is a stream of a Redis server, and '
                "redis_url names none; set it, e.g. redis://127.0.0.1:6379/0."
            )
        doors.append(SignalStream(settings.redis_url, settings.signals_stream, front))
    return doors
