"""restatements

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "restatements",
        sa.Column("annotation_id", sa.String(length=32), nullable=False),
        sa.Column("ordinal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("pid", sa.String(length=5), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("exact", sa.Text(), nullable=True),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["annotation_id"],
            ["annotations.id"],
            name=op.f("fk_restatements_annotation_id_annotations"),
        ),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["editions.id"], name=op.f("fk_restatements_edition_id_editions")
        ),
        sa.ForeignKeyConstraint(["pid"], ["pids.pid"], name=op.f("fk_restatements_pid_pids")),
        sa.PrimaryKeyConstraint(
            "annotation_id", "ordinal", "edition_id", name=op.f("pk_restatements")
        ),
    )
    with op.batch_alter_table("placements") as batch_op:
        batch_op.add_column(
            sa.Column("basis", sa.String(length=9), server_default="computed", nullable=False)
        )


def downgrade() -> None:
    with op.batch_alter_table("placements") as batch_op:
        batch_op.drop_column("basis")
    op.drop_table("restatements")
