"""Alerts, put together: rules and targets of the settings, the sender, and what it watches."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from difflib import get_close_matches
from pathlib import Path

from fxpaper.aggregator.source import SourceState
from fxpaper.clock import Clock, SystemClock
from fxpaper.config import Settings
from fxpaper.domain.account import Account, Mode
from fxpaper.domain.alert import AlertKind
from fxpaper.domain.event import Recorded
from fxpaper.domain.instant import NS_PER_SECOND, Instant
from fxpaper.domain.quote import Quote
from fxpaper.domain.terminal import TerminalSaid
from fxpaper.errors import ConfigurationError
from fxpaper.ledger.shell import LedgerShell
from fxpaper.web.hub import Hub
from fxpaper.worker.alert_outbox import FILE, AlertOutbox
from fxpaper.worker.alert_rules import DEFAULT_RULES, PAGE, AlertRule, Bundle, Patience
from fxpaper.worker.alert_sender import AlertSender, Whose
from fxpaper.worker.alert_targets import MOST_AT_ONCE, PageTarget, targets_of
from fxpaper.worker.alert_watch import AlertWatch

_LOOK_SECONDS = 1.0


def rules_of_alerts(settings: Settings) -> tuple[AlertRule, ...]:
    """Return the configured rules, or what the page is told where there are none.

    Raises:
        ConfigurationError: a rule names a target that there is not.
    """
    if PAGE in settings.notify:
        raise ConfigurationError('Setting notify: "page" is the page itself; use another name.')
    known = (PAGE, *settings.notify)
    for number, rule in enumerate(settings.alerts, start=1):
        for name in rule.to:
            if name not in known:
                near = get_close_matches(name, known, n=1)
                hint = f"did you mean {near[0]}?" if near else "it has no address in [notify]."
                raise ConfigurationError(
                    f'Setting alerts: rule {number} tells "{name}"; {hint} '
                    f"Known: {', '.join(known)}."
                )
    if not settings.alerts:
        return DEFAULT_RULES
    return tuple(
        AlertRule(
            on=frozenset(AlertKind(one) for one in rule.on),
            models=rule.model,
            symbols=tuple(one.upper() for one in rule.symbol),
            to=rule.to,
            every_ns=round(rule.every_seconds * NS_PER_SECOND),
        )
        for rule in settings.alerts
    )


def check_addresses(settings: Settings) -> None:
    """Look at rules and addresses before anything is opened.

    Raises:
        ConfigurationError: one of them is wrong.
    """
    rules_of_alerts(settings)
    addresses = {name: one.get_secret_value() for name, one in settings.notify.items()}
    with ThreadPoolExecutor(1) as nobody:
        targets_of(addresses, nobody)


def show_on(hub: Callable[[], Hub]) -> Callable[[Bundle, str], None]:
    """Return what shows a bundle of alerts on the open pages."""

    def show(bundle: Bundle, title: str) -> None:
        kinds = tuple(one.value for one in bundle.kinds)
        told = (kinds, bundle.tone.value, bundle.count, bundle.lines)
        hub().alerts.tell(title, told)

    return show


class Alerting:
    """Everything about the alerts of one account.

    Args:
        settings: with rules and addresses.
        data_dir: where the outbox is.
        account: that is told about.
        ledger: has its events.
        market: clock of the market.
        show: shows alerts on the open pages.

    Raises:
        ConfigurationError: a rule or an address is wrong.
    """

    def __init__(
        self,
        settings: Settings,
        data_dir: Path,
        account: Account,
        *,
        ledger: LedgerShell,
        market: Clock,
        show: Callable[[Bundle, str], None],
    ) -> None:
        # One beside the daemon's own hears of its events only; prices and sources are told once.
        self._beside = account.id != settings.account
        self._threads = ThreadPoolExecutor(MOST_AT_ONCE, "alerts")
        self._account = account
        self._market = market
        self._watch = AlertWatch()
        addresses = {name: one.get_secret_value() for name, one in settings.notify.items()}
        live = " LIVE" if account.mode is Mode.LIVE else ""
        self._sender = AlertSender(
            Whose(account.id, f"fxpaper {account.id}{live}", account.currency),
            ledger=ledger,
            outbox=AlertOutbox(data_dir, f"alerts-{account.id}.db" if self._beside else FILE),
            rules=rules_of_alerts(settings),
            targets={PAGE: PageTarget(show), **targets_of(addresses, self._threads)},
            clocks=(SystemClock(), market),
            patience=Patience(),
        )

    async def open(self) -> None:
        """Go on where the last process stopped.

        Raises:
            ConfigurationError: the outbox cannot be used.
        """
        await self._sender.open(self._account.seq)

    def on_quote(self, quote: Quote) -> None:
        """Take a quote that was passed on."""
        told = self._watch.on_quote(quote)
        if told:
            self._sender.tell(told)

    def on_events(self, events: Sequence[Recorded]) -> None:
        """Take events that are committed, in order."""
        self._sender.on_events(events)

    def hearing(self, hear: Callable[[TerminalSaid], None]) -> Callable[[TerminalSaid], None]:
        """Return what hears a terminal too."""

        def heard(said: TerminalSaid) -> None:
            hear(said)
            self._sender.tell(self._watch.on_terminal(said, self._market.now()))

        return heard

    async def run(
        self, states: Callable[[], Iterable[SourceState]], is_open: Callable[[Instant], bool]
    ) -> None:
        """Work until cancelled.

        Args:
            states: how the sources are doing.
            is_open: tells whether the market trades at an instant.
        """
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._sender.run())
                while not self._beside:
                    now = self._market.now()
                    told = self._watch.on_time(now, is_open=is_open(now))
                    self._sender.tell([*told, *self._watch.on_sources(states(), now)])
                    await asyncio.sleep(_LOOK_SECONDS)
        finally:
            self._threads.shutdown(wait=False, cancel_futures=True)
