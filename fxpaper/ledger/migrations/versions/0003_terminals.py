"""What terminals of live accounts are asked to do, and whether an account may trade."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "accounts", sa.Column("trading", sa.Text, nullable=False, server_default="active")
    )
    op.create_table(
        "terminal_commands",
        *(_text(name) for name in ("account", "id")),
        sa.Column("seq", sa.BigInteger, nullable=False),
        *(_text(name) for name in ("state", "body")),
        sa.Column("answer", sa.Text),
        sa.PrimaryKeyConstraint("account", "id", name="pk_terminal_commands"),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name="fk_terminal_commands_account"),
    )
    op.create_index(
        "ix_terminal_commands_account_seq", "terminal_commands", ["account", "seq"], unique=True
    )
    op.create_index("ix_terminal_commands_account_state", "terminal_commands", ["account", "state"])
    op.create_table(
        "terminals",
        *(_text(name) for name in ("account", "cursor")),
        sa.PrimaryKeyConstraint("account", name="pk_terminals"),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name="fk_terminals_account"),
    )


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)
