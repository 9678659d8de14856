"""rendered: the HTML of comments beside their words, made when they are posted

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("annotations", "versions"):  # empty: a running server fills them
        op.add_column(table, sa.Column("html", sa.Text()))
        op.add_column(table, sa.Column("stamp", sa.String(64)))


def downgrade() -> None:
    for table in ("annotations", "versions"):
        op.drop_column(table, "stamp")
        op.drop_column(table, "html")
