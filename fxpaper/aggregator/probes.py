"""What each source's key really gets, asked once a day and remembered over restarts."""

from __future__ import annotations

from pathlib import Path

import msgspec
import structlog

from fxpaper.aggregator.source import Finding, Source
from fxpaper.domain.instant import NS_PER_SECOND, Instant
from fxpaper.domain.quote import Quote
from fxpaper.errors import FxpaperError, RateLimitedError
from fxpaper.whole_file import write_whole

log = structlog.get_logger(__name__)

FILE = "probes.json"
_DAY_NS = 86_400 * NS_PER_SECOND


class _Kept(msgspec.Struct):
    at: Instant
    finding: Finding


class Probes:
    """Asks sources and remembers the answers.

    Args:
        directory: where the answers are kept; None asks nothing.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self._path = None if directory is None else directory / FILE
        self._known: dict[str, _Kept] = {}
        self._heard: set[str] = set()
        if self._path is None:
            return
        try:
            self._known = msgspec.json.decode(self._path.read_bytes(), type=dict[str, _Kept])
        except FileNotFoundError:
            pass
        except (OSError, msgspec.DecodeError, UnicodeDecodeError) as problem:
            log.warning("probes_unreadable", path=str(self._path), problem=str(problem))

    def found(self, name: str) -> Finding | None:
        """Return what was found out about a source last."""
        kept = self._known.get(name)
        return None if kept is None else kept.finding

    async def ask(self, source: Source, symbol: str, now: Instant) -> None:
        """Ask a source, unless it was asked within a day; a spent plan is no finding."""
        kept = self._known.get(source.name)
        if self._path is None:
            return
        if kept is not None and kept.finding.ok and 0 <= now - kept.at < _DAY_NS:
            return
        try:
            finding = await source.probe(symbol)
        except RateLimitedError:
            return
        except FxpaperError as problem:
            finding = Finding(ok=False, text=str(problem))
        log.info("source_probed", source=source.name, ok=finding.ok, text=finding.text)
        self._known[source.name] = _Kept(now, finding)
        self._write()

    def note_stream(self, source: Source, quote: Quote, now: Instant) -> None:
        """Take the first quote of a stream in this process as what its key gets."""
        evidence = quote.evidence
        if source.polled or self._path is None or evidence.source in self._heard:
            return
        self._heard.add(evidence.source)
        text = f"{quote.symbol} streams, grade {evidence.grade}, {evidence.spread} spread."
        self._known[evidence.source] = _Kept(now, Finding(ok=True, text=text))
        self._write()

    def _write(self) -> None:
        if self._path is None:
            return
        try:
            write_whole(self._path, msgspec.json.encode(self._known))
        except OSError as problem:
            log.warning("probes_not_kept", path=str(self._path), problem=str(problem))
