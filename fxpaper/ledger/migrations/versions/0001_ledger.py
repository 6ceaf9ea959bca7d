"""The log, its projections and what is known about the log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create("meta", ["name"], _text("value"))
    _create(
        "events",
        ["account", "seq"],
        _number("seq"),
        _number("at"),
        _text("kind"),
        _text("body"),
    )
    _create("accounts", ["id"], _number("seq"), _text("balance"), _text("body"))
    _create_owned("orders", "id", _number("seq"), _text("body"))
    _create_owned(
        "positions",
        "id",
        _number("seq"),
        _text("body"),
        sa.Column("closed_at", sa.BigInteger),
        *(sa.Column(name, sa.Text) for name in ("deal_id", "profit", "commission", "swap", "r")),
    )
    _create_owned("deals", "id", _number("seq"), _text("position_id"), _text("body"))
    _create_owned(
        "signals",
        "id",
        _number("seq"),
        *(sa.Column(name, sa.Text) for name in ("given_id", "model", "symbol")),
        _text("status"),
        _text("body"),
        sa.Column("decision", sa.Text),
    )
    _create_owned("model_policies", "model", _text("body"))
    for table in ("orders", "positions", "deals", "signals"):
        _index(table, "seq", unique=True)
    _index("positions", "closed_at")
    _index("deals", "position_id")
    _index("signals", "given_id")
    _index("signals", "symbol", "seq")
    _index("signals", "status", "seq")
    _index("signals", "model", "seq", "status")


def _create(name: str, key: list[str], *columns: sa.Column[str] | sa.Column[int]) -> None:
    named = {column.name for column in columns}
    ids = [_text(part) for part in key if part not in named]
    op.create_table(name, *ids, *columns, sa.PrimaryKeyConstraint(*key, name=f"pk_{name}"))


def _create_owned(name: str, id_: str, *columns: sa.Column[str] | sa.Column[int]) -> None:
    op.create_table(
        name,
        _text("account"),
        _text(id_),
        *columns,
        sa.PrimaryKeyConstraint("account", id_, name=f"pk_{name}"),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=f"fk_{name}_account"),
    )


def _index(table: str, *columns: str, unique: bool = False) -> None:
    names = ["account", *columns]
    op.create_index(f"ix_{table}_{'_'.join(names)}", table, names, unique=unique)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)
