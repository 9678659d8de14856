"""origins: what was deleted is not kept as it came

Revision ID: 0015
Revises: 0014
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "UPDATE origins SET original = NULL WHERE annotation_id IN "
        "(SELECT id FROM annotations WHERE deleted IS NOT NULL) OR annotation_id IN "
        "(SELECT annotation_id FROM moderation_acts WHERE act = 'remove-version')"
    )
    op.execute("UPDATE essays SET title = '', source_url = '' WHERE removed IS NOT NULL")


def downgrade() -> None:
    """What was forgotten does not come back."""
