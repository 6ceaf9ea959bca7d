"""Calls to Twelve Data through its own SDK; runs in threads, because the SDK blocks.

The SDK raises errors that carry neither status nor headers and would put the key in every
address. Hooks of the session it lets us hand in give the one and keep the other out: the key
travels in the ``Authorization`` header.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec
from twelvedata import TDClient
from twelvedata.exceptions import TwelveDataError
from twelvedata.http_client import DefaultHttpClient

_SECONDS = 10
_BODY = 2000
# What urllib3 calls a name that is not found and a connection that is not made.
_NEVER_LEFT = ("NameResolutionError", "NewConnectionError")


class Answer(msgspec.Struct, frozen=True):
    """What came back.

    Args:
        body: what the SDK made of it; None when it found no payload.
        status: of HTTP.
        code: of the error in the body, or the HTTP status.
        explained: whether the body says that it is an error, in the provider's own form.
        message: why there is no payload; without the key.
        credits_used: in this minute, by the provider's count; None where it did not say.
        retry_after: seconds to wait, where the provider said so.
    """

    body: Any
    status: int
    code: int
    explained: bool
    message: str
    credits_used: int | None
    retry_after: int | None


class NeverLeftError(OSError):
    """The call certainly did not reach the provider, so it cost nothing."""


class TwelveDataCalls:
    """The SDK for one key.

    Args:
        key: of the plan.
        base_url: where the provider is.
    """

    def __init__(self, key: str, base_url: str) -> None:
        self._key = key
        self._base_url = base_url
        self._own = threading.local()
        self._sessions: list[Any] = []

    def close(self) -> None:
        """Close the connections of every thread."""
        for session in self._sessions:
            session.close()

    def exchange_rate(self, name: str) -> Answer:
        """Ask for the present rate of a pair such as ``EUR/USD``.

        Raises:
            NeverLeftError: there is no connection.
            OSError: nobody answered; the message has no key in it.
        """
        return self._call("exchange_rate", symbol=name, timezone="UTC")

    def usage(self) -> Answer:
        """Ask what the key's plan allows and what is used of it.

        Raises:
            NeverLeftError: there is no connection.
            OSError: nobody answered; the message has no key in it.
        """
        return self._call("api_usage")

    def time_series(self, name: str, interval: str, wanted: Mapping[str, object]) -> Answer:
        """Ask for bars of a pair, oldest first.

        Args:
            name: of the pair, ``EUR/USD``.
            interval: by the provider's name, ``1min``.
            wanted: ``outputsize``, ``start_date`` and ``end_date`` as the provider takes them.

        Raises:
            NeverLeftError: there is no connection.
            OSError: nobody answered; the message has no key in it.
        """
        return self._call(
            "time_series",
            symbol=name,
            interval=interval,
            timezone="UTC",
            order="asc",
            **wanted,
        )

    def _call(self, endpoint: str, **arguments: object) -> Answer:
        """Make one call; the sessions of two threads are never shared."""
        try:
            if not hasattr(self._own, "sdk"):
                self._own.http = self._http_client()
                self._own.sdk = TDClient(self._key, self._own.http, self._base_url)
            body = getattr(self._own.sdk, endpoint)(**arguments).as_json()
        except TwelveDataError as problem:
            return self._answer(None, str(problem))
        except ValueError:
            return self._answer(None, "the answer is not JSON")
        except OSError as problem:
            text = self._redacted(str(problem))
            if any(sign in text for sign in _NEVER_LEFT):
                raise NeverLeftError(
                    f"no connection to {urlsplit(self._base_url).netloc}"
                ) from None
            raise OSError(text) from None
        except (TypeError, KeyError, AttributeError):
            return self._answer(None, "the answer is not of the documented form")
        return self._answer(body, "")

    def _http_client(self) -> Any:  # noqa: ANN401 - the SDK has no types
        client = DefaultHttpClient(self._base_url)
        client.session.auth = self._key_into_header
        client.session.hooks["response"].append(self._keep_response)
        self._sessions.append(client.session)
        send = client.session.send

        def send_with_shorter_patience(request: Any, **options: Any) -> Any:  # noqa: ANN401
            return send(request, **{**options, "timeout": _SECONDS})

        client.session.send = send_with_shorter_patience
        return client

    def _key_into_header(self, request: Any) -> Any:  # noqa: ANN401 - requests has no types here
        parts = urlsplit(request.url)
        kept = [(name, value) for name, value in parse_qsl(parts.query) if name != "apikey"]
        request.url = urlunsplit(parts._replace(query=urlencode(kept)))
        request.headers["Authorization"] = f"apikey {self._key}"
        return request

    def _keep_response(self, response: Any, *_: Any, **__: Any) -> None:  # noqa: ANN401
        self._own.response = response

    def _answer(self, body: Any, message: str) -> Answer:  # noqa: ANN401
        response = self._own.response
        return Answer(
            body=body,
            status=response.status_code,
            code=_code_in(response),
            explained=_content(response).get("status") == "error",
            message=self._redacted(_message_in(response) or message)[:_BODY],
            credits_used=_number(response.headers.get("api-credits-used")),
            retry_after=_number(response.headers.get("Retry-After")),
        )

    def _redacted(self, text: str) -> str:
        hidden = re.sub(r"(?i)(apikey=)[^&\s'\"]*", r"\1***", text)
        return hidden.replace(self._key, "***") if self._key else hidden


def _code_in(response: Any) -> int:  # noqa: ANN401
    content = _content(response)
    if content.get("status") == "error":
        return _number(content.get("code")) or response.status_code or 500
    return int(response.status_code)


def _message_in(response: Any) -> str:  # noqa: ANN401
    return str(_content(response).get("message", ""))


def _content(response: Any) -> dict[str, Any]:  # noqa: ANN401
    try:
        content = response.json()
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _number(text: object) -> int | None:
    try:
        return int(str(text))
    except ValueError:
        return None
