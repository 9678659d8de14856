"""indexed_changes.index: which index has the changes that were taken from the outbox

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; the index that takes the next changes is taken to have all before."""
    op.add_column(
        "indexed_changes", sa.Column("index", sa.String(), server_default="", nullable=False)
    )


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("indexed_changes", "index")
