"""drafters, answers, desk marks

Revision ID: 0026
Revises: 0025
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

ONE_OF_EACH = sa.text("state <> 'replaced'")


def upgrade() -> None:
    """Add the tables of answers."""
    op.create_table(
        "drafters",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("granted", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked", sa.DateTime(timezone=True), nullable=True),
        sa.Column("by", sa.String(length=64), nullable=False),
        _key("drafters", "account_id", "accounts"),
        _key("drafters", "document_id", "documents"),
        sa.PrimaryKeyConstraint("account_id", "document_id", name=op.f("pk_drafters")),
    )
    op.create_table(
        "answers",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=True),
        sa.Column("provision", sa.Integer(), nullable=True),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("html", sa.Text(), nullable=True),
        sa.Column("stamp", sa.String(length=64), nullable=True),
        _key("answers", "document_id", "documents"),
        _key("answers", "edition_id", "editions"),
        _key("answers", "by_id", "accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answers")),
    )
    op.create_index("ix_answers_document_id", "answers", ["document_id"])
    op.create_table(
        "answered",
        sa.Column("annotation_id", sa.String(length=32), nullable=False),
        sa.Column("answer_id", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("published", sa.DateTime(timezone=True), nullable=True),
        sa.Column("content", sa.String(length=3), nullable=True),
        sa.Column("said", sa.DateTime(timezone=True), nullable=True),
        _key("answered", "annotation_id", "annotations"),
        _key("answered", "answer_id", "answers"),
        sa.PrimaryKeyConstraint("annotation_id", "answer_id", name=op.f("pk_answered")),
    )
    op.create_index("ix_answered_annotation_id_state", "answered", ["annotation_id", "state"],
                    unique=True, sqlite_where=ONE_OF_EACH,
                    postgresql_where=ONE_OF_EACH)  # fmt: skip
    op.create_index("ix_answered_answer_id", "answered", ["answer_id"])
    op.create_index("ix_answered_published", "answered", ["published"])
    op.create_table(
        "desk_marks",
        sa.Column("annotation_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("value", sa.String(length=60), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        _key("desk_marks", "annotation_id", "annotations"),
        _key("desk_marks", "account_id", "accounts"),
        sa.PrimaryKeyConstraint(
            "annotation_id", "kind", "value", "account_id", name=op.f("pk_desk_marks")
        ),
    )
    op.create_index("ix_desk_marks_account_id", "desk_marks", ["account_id", "kind"])


def _key(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=f"fk_{table}_{column}_{to}")


def downgrade() -> None:
    """Drop the tables."""
    for table in ("desk_marks", "answered", "answers", "drafters"):
        op.drop_table(table)
