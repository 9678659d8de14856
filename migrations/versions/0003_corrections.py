"""corrections

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "corrections",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=8), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["editions.id"], name=op.f("fk_corrections_edition_id_editions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrections")),
    )
    op.create_index(op.f("ix_corrections_edition_id"), "corrections", ["edition_id"])
    op.add_column(
        "editions", sa.Column("revision", sa.Integer(), server_default="0", nullable=False)
    )
    # SQLite adds a column and its reference at once; it has no way to add the reference later.
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "ALTER TABLE pids ADD COLUMN became VARCHAR(5) "
            "CONSTRAINT fk_pids_became_pids REFERENCES pids (pid)"
        )
        return
    op.add_column("pids", sa.Column("became", sa.String(length=5), nullable=True))
    op.create_foreign_key(op.f("fk_pids_became_pids"), "pids", "pids", ["became"], ["pid"])


def downgrade() -> None:
    op.drop_column("pids", "became")
    op.drop_column("editions", "revision")
    op.drop_table("corrections")
