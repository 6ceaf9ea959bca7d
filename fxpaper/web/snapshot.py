"""An account as a page needs it, all of one commit."""

from __future__ import annotations

from fxpaper.errors import IntegrityError
from fxpaper.ledger.ledger import Ledger
from fxpaper.web import views
from fxpaper.web.answers import AccountSnapshot
from fxpaper.web.ports import AccountView
from fxpaper.web.signal_views import signal_record
from fxpaper.web.views import Instruments

_ROWS = 200


def account_snapshot(
    ledger: Ledger, account: str, view: AccountView, instruments: Instruments
) -> AccountSnapshot:
    """Return an account with its newest rows; runs in a thread of the ledger.

    What the ledger has may be a commit ahead of ``view``, which is asked only what open
    positions are worth.

    Raises:
        IntegrityError: the ledger does not have the account.
    """
    state = ledger.load(account)
    if state is None:
        raise IntegrityError(f'The ledger has no account "{account}".')
    return AccountSnapshot(
        account=views.account(state.account, view.valuation),
        positions=[views.position(one, view) for one in state.positions],
        orders=[views.order(one) for one in ledger.orders(account, _ROWS).items],
        deals=[views.deal(one, instruments) for one in ledger.deals(account, _ROWS).items],
        signals=[
            signal_record(one, instruments, state.account.mode)
            for one in ledger.signals(account, _ROWS).items
        ],
        models=views.models(state.policies, ledger.model_counts(account)),
    )
