"""Calls to Yahoo through yfinance; runs in one thread, because yfinance blocks and shares state."""

from __future__ import annotations

import logging
import math
import warnings
from typing import Any

import msgspec
import yfinance
from yfinance.exceptions import YFException, YFRateLimitError

from fxpaper.aggregator.source import Span
from fxpaper.domain.instant import NS_PER_SECOND, Instant


class Row(msgspec.Struct, frozen=True):
    """One minute of the answer.

    Args:
        opened_at: nanoseconds UTC.
        prices: open, high, low, close.
    """

    opened_at: Instant
    prices: tuple[float, ...]


class Chart(msgspec.Struct, frozen=True):
    """One answer.

    Args:
        price: the latest, as it came.
        quoted_at: its time, nanoseconds UTC; None when it had none.
        rows: minutes of today, oldest first, without those that have no prices.
    """

    price: Any
    quoted_at: Instant | None
    rows: list[Row]


class TooManyError(Exception):
    """Yahoo wants fewer calls."""


class YahooCalls:
    """yfinance, one ticker object for each name so that time zones are asked for once.

    Args:
        session: of curl_cffi or requests; None for yfinance's own.
    """

    def __init__(self, session: Any) -> None:  # noqa: ANN401 - either library's
        # Otherwise failures come as empty tables.
        yfinance.config.debug.hide_exceptions = False
        # It shows deprecations of pandas in its own code to whoever runs it.
        warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"^yfinance")
        # What it has to say comes as an exception too.
        logging.getLogger("yfinance").setLevel(logging.CRITICAL)
        self._session = session
        self._tickers: dict[str, Any] = {}

    def chart(self, name: str, span: Span | None = None) -> Chart:
        """Ask for bars and the latest price in one call.

        Args:
            name: Yahoo's, ``EURUSD=X``.
            span: of the bars; None for today's minutes.

        Raises:
            TooManyError: Yahoo wants fewer calls.
            OSError: nobody answered.
            ValueError: the answer makes no sense.
        """
        ticker = self._tickers.get(name)
        if ticker is None:
            ticker = yfinance.Ticker(name, session=self._session)
            self._tickers[name] = ticker
        try:
            frame = ticker.history(**_wanted(span))
            meta = ticker.get_history_metadata()
        except YFRateLimitError as problem:
            raise TooManyError(str(problem)) from None
        except (YFException, KeyError, TypeError, IndexError, AttributeError) as problem:
            self._tickers.pop(name, None)
            raise ValueError(f"{type(problem).__name__}: {problem}") from None
        return Chart(
            price=meta.get("regularMarketPrice"),
            quoted_at=_instant(meta.get("regularMarketTime")),
            rows=_rows(frame),
        )

    def forget(self) -> None:
        """Drop what yfinance keeps of earlier answers; it keeps broken ones for ever too."""
        yfinance.data.YfData.cache_get.cache_clear()

    def close(self) -> None:
        """Close the session, if one was handed in."""
        if self._session is not None:
            self._session.close()


def _wanted(span: Span | None) -> dict[str, Any]:
    if span is None:
        return {"period": "1d", "interval": "1m"}
    return {
        "interval": span.interval,
        "start": span.begins // NS_PER_SECOND,
        "end": -(-span.ends // NS_PER_SECOND),
    }


def _instant(stamp: Any) -> Instant | None:  # noqa: ANN401
    """Return the instant of a pandas timestamp or of seconds since 1970."""
    if hasattr(stamp, "timestamp"):
        stamp = stamp.timestamp()
    if isinstance(stamp, bool) or not isinstance(stamp, int | float) or stamp <= 0:
        return None
    return int(stamp) * NS_PER_SECOND


def _rows(frame: Any) -> list[Row]:  # noqa: ANN401
    columns = zip(
        frame.index, frame["Open"], frame["High"], frame["Low"], frame["Close"], strict=True
    )
    rows = [
        Row(int(at.timestamp()) * NS_PER_SECOND, tuple(map(float, prices)))
        for at, *prices in columns
    ]
    return [row for row in rows if all(map(math.isfinite, row.prices))]
