"""Calls over HTTP to providers without an SDK, each within the plan."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import aiohttp
import msgspec

from fxpaper.aggregator.sources.polling import Hurry, Spending
from fxpaper.domain.instant import NS_PER_SECOND
from fxpaper.errors import ConfigurationError, TransientError

_SECONDS = 12.0
_SAID = 300
_LONGEST_SECONDS = 86_400
_KEY_STATUSES = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_MINUTE_NS = 60 * NS_PER_SECOND


class Rest:
    """Asks one provider.

    Args:
        provider: its name for people.
        base_url: where it is.
        headers: with the key; shown nowhere.
        spending: of its plan.
    """

    def __init__(
        self, provider: str, base_url: str, headers: Mapping[str, str], spending: Spending
    ) -> None:
        self._provider = provider
        self._base_url = base_url
        self._headers = headers
        self._spending = spending
        self._session: aiohttp.ClientSession | None = None

    async def ask(self, path: str, query: Mapping[str, str], hurry: Hurry) -> Any:  # noqa: ANN401
        """Return the JSON of an answer.

        Args:
            path: below the base.
            query: without any key.
            hurry: how the call is counted.

        Raises:
            RateLimitedError: the plan is spent.
            ConfigurationError: the key is wrong.
            TransientError: anything else that is no answer.
        """
        await self._spending.reserve(hurry)
        session = self._opened()
        try:
            async with session.get(self._base_url + path, params=query) as answer:
                body = await answer.read()
        except aiohttp.ClientConnectorError:
            await self._spending.budget.refund(self._spending.account)
            raise TransientError(f"{self._provider} cannot be reached") from None
        except (aiohttp.ClientError, TimeoutError) as problem:
            raise TransientError(
                f"{self._provider} did not answer ({type(problem).__name__})"
            ) from None
        if answer.status != HTTPStatus.OK:
            await self._fail(answer, body)
        try:
            return msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise TransientError(f"{self._provider}: the answer is not JSON") from None

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                headers=self._headers, timeout=aiohttp.ClientTimeout(total=_SECONDS)
            )
        return self._session

    async def _fail(self, answer: aiohttp.ClientResponse, body: bytes) -> None:
        said = body.decode("utf-8", "replace")
        for value in self._headers.values():
            said = said.replace(value.split()[-1], "***")
        text = f"{self._provider}: {said[:_SAID] or answer.reason} ({answer.status})"
        if answer.status in _KEY_STATUSES:
            raise ConfigurationError(f"{text}. Set the key of your plan.")
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            now = self._spending.clock.now()
            until = now - now % _MINUTE_NS + _MINUTE_NS
            after = answer.headers.get("Retry-After", "")
            if after.isdecimal():
                until = max(until, now + min(int(after), _LONGEST_SECONDS) * NS_PER_SECOND)
            await self._spending.budget.ban(self._spending.account, until)
            raise self._spending.limited("too many requests", until)
        raise TransientError(text)
