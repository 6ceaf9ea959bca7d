"""The accounts of a daemon: its own and those beside it, opened and loaded by their settings."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from fnmatch import fnmatchcase
from functools import partial

import msgspec

from fxpaper.account_settings import OVERRIDES, AccountSettings
from fxpaper.config import Settings
from fxpaper.domain.account import SHADOW, Mode
from fxpaper.domain.event import Recorded
from fxpaper.domain.instant import Instant
from fxpaper.domain.instrument import BrokerProfile, Instrument
from fxpaper.domain.limits import Limits
from fxpaper.domain.outcome import Outcome
from fxpaper.engine.engine import Engine
from fxpaper.errors import ConfigurationError
from fxpaper.from_settings import account_of, book_of, costs_of, limits_of
from fxpaper.ledger.ledger import Ledger
from fxpaper.ledger.records import LedgerState
from fxpaper.ledger.shell import LedgerShell
from fxpaper.live_account import terminal_broker
from fxpaper.signals.desk import Desk
from fxpaper.signals.routing import Taking
from fxpaper.signals.sizing.sizer import Past
from fxpaper.signals.volatility import Volatility


class FurtherAccount(msgspec.Struct, frozen=True, kw_only=True):
    """A paper account beside the daemon's own.

    Args:
        settings: the daemon's, with the account's own in their place.
        taking: which signals it takes part in.
    """

    settings: Settings
    taking: Taking

    @property
    def name(self) -> str:
        """Its id."""
        return self.settings.account


def further_accounts(
    settings: Settings, instruments: Mapping[str, Instrument]
) -> tuple[FurtherAccount, ...]:
    """Return the accounts of the tables ``[accounts.NAME]``, in the order of the file.

    Raises:
        ConfigurationError: a name is taken, or a pattern is no symbol's.
    """
    return tuple(
        FurtherAccount(
            settings=settings_of(settings, name),
            taking=_taking(name, table, instruments),
        )
        for name, table in settings.accounts.items()
    )


def settings_of(settings: Settings, name: str) -> Settings:
    """Return what is set for one account: its own settings in place of the daemon's.

    Raises:
        ConfigurationError: the name is the daemon's own account's, or a shadow's.
    """
    if name == settings.account:
        raise ConfigurationError(
            f'accounts.{name}: "{name}" is the daemon\'s own account, whose settings are those '
            "outside of tables; choose another name."
        )
    if name.endswith(SHADOW):
        raise ConfigurationError(
            f'accounts.{name}: a name that ends with "{SHADOW}" is that of a live account\'s '
            "shadow; choose another."
        )
    table = settings.accounts[name]
    own = {one: getattr(table, one) for one in table.model_fields_set & OVERRIDES}
    return settings.model_copy(update={**own, "account": name, "accounts": {}})


async def open_accounts(
    shell: LedgerShell, wanted: Sequence[Settings], profile: BrokerProfile, now: Instant
) -> None:
    """Open the accounts that the ledger does not have, all or none.

    Args:
        shell: has the ledger.
        wanted: of each account; of the daemon's own first.
        profile: the broker's rules.
        now: nanoseconds UTC.

    Raises:
        ConfigurationError: an account beside the daemon's own is live.
    """
    events: list[Recorded] = []
    for settings in wanted:
        state = await shell.read(partial(_load, settings.account))
        if state is None:
            engine = Engine(profile, limits_of(settings))
            events += engine.open_account(account_of(settings, now))
        elif state.account.mode is Mode.LIVE and settings is not wanted[0]:
            raise ConfigurationError(
                f'accounts.{settings.account}: "{settings.account}" is live; a daemon trades one '
                f'live account, its own. Set account = "{settings.account}", or choose another '
                "name here."
            )
    if events:
        await shell.commit(events)


async def desk_of(
    shell: LedgerShell,
    settings: Settings,
    by: tuple[BrokerProfile, Limits],
    volatility: Volatility,
    *,
    around_the_clock: bool,
    beside: bool = False,
) -> Desk:
    """Return the desk of an account as the ledger knows it.

    Args:
        shell: has the ledger.
        settings: of the account.
        by: the broker's rules, and what the account may lose.
        volatility: how far prices move in a day; shared by the accounts.
        around_the_clock: whether the market never closes.
        beside: whether it is not the daemon's own account.

    Raises:
        ConfigurationError: the ledger has no such account.
    """
    limits = limits_of(settings, around_the_clock=around_the_clock)
    profile, account_limits = by
    engine = Engine(profile, limits, costs_of(settings), account_limits)
    state = await shell.read(lambda ledger: ledger.load(settings.account))
    if not isinstance(state, LedgerState):
        raise ConfigurationError(f'The ledger has no account "{settings.account}".')
    engine.restore(state.account, state.positions, state.orders, state.today)
    engine.restore_alerts(state.alerts)
    live = state.account.mode is Mode.LIVE
    terminal = await terminal_broker(engine, state, shell) if live else None
    option = f" --account {settings.account}" if beside else ""
    book = book_of(settings, option=option)
    desk = Desk(engine, book, terminal, Past(volatility=volatility))
    desk.restore(state.waiting, state.policies)
    named = {one.signal_id for one in state.positions} | {one.signal_id for one in state.orders}
    asked = partial(_came_to, settings.account, named - {None})
    outcomes, stated = await shell.read(asked)
    desk.remember(settings.account, outcomes, stated)
    return desk


def _came_to(
    account: str, signal_ids: Collection[str | None], ledger: Ledger
) -> tuple[list[Outcome], dict[str, Decimal]]:
    return ledger.outcomes(account), ledger.stated(account, signal_ids)


def _load(name: str, ledger: Ledger) -> LedgerState | None:
    return ledger.load(name)


def _taking(name: str, table: AccountSettings, instruments: Mapping[str, Instrument]) -> Taking:
    symbols = tuple(pattern.replace("/", "").upper() for pattern in table.symbols)
    for pattern in symbols:
        if not any(fnmatchcase(symbol, pattern) for symbol in instruments):
            raise ConfigurationError(
                f'accounts.{name}: no symbol of the profile matches "{pattern}" in symbols; write '
                'names and patterns such as "EURUSD", "XAU*" or "*JPY".'
            )
    return Taking(symbols=symbols, models=table.models)
