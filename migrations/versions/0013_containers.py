"""containers: indexes that say what is shown, and when something changed last

Revision ID: 0013
Revises: 0012
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_annotations_document", "annotations")
    op.create_index(
        "ix_annotations_document", "annotations", ["document_id", "id", "deleted", "visibility"]
    )
    op.create_index("ix_annotations_modified", "annotations", ["document_id", "modified"])


def downgrade() -> None:
    op.drop_index("ix_annotations_modified", "annotations")
    op.drop_index("ix_annotations_document", "annotations")
    op.create_index("ix_annotations_document", "annotations", ["document_id", "id"])
