"""mentions: pages elsewhere that link to a document here

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None
REFERENCES = {"mention_id": "mentions.id", "edition_id": "editions.id", "pid": "pids.pid"}


def upgrade() -> None:
    op.create_table(
        "mentions",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("excerpt", sa.Text(), nullable=False),
        sa.Column("decided", sa.DateTime(timezone=True), nullable=True),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("before", sa.String(16), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name=op.f("fk_mentions_document_id_documents")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mentions")),
        sa.UniqueConstraint("key", name=op.f("uq_mentions_key")),
    )
    op.create_index("ix_mentions_document_id", "mentions", ["document_id", "state"])
    op.create_index("ix_mentions_state", "mentions", ["state", "decided"])
    op.create_index(op.f("ix_mentions_due"), "mentions", ["due"])
    op.create_table(
        "mention_places",
        sa.Column("mention_id", sa.String(32), nullable=False),
        sa.Column("ordinal", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("pid", sa.String(5), nullable=False),
        sa.Column("quoted", sa.Boolean(), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [column], [other],
                name=op.f(f"fk_mention_places_{column}_{other.partition('.')[0]}"),
            )
            for column, other in REFERENCES.items()
        ),
        sa.PrimaryKeyConstraint("mention_id", "ordinal", name=op.f("pk_mention_places")),
    )
    op.create_index(op.f("ix_mention_places_pid"), "mention_places", ["pid"])


def downgrade() -> None:
    op.drop_table("mention_places")
    op.drop_table("mentions")
