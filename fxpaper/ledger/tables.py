"""The tables: one log, its projections, and what is known about the log itself.

Types are portable: text for ids, decimals and JSON, 64-bit integers for numbers and instants.
A projection keeps the object it describes as JSON in ``body`` and repeats as columns only what is
searched, sorted or changed. ``seq`` is the number of the event that made the row, so that sorting
by it is sorting by age, and a page's cursor stays true while rows are added.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, MetaData, Table, Text

METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def _key(name: str) -> Column[str]:
    return Column(name, Text, primary_key=True)


def _owner() -> Column[str]:
    return Column("account", Text, ForeignKey("accounts.id"), primary_key=True)


def _number(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


META = Table("meta", METADATA, _key("name"), _text("value"))

EVENTS = Table(
    "events",
    METADATA,
    _key("account"),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    _number("at"),
    _text("kind"),
    _text("body"),
)

ACCOUNTS = Table(
    "accounts",
    METADATA,
    _key("id"),
    _number("seq"),
    _text("balance"),
    _number("margin_called"),
    _text("trading"),
    _text("body"),
)

ORDERS = Table(
    "orders", METADATA, _owner(), _key("id"), _number("seq"), _number("open"), _text("body")
)

POSITIONS = Table(
    "positions",
    METADATA,
    _owner(),
    _key("id"),
    _number("seq"),
    _text("body"),
    Column("closed_at", BigInteger),
    Column("deal_id", Text),
    Column("profit", Text),
    Column("commission", Text),
    Column("swap", Text),
    Column("r", Text),
)

DEALS = Table(
    "deals", METADATA, _owner(), _key("id"), _number("seq"), _text("position_id"), _text("body")
)

CASH = Table(
    "cash",
    METADATA,
    _owner(),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    _number("at"),
    _text("kind"),
    _text("amount"),
    _text("comment"),
)

COSTS = Table(
    "costs",
    METADATA,
    _owner(),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    _key("kind"),
    _text("position_id"),
    Column("deal_id", Text),
    _text("amount"),
    _number("at"),
)

DAYS = Table(
    "days",
    METADATA,
    _owner(),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    _number("at"),
    *(_text(name) for name in ("day", "balance", "equity", "peak", "initial")),
    _number("late"),
)

SIGNALS = Table(
    "signals",
    METADATA,
    _owner(),
    _key("id"),
    _number("seq"),
    Column("given_id", Text),
    Column("model", Text),
    Column("symbol", Text),
    _text("status"),
    _text("body"),
    Column("decision", Text),
)

MODEL_POLICIES = Table("model_policies", METADATA, _owner(), _key("model"), _text("body"))

COMMANDS = Table(
    "terminal_commands",
    METADATA,
    _owner(),
    _key("id"),
    _number("seq"),
    _text("state"),
    _text("body"),
    Column("answer", Text),
)

TERMINALS = Table(
    "terminals",
    METADATA,
    Column("account", Text, ForeignKey("accounts.id"), primary_key=True),
    _text("cursor"),
)

PRICE_ALERTS = Table(
    "price_alerts",
    METADATA,
    _owner(),
    _key("id"),
    _number("seq"),
    _text("state"),
    _text("body"),
    Column("ended_at", BigInteger),
)

PROJECTIONS = (
    *(ACCOUNTS, ORDERS, POSITIONS, DEALS, CASH, COSTS, DAYS, SIGNALS, MODEL_POLICIES),
    *(COMMANDS, TERMINALS, PRICE_ALERTS),
)
"""What can be rebuilt from the log; a table comes after those it refers to."""

for _listed in (ORDERS, POSITIONS, DEALS, SIGNALS, COMMANDS, PRICE_ALERTS):
    Index(None, _listed.c.account, _listed.c.seq, unique=True)
Index(None, ORDERS.c.account, ORDERS.c.open)
Index(None, POSITIONS.c.account, POSITIONS.c.closed_at)
Index(None, COMMANDS.c.account, COMMANDS.c.state)
Index(None, PRICE_ALERTS.c.account, PRICE_ALERTS.c.state)
Index(None, COSTS.c.account, COSTS.c.position_id)
Index(None, DEALS.c.account, DEALS.c.position_id)
Index(None, SIGNALS.c.account, SIGNALS.c.given_id)
Index(None, SIGNALS.c.account, SIGNALS.c.symbol, SIGNALS.c.seq)
Index(None, SIGNALS.c.account, SIGNALS.c.status, SIGNALS.c.seq)
Index(None, SIGNALS.c.account, SIGNALS.c.model, SIGNALS.c.seq, SIGNALS.c.status)
