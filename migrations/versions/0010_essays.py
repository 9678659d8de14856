"""essays: which remarks are parts of which essay

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "essays",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("source_url", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("modified", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name=op.f("fk_essays_document_id_documents")
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["accounts.id"], name=op.f("fk_essays_author_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_essays")),
    )
    op.create_index(op.f("ix_essays_author_id"), "essays", ["author_id"])
    op.create_index("ix_essays_document", "essays", ["document_id", "created"])
    op.create_table(
        "essay_remarks",
        sa.Column("annotation_id", sa.String(32), nullable=False),
        sa.Column("essay_id", sa.String(32), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("passages", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["annotation_id"], ["annotations.id"],
            name=op.f("fk_essay_remarks_annotation_id_annotations"),
        ),
        sa.ForeignKeyConstraint(
            ["essay_id"], ["essays.id"], name=op.f("fk_essay_remarks_essay_id_essays")
        ),
        sa.PrimaryKeyConstraint("annotation_id", name=op.f("pk_essay_remarks")),
    )
    op.create_index("ix_essay_remarks_essay", "essay_remarks", ["essay_id", "ordinal"])


def downgrade() -> None:
    op.drop_table("essay_remarks")
    op.drop_table("essays")
