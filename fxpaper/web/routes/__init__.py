"""REST routes, one noun per file."""

from fxpaper.web.routes import (
    account,
    alerts,
    daemon,
    drift,
    history,
    hooks,
    market,
    models,
    mt4,
    orders,
    positions,
    scores,
    signals,
)

ROUTES = (
    *daemon.ROUTES,
    *account.ROUTES,
    *orders.ROUTES,
    *positions.ROUTES,
    *alerts.ROUTES,
    *drift.ROUTES,
    *history.ROUTES,
    *hooks.ROUTES,
    *signals.ROUTES,
    *models.ROUTES,
    *scores.ROUTES,
    *market.ROUTES,
    *mt4.ROUTES,
)
"""Every route of the API, in the order of the document."""
