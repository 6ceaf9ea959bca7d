"""Orders that wait, cash, and one row for each cost."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("accounts", _added("margin_called"))
    op.add_column("orders", _added("open"))
    op.create_index("ix_orders_account_open", "orders", ["account", "open"])
    op.create_table(
        "cash",
        _text("account"),
        sa.Column("seq", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        *(_text(name) for name in ("kind", "amount", "comment")),
        sa.PrimaryKeyConstraint("account", "seq", name="pk_cash"),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name="fk_cash_account"),
    )
    op.create_table(
        "costs",
        _text("account"),
        sa.Column("seq", sa.BigInteger, nullable=False, autoincrement=False),
        *(_text(name) for name in ("kind", "position_id")),
        sa.Column("deal_id", sa.Text),
        _text("amount"),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("account", "seq", "kind", name="pk_costs"),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name="fk_costs_account"),
    )
    op.create_index("ix_costs_account_position_id", "costs", ["account", "position_id"])


def _added(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default="0")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)
