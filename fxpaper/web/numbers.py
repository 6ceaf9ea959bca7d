"""What /metrics tells: counted in plain integers on the way, named for Prometheus when asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from fxpaper.web.hub import Hub

CONTENT_TYPE = CONTENT_TYPE_LATEST

Requested = tuple[str, str, int]
"""Method, route and status of an answered request."""


class Numbers(Collector):
    """Counts requests, and asks the hub about the rest.

    Args:
        hub: counts quotes, events and sockets.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._requests: Counter[Requested] = Counter()
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def count(self, method: str, route: str, status: int) -> None:
        """Count an answered request."""
        self._requests[method, route, status] += 1

    def text(self) -> bytes:
        """Return everything in the text format of Prometheus."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """Yield every metric; called by the registry."""
        requests = CounterMetricFamily(
            "fxpaper_http_requests", "Answered requests", labels=("method", "route", "status")
        )
        for (method, route, status), count in self._requests.items():
            requests.add_metric((method, route, str(status)), count)
        yield requests
        hub = self._hub
        yield GaugeMetricFamily("fxpaper_ws_clients", "Open sockets", len(hub.clients))
        yield CounterMetricFamily(
            "fxpaper_ws_slow_clients", "Sockets closed because too slow", hub.dropped_slow
        )
        yield CounterMetricFamily("fxpaper_quotes", "Quotes taken", hub.quotes.count)
        yield CounterMetricFamily("fxpaper_events", "Account events told", hub.account.count)
