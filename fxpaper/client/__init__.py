"""A daemon's client for notebooks and scripts: it sends signals and reads the account.

::

    from fxpaper.client import Client

    with Client() as fx:
        fx.switch("trend")
        taken = fx.send(
            model="trend",
            symbol="EURUSD",
            side="buy",
            confidence=0.8,
            stop_loss="25pips",
            take_profit="2r",
            id="first",
        )
        print(taken)
        fx.deals().frame()

:class:`Client` waits for each answer, also where an event loop runs already, as in Jupyter;
:class:`AsyncClient` is for programs that have a loop of their own.
"""

from fxpaper.client.asynchronous import AsyncClient
from fxpaper.client.errors import NoDaemonError, NotAllowedError, RefusedError
from fxpaper.client.synchronous import Client

__all__ = ["AsyncClient", "Client", "NoDaemonError", "NotAllowedError", "RefusedError"]
