"""site_state: a token for every change that anonymous readers may see; counts of each provision

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add an empty table, whose row the first change adds, and count the commentary."""
    op.create_table(
        "site_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_state")),
    )
    for name in ("annotations", "lost"):
        op.add_column("changes", sa.Column(name, sa.Integer(), server_default="0", nullable=False))
    for name, counted in (
        ("annotations", "SELECT edition_id, provision, 0, count(*) FROM coverage WHERE true"),
        (
            "lost",
            "SELECT edition_id, provision, 0, count(DISTINCT annotation_id) FROM placements"
            " WHERE start IS NULL",
        ),
    ):
        op.execute(
            f"INSERT INTO changes (edition_id, provision, state, {name}) {counted}"  # noqa: S608
            f" GROUP BY edition_id, provision"
            f" ON CONFLICT (edition_id, provision) DO UPDATE SET {name} = excluded.{name}"
        )


def downgrade() -> None:
    """Drop the table and the counts."""
    for name in ("annotations", "lost"):
        op.drop_column("changes", name)
    op.drop_table("site_state")
