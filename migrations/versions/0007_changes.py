"""changes: where commentary changed, by whom coverage is, which placements are whole

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "changes",
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("provision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["editions.id"], name=op.f("fk_changes_edition_id_editions")
        ),
        sa.PrimaryKeyConstraint("edition_id", "provision", name=op.f("pk_changes")),
    )
    op.create_index("ix_changes_edition_id_state", "changes", ["edition_id", "state"])
    op.add_column(
        "coverage", sa.Column("author_id", sa.Integer(), server_default="0", nullable=False)
    )
    op.execute(
        "UPDATE coverage SET author_id = "
        "(SELECT author_id FROM annotations WHERE annotations.id = coverage.annotation_id)"
    )
    op.create_index("ix_coverage_author", "coverage", ["edition_id", "provision", "author_id"])
    op.add_column(
        "placements", sa.Column("whole", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.execute(
        "UPDATE placements SET whole = (SELECT whole FROM targets "
        "WHERE targets.annotation_id = placements.annotation_id "
        "AND targets.ordinal = placements.ordinal)"
    )


def downgrade() -> None:
    op.drop_column("placements", "whole")
    op.drop_index("ix_coverage_author", "coverage")
    op.drop_column("coverage", "author_id")
    op.drop_table("changes")
