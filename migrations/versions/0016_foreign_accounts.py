"""foreign_accounts: whose account elsewhere an imported author is; an annotation's own licence

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "foreign_accounts",
        sa.Column("authority", sa.String(255), primary_key=True),
        sa.Column("user", sa.String(400), primary_key=True),
        sa.Column(
            "account_id", sa.Integer, sa.ForeignKey("accounts.id"), nullable=False, unique=True
        ),
    )
    op.add_column("annotations", sa.Column("licence", sa.String(200), nullable=True))


def downgrade() -> None:
    op.drop_column("annotations", "licence")
    op.drop_table("foreign_accounts")
