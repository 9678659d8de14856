"""Alembic's entry: brings the tables of one database to a revision.

`Database.migrate` hands over its connection; the schema is that of `annotator.models`.
"""

from alembic import context

from annotator.models import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
)
context.run_migrations()
