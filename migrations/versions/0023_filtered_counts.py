"""filtered counts: the indexes of coverage hold the dates, and the authors of single annotations

Revision ID: 0023
Revises: 0022
"""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

OF_AUTHORS = ["edition_id", "provision", "author_id", "verdicts"]
OF_ANNOTATIONS = ["annotation_id", "edition_id", "provision", "author_id"]


def upgrade() -> None:
    """Add the columns to the indexes."""
    op.create_index("ix_coverage_annotation", "coverage", OF_ANNOTATIONS)
    op.drop_index("ix_coverage_annotation_id", "coverage")
    op.drop_index("ix_coverage_author", "coverage")
    op.create_index("ix_coverage_author", "coverage", [*OF_AUTHORS, "created"])


def downgrade() -> None:
    """Take them away."""
    op.drop_index("ix_coverage_author", "coverage")
    op.create_index("ix_coverage_author", "coverage", OF_AUTHORS)
    op.create_index("ix_coverage_annotation_id", "coverage", ["annotation_id"])
    op.drop_index("ix_coverage_annotation", "coverage")
