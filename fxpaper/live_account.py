"""A live account, put together: its terminal's broker and the shadow beside it."""

from __future__ import annotations

from fractions import Fraction
from functools import partial

from msgspec.structs import replace

from fxpaper.bridge.broker_profile import BrokerSpecs
from fxpaper.bridge.live_broker import LiveBroker
from fxpaper.domain.account import Account, Accounting, Mode, shadow_of
from fxpaper.domain.event import AccountOpened, Recorded
from fxpaper.domain.instant import Instant
from fxpaper.domain.money import post
from fxpaper.engine.engine import Engine
from fxpaper.errors import ConfigurationError
from fxpaper.execution.broker import TerminalBroker
from fxpaper.execution.paper import PaperBroker
from fxpaper.execution.shadowed import ShadowedBroker
from fxpaper.ledger.ledger import Ledger
from fxpaper.ledger.records import LedgerState
from fxpaper.ledger.shell import LedgerShell
from fxpaper.signals.risk import as_shadow

_HEDGING = 2


async def terminal_broker(engine: Engine, state: LedgerState, shell: LedgerShell) -> TerminalBroker:
    """Return the broker of a live account; its shadow is loaded into the engine too.

    Raises:
        ConfigurationError: the ledger has no shadow of it.
    """
    account = state.account.id
    shadow = await shell.read(lambda ledger: ledger.load(shadow_of(account)))
    if shadow is None:
        raise ConfigurationError(f'The ledger has no account "{shadow_of(account)}".')
    engine.restore(shadow.account, shadow.positions, shadow.orders, shadow.today)
    live = LiveBroker(
        engine, account, partial(_command_id, shell.epoch), state.cursor, state.commands
    )
    names = (account, shadow_of(account))
    return ShadowedBroker(live, PaperBroker(engine), engine.state, names, as_shadow)


def open_live(ledger: Ledger, name: str, found: BrokerSpecs, now: Instant) -> None:
    """Open a live account and its shadow in an open ledger.

    Raises:
        ConfigurationError: an account of that name is there already.
    """
    for id_ in (name, shadow_of(name)):
        if ledger.load(id_) is not None:
            raise ConfigurationError(f'There is an account "{id_}" already; choose another name.')
    balance = post(Fraction(found.balance), found.currency)
    live = Account(
        id=name,
        mode=Mode.LIVE,
        currency=found.currency,
        leverage=found.leverage,
        balance=balance,
        initial_balance=balance,
        opened_at=now,
        accounting=Accounting.HEDGING if found.margin_mode == _HEDGING else Accounting.NETTING,
        terminal=found.terminal,
    )
    shadow = replace(live, id=shadow_of(name), mode=Mode.PAPER, terminal="")
    ledger.commit([_opened(live), _opened(shadow)])


def _opened(account: Account) -> Recorded:
    return Recorded(account.id, 1, account.opened_at, AccountOpened(account))


def _command_id(epoch: str, number: int) -> str:
    """Return the id of a command: the log's own name and the number of its event."""
    return f"{epoch}.{number}"
