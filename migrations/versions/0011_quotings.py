"""quotings: what the bodies of remarks quote

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None
REFERENCES = {"annotation_id": "annotations.id", "edition_id": "editions.id", "pid": "pids.pid"}


def upgrade() -> None:
    op.create_table(
        "quotings",
        sa.Column("annotation_id", sa.String(32), nullable=False),
        sa.Column("ordinal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("pid", sa.String(5), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [column], [other], name=op.f(f"fk_quotings_{column}_{other.partition('.')[0]}")
            )
            for column, other in REFERENCES.items()
        ),
        sa.PrimaryKeyConstraint("annotation_id", "ordinal", name=op.f("pk_quotings")),
    )
    op.create_index(op.f("ix_quotings_pid"), "quotings", ["pid"])


def downgrade() -> None:
    op.drop_table("quotings")
