"""The prices that people want to hear of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "price_alerts",
        *(_text(name) for name in ("account", "id")),
        sa.Column("seq", sa.BigInteger, nullable=False),
        *(_text(name) for name in ("state", "body")),
        sa.Column("ended_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("account", "id", name="pk_price_alerts"),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name="fk_price_alerts_account"),
    )
    op.create_index("ix_price_alerts_account_seq", "price_alerts", ["account", "seq"], unique=True)
    op.create_index("ix_price_alerts_account_state", "price_alerts", ["account", "state"])


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)
