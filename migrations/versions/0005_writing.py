"""writing

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "withdrawn",
        sa.Column("annotation_id", sa.String(length=32), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("versions", sa.JSON(), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["annotation_id"],
            ["annotations.id"],
            name=op.f("fk_withdrawn_annotation_id_annotations"),
        ),
        sa.PrimaryKeyConstraint("annotation_id", name=op.f("pk_withdrawn")),
    )
    op.create_index(op.f("ix_withdrawn_deleted"), "withdrawn", ["deleted"])
    op.create_table(
        "postings",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("annotation_id", sa.String(length=32), nullable=True),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_postings_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["annotation_id"], ["annotations.id"], name=op.f("fk_postings_annotation_id_annotations")
        ),
        sa.PrimaryKeyConstraint("account_id", "key", name=op.f("pk_postings")),
    )
    op.create_index(op.f("ix_postings_created"), "postings", ["created"])


def downgrade() -> None:
    op.drop_table("postings")
    op.drop_table("withdrawn")
