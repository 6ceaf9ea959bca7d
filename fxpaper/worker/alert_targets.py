"""Where alerts go: to open pages, and over Apprise to whatever a person carries.

An address of Apprise has its secret in it (a bot's token, a password), so no address is ever
logged or shown, and every piece of one is blotted out of what Apprise says about a failure.
"""

from __future__ import annotations

import asyncio
import logging
import re
import threading
import warnings
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import Protocol
from urllib.parse import unquote

import apprise

from fxpaper.domain.alert import Tone
from fxpaper.errors import ConfigurationError
from fxpaper.worker.alert_rules import Bundle

KNOWN_SERVICES = "https://github.com/caronc/apprise/wiki"
MOST_AT_ONCE = 4
"""Threads that send; one target takes one at most."""

_SHORTEST_SECRET = 4
_BETWEEN = re.compile(r"[/:@?&=,+ ]+")
_TYPES = {
    Tone.GOOD: apprise.NotifyType.SUCCESS,
    Tone.BAD: apprise.NotifyType.WARNING,
    Tone.PLAIN: apprise.NotifyType.INFO,
}


class Target(Protocol):
    """Somebody who can be told."""

    async def tell(self, bundle: Bundle, title: str) -> str | None:
        """Tell; returns why it could not be told, in one sentence, or None when it was."""


class PageTarget:
    """Every page that is open; what no page is open for is on the next one's panels.

    Args:
        show: shows it there.
    """

    def __init__(self, show: Callable[[Bundle, str], None]) -> None:
        self._show = show

    async def tell(self, bundle: Bundle, title: str) -> str | None:
        """Tell the open pages."""
        self._show(bundle, title)
        return None


class _Said(logging.Handler):
    """What Apprise complains of in this thread."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.words: list[str] = []
        self._thread_id = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a complaint."""
        if record.thread == self._thread_id:
            self.words.append(record.getMessage())


class AppriseTarget:
    """One address of Apprise.

    Args:
        name: as in the settings; stands for the address wherever one is named.
        address: with its secret.
        threads: where it is sent.

    Raises:
        ConfigurationError: Apprise does not know such an address.
    """

    def __init__(self, name: str, address: str, threads: Executor) -> None:
        service = _service_of(address)
        if service is None:
            raise ConfigurationError(
                f"Setting notify.{name} is no address that Apprise can send to. Addresses look "
                f"like tgram://TOKEN/CHAT or json://HOST:PORT; all of them: {KNOWN_SERVICES}."
            )
        self.kind = str(service.service_name)
        """What the address belongs to, e.g. ``Telegram``."""
        self._service = service
        self._secrets = secrets_in(address)
        self._threads = threads

    async def tell(self, bundle: Bundle, title: str) -> str | None:
        """Send a bundle."""
        return await self.send(title, bundle.text, bundle.tone)

    async def send(self, title: str, text: str, tone: Tone) -> str | None:
        """Send a message; returns why it failed, or None when it was taken."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._send, title, text, tone)

    def _send(self, title: str, text: str, tone: Tone) -> str | None:
        said, speaker = _Said(), logging.getLogger("apprise")
        speaker.addHandler(said)
        try:
            done = self._service.notify(
                body=text,
                title=title,
                notify_type=_TYPES[tone],
                body_format=apprise.NotifyFormat.TEXT,
            )
        except Exception as problem:  # noqa: BLE001 - a plugin's fault is this target's, nobody else's
            done = False
            said.words.append(f"{type(problem).__name__}: {problem}")
        finally:
            speaker.removeHandler(said)
        if done:
            return None
        return blotted(" ".join(said.words), self._secrets) or f"{self.kind} gave no reason."


def _service_of(address: str) -> apprise.NotifyBase | None:
    with warnings.catch_warnings():
        # The first address loads every plugin; one imports what Python is about to drop.
        warnings.simplefilter("ignore", DeprecationWarning)
        return apprise.Apprise.instantiate(address)


def targets_of(addresses: Mapping[str, str], threads: Executor) -> dict[str, Target]:
    """Return a target for each address, by name.

    Raises:
        ConfigurationError: Apprise does not know one.
    """
    return {name: AppriseTarget(name, one, threads) for name, one in addresses.items()}


def secrets_in(address: str) -> tuple[str, ...]:
    """Return every piece of an address that may be a secret, the longest first."""
    rest = address.partition("://")[2]
    split = {rest, *_BETWEEN.split(rest), *re.split(r"[/?]", rest)}
    pieces = split | {unquote(one) for one in split} | set(_BETWEEN.split(unquote(rest)))
    return tuple(sorted((one for one in pieces if len(one) >= _SHORTEST_SECRET), key=_by_length))


def blotted(text: str, secrets: tuple[str, ...]) -> str:
    """Return a text without the secrets in it."""
    for secret in secrets:
        text = re.sub(re.escape(secret), "…", text, flags=re.IGNORECASE)
    return text[:300]


def _by_length(text: str) -> int:
    return -len(text)
