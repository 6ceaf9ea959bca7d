"""``fxpaper headroom``: how far the account is from its limits."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

import typer

from fxpaper import asking
from fxpaper.options import AsJson, Config, DataDir, OfAccount, Port, daemon_of
from fxpaper.printing import Reported, out, print_json, table


def headroom(
    stop_pips: Annotated[
        float, typer.Option(min=0.1, help="Distance of the stop-loss that lots are shown for.")
    ] = 20.0,
    account: OfAccount = None,
    port: Port = None,
    data_dir: DataDir = None,
    config: Config = None,
    as_json: AsJson = False,  # noqa: FBT002 - an option
) -> None:
    """Show what the account may lose yet before a limit stops it, in money and in lots."""
    with Reported():
        daemon = daemon_of(port, data_dir, config)
        pips = Decimal(str(stop_pips))
        path = asking.of_account(f"/account/headroom?stop_pips={pips}", account)
        found = daemon.ask("GET", path).body
    if as_json:
        print_json(found)
        return
    currency = found["currency"]
    out.print(
        f"Limits {found['limits']}: equity {found['equity']} {currency}; the day {found['day']} "
        f"ends {found['day_ends_at']}."
    )
    if not found["complete"]:
        out.print("[yellow]Some position has no quote yet; it counts as nothing.[/]")
    columns = ("limit", "floor", "left", "left_at_stops", "reached", "formula")
    table(f"Floors ({currency})", found["floors"], columns)
    table("Counts", _counts(found), ("count", "now", "limit"))
    table(f"Lots at a stop-loss of {pips} pips", found["symbols"], ("symbol", "lots"))


def _counts(found: dict[str, Any]) -> list[dict[str, Any]]:
    rows = [
        ("losses in a row", "losses_in_a_row", "losses_limit"),
        ("orders in a minute", "orders_minute", "orders_minute_limit"),
        ("orders in a day", "orders_day", "orders_day_limit"),
    ]
    return [
        {"count": name, "now": found[now], "limit": found[limit]}
        for name, now, limit in rows
        if found[limit] is not None
    ]
