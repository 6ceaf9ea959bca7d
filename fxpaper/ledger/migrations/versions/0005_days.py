"""How each account stood as its trading days began."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "days",
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("day", "balance", "equity", "peak", "initial")
        ),
        sa.Column("late", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("account", "seq", name="pk_days"),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name="fk_days_account"),
    )
