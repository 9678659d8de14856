"""suggestions, agreements, adoptions

Revision ID: 0024
Revises: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables of suggestions."""
    op.create_table(
        "suggestions",
        _annotation_id(),
        sa.Column("act", sa.String(length=7), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("why_not", sa.Text(), nullable=True),
        _of_annotation("suggestions"),
        sa.PrimaryKeyConstraint("annotation_id", name=op.f("pk_suggestions")),
    )
    op.create_table(
        "agreements",
        _annotation_id(),
        sa.Column("account_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        _of_annotation("agreements"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_agreements_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("annotation_id", "account_id", name=op.f("pk_agreements")),
    )
    op.create_index("ix_agreements_account_id", "agreements", ["account_id"])
    op.create_table(
        "adoptions",
        _annotation_id(),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(length=7), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        _of_annotation("adoptions"),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["editions.id"], name=op.f("fk_adoptions_edition_id_editions")
        ),
        sa.PrimaryKeyConstraint("annotation_id", "edition_id", name=op.f("pk_adoptions")),
    )


def _annotation_id() -> sa.Column[str]:
    return sa.Column("annotation_id", sa.String(length=32), nullable=False)


def _of_annotation(table: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_annotation_id_annotations"
    return sa.ForeignKeyConstraint(["annotation_id"], ["annotations.id"], name=name)


def downgrade() -> None:
    """Drop the tables."""
    for table in ("adoptions", "agreements", "suggestions"):
        op.drop_table(table)
