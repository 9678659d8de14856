"""follows, mutes, happenings, news, news_emails, news_settings

Revision ID: 0025
Revises: 0024
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

TABLES = ("news", "news_settings", "news_emails", "mutes", "follows", "happenings")


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "happenings",
        _number("id"),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("annotation_id", sa.String(length=32), nullable=True),
        sa.Column("edition_id", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_happenings")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "follows",
        _number("id"),
        _number("account_id"),
        sa.Column("kind", sa.String(length=9), nullable=False),
        sa.Column("key", sa.String(length=1000), nullable=False),
        sa.Column("heads", sa.Boolean(), nullable=False),
        sa.Column("posted", sa.Boolean(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        _reference("follows", "account_id", "accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follows")),
        sa.UniqueConstraint(
            "account_id", "kind", "key", name=op.f("uq_follows_account_id_kind_key")
        ),
    )
    op.create_index("ix_follows_key", "follows", ["kind", "key"])
    op.create_table(
        "mutes",
        _number("account_id"),
        sa.Column("kind", sa.String(length=6), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        _reference("mutes", "account_id", "accounts"),
        sa.PrimaryKeyConstraint("account_id", "kind", "key", name=op.f("pk_mutes")),
    )
    op.create_table(
        "news_emails",
        _number("id"),
        _number("account_id"),
        sa.Column("digest", sa.Boolean(), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False),
        _number("tries"),
        sa.Column("sent", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(length=200), nullable=True),
        _reference("news_emails", "account_id", "accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_news_emails")),
    )
    op.create_index("ix_news_emails_account", "news_emails", ["account_id", "sent"])
    op.create_index("ix_news_emails_due", "news_emails", ["due"])
    op.create_table(
        "news_settings",
        sa.Column("account_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("to_me", sa.String(length=6), nullable=False),
        sa.Column("followed", sa.String(length=6), nullable=False),
        _number("refused"),
        sa.Column("feed", sa.String(length=64), nullable=True),
        _reference("news_settings", "account_id", "accounts"),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_news_settings")),
        sa.UniqueConstraint("feed", name=op.f("uq_news_settings_feed")),
    )
    op.create_table(
        "news",
        _number("id"),
        _number("account_id"),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("annotation_id", sa.String(length=32), nullable=True),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in ("edition_id", "act_id")),
        sa.Column("told_as", sa.String(length=10), nullable=True),
        *(
            sa.Column(name, sa.Integer(), nullable=True)
            for name in ("changed", "of", "follow_id", "email_id")
        ),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read", sa.Boolean(), nullable=False),
        _reference("news", "account_id", "accounts"),
        _reference("news", "annotation_id", "annotations"),
        _reference("news", "edition_id", "editions"),
        _reference("news", "act_id", "moderation_acts"),
        _reference("news", "email_id", "news_emails"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_news")),
        sa.UniqueConstraint("annotation_id", "account_id", "kind", name="uq_news_annotation"),
        sa.UniqueConstraint("edition_id", "account_id", "kind", name="uq_news_edition"),
    )
    op.create_index("ix_news_account", "news", ["account_id", "id"])
    op.create_index("ix_news_email_id", "news", ["email_id"])
    op.create_index("ix_news_read", "news", ["account_id", "read"])


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _reference(table: str, name: str, other: str) -> sa.ForeignKeyConstraint:
    key = op.f(f"fk_{table}_{name}_{other}")
    return sa.ForeignKeyConstraint([name], [f"{other}.id"], name=key)


def downgrade() -> None:
    """Drop the tables."""
    for table in TABLES:
        op.drop_table(table)
