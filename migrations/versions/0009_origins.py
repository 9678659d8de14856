"""origins, and targets without a place

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "origins",
        sa.Column("annotation_id", sa.String(length=32), nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("original", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["annotation_id"],
            ["annotations.id"],
            name=op.f("fk_origins_annotation_id_annotations"),
        ),
        sa.PrimaryKeyConstraint("annotation_id", name=op.f("pk_origins")),
        sa.UniqueConstraint("via", name=op.f("uq_origins_via")),
    )
    with op.batch_alter_table("targets") as batch_op:
        batch_op.alter_column("pid", existing_type=sa.String(length=5), nullable=True)
        batch_op.alter_column("start", existing_type=sa.Integer(), nullable=True)
        batch_op.alter_column("end", existing_type=sa.Integer(), nullable=True)


def downgrade() -> None:
    op.execute('DELETE FROM targets WHERE "start" IS NULL')
    with op.batch_alter_table("targets") as batch_op:
        batch_op.alter_column("pid", existing_type=sa.String(length=5), nullable=False)
        batch_op.alter_column("start", existing_type=sa.Integer(), nullable=False)
        batch_op.alter_column("end", existing_type=sa.Integer(), nullable=False)
    op.drop_table("origins")
