"""What alembic runs to migrate: on the caller's connection, in the caller's transaction."""

from alembic import context

from fxpaper.ledger.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
