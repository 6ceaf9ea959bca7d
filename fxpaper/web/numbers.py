"""What /metrics tells: counted in plain integers on the way, named for Prometheus when asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from fxpaper.aggregator.source import SourceState
from fxpaper.web.hub import Hub

CONTENT_TYPE = CONTENT_TYPE_LATEST

Requested = tuple[str, str, int]
"""Method, route and status of an answered request."""


class Numbers(Collector):
    """Counts requests, and asks the hub about the rest.

    Args:
        hub: counts quotes, events and sockets.
        sources: tells how each price source is doing.
    """

    def __init__(self, hub: Hub, sources: Callable[[], Sequence[SourceState]]) -> None:
        self._hub = hub
        self._sources = sources
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
        yield from self._of_sources()

    def _of_sources(self) -> Iterator[Metric]:
        states = self._sources()
        up = GaugeMetricFamily(
            "fxpaper_source_active", "Whether a price source serves some symbol", labels=("source",)
        )
        switches = CounterMetricFamily(
            "fxpaper_source_switches", "Symbols taken over", labels=("source",)
        )
        refused = CounterMetricFamily(
            "fxpaper_quotes_refused", "Quotes kept back or corrected", labels=("source", "reason")
        )
        used = GaugeMetricFamily(
            "fxpaper_source_calls", "Calls counted in a window", labels=("source", "window")
        )
        limits = GaugeMetricFamily(
            "fxpaper_source_limit", "Calls allowed in a window", labels=("source", "window")
        )
        for state in states:
            up.add_metric((state.name,), int(state.active))
            switches.add_metric((state.name,), state.switches)
            for reason, count in state.refused.items():
                refused.add_metric((state.name, reason), count)
            for window, count, limit in (
                ("minute", state.used_minute, state.limit_minute),
                ("hour", state.used_hour, state.limit_hour),
                ("day", state.used_day, state.limit_day),
            ):
                if limit is not None:
                    used.add_metric((state.name, window), count)
                    limits.add_metric((state.name, window), limit)
        yield from (up, switches, refused, used, limits)
