"""sources: the publisher's file of each edition, and where in it the words of its text stand

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add an empty table; `annotator document source add` fills it for the editions that are here."""
    op.create_table(
        "sources",
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("origins", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name=op.f("fk_sources_edition_id_editions")),
        sa.PrimaryKeyConstraint("edition_id", name=op.f("pk_sources")),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("sources")
