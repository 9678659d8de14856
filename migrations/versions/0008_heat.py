"""heat: coverage knows the verdicts on its thread; highlights are counted along one index

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BITS = "CASE verdict WHEN 'exact' THEN 1 WHEN 'moved' THEN 2 WHEN 'edited' THEN 4 ELSE 8 END"


def upgrade() -> None:
    op.add_column(
        "coverage", sa.Column("verdicts", sa.Integer(), server_default="0", nullable=False)
    )
    op.execute(
        "UPDATE coverage SET verdicts = COALESCE("
        f"(SELECT SUM(bit) FROM (SELECT DISTINCT {BITS} AS bit FROM placements "
        "WHERE placements.annotation_id = coverage.thread_id "
        "AND placements.edition_id = coverage.edition_id) AS bits), 0)"
    )
    op.drop_index("ix_coverage_author", "coverage")
    op.create_index(
        "ix_coverage_author", "coverage", ["edition_id", "provision", "author_id", "verdicts"]
    )
    op.drop_index("ix_placements_edition_id_start", "placements")
    op.create_index(
        "ix_placements_edition_id_start",
        "placements",
        ["edition_id", "start", "end", "whole", "annotation_id"],
    )


def downgrade() -> None:
    op.drop_index("ix_placements_edition_id_start", "placements")
    op.create_index(
        "ix_placements_edition_id_start", "placements", ["edition_id", "start", "end"]
    )
    op.drop_index("ix_coverage_author", "coverage")
    op.create_index("ix_coverage_author", "coverage", ["edition_id", "provision", "author_id"])
    op.drop_column("coverage", "verdicts")
