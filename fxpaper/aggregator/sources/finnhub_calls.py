"""Calls to Finnhub through its own SDK; runs in a thread, because the SDK blocks.

The SDK puts the key in every address; it is moved to the header that Finnhub takes too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import finnhub
import msgspec
import requests

_NEVER_LEFT = ("NameResolutionError", "NewConnectionError")
_MESSAGE = 300


class Answer(msgspec.Struct, frozen=True):
    """What came back.

    Args:
        body: of a successful answer; None otherwise.
        status: of HTTP.
        message: why there is no body.
        remaining: calls left in this minute, where the provider said so.
        reset_at: when they are renewed, seconds since 1970, where it said so.
        retry_after: seconds to wait, where it said so.
    """

    body: Any
    status: int
    message: str = ""
    remaining: int | None = None
    reset_at: int | None = None
    retry_after: int | None = None


class NeverLeftError(OSError):
    """The call certainly did not reach the provider, so it cost nothing."""


class FinnhubCalls:
    """The SDK for one key.

    Args:
        key: of the plan.
        base_url: where the provider is.
    """

    def __init__(self, key: str, base_url: str) -> None:
        self._key = key
        self._base_url = base_url
        self._client = finnhub.Client(api_key=key)
        self._client.API_URL = base_url
        session = self._client._session  # noqa: SLF001 - its only way to headers
        session.params.pop("token", None)
        session.headers["X-Finnhub-Token"] = key
        session.hooks["response"].append(self._keep_response)
        self._status = 0
        self._headers: Mapping[str, str] = {}

    def quote(self, name: str) -> Answer:
        """Ask for the latest price of ``OANDA:EUR_USD``.

        Raises:
            NeverLeftError: there is no connection.
            OSError: nobody answered; the message has no key in it.
        """
        try:
            return self._answer(self._client.quote(name), "")
        except finnhub.FinnhubAPIException as problem:
            return self._answer(None, str(problem.message))
        except finnhub.FinnhubRequestException:
            return self._answer(None, "the answer is not JSON")
        except requests.RequestException as problem:
            text = type(problem).__name__ if self._key in str(problem) else str(problem)
            if any(sign in text for sign in _NEVER_LEFT):
                raise NeverLeftError(
                    f"no connection to {urlsplit(self._base_url).netloc}"
                ) from None
            raise OSError(text) from None

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _keep_response(self, response: Any, *_: Any, **__: Any) -> None:  # noqa: ANN401
        # Not the response itself: it would keep the socket open after the session is closed.
        self._status, self._headers = response.status_code, response.headers

    def _answer(self, body: Any, message: str) -> Answer:  # noqa: ANN401
        headers = self._headers
        return Answer(
            body=body,
            status=self._status,
            message=message.replace(self._key, "***")[:_MESSAGE],
            remaining=_number(headers.get("X-Ratelimit-Remaining")),
            reset_at=_number(headers.get("X-Ratelimit-Reset")),
            retry_after=_number(headers.get("Retry-After")),
        )


def _number(text: object) -> int | None:
    try:
        return int(str(text))
    except ValueError:
        return None
