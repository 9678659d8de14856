"""campaigns

Revision ID: 0027
Revises: 0026
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables of campaigns."""
    op.create_table(
        "campaigns",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("found", sa.DateTime(timezone=True), nullable=False),
        _key("campaigns", "document_id", "documents"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaigns")),
    )
    op.create_index("ix_campaigns_document_id", "campaigns", ["document_id"])
    op.create_table(
        "campaign_members",
        sa.Column("annotation_id", sa.String(length=32), nullable=False),
        sa.Column("campaign_id", sa.String(length=32), nullable=False),
        sa.Column("own", sa.JSON(), nullable=False),
        sa.Column("own_words", sa.Integer(), nullable=False),
        sa.Column("basis", sa.String(length=8), nullable=False),
        _key("campaign_members", "annotation_id", "annotations"),
        _key("campaign_members", "campaign_id", "campaigns"),
        sa.PrimaryKeyConstraint("annotation_id", name=op.f("pk_campaign_members")),
    )
    op.create_index(
        "ix_campaign_members_campaign_id", "campaign_members", ["campaign_id", "own_words"]
    )


def _key(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=f"fk_{table}_{column}_{to}")


def downgrade() -> None:
    """Drop the tables."""
    for table in ("campaign_members", "campaigns"):
        op.drop_table(table)
