"""aliases, identities, one-time keys, and what is known of sign-ins and tokens

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    for name in ("email_confirmed", "renamed", "left"):
        op.add_column("accounts", sa.Column(name, MOMENT, nullable=True))
    op.add_column("sign_ins", sa.Column("label", sa.String(60), server_default="", nullable=False))
    op.add_column("sign_ins", sa.Column("used", sa.Date(), nullable=True))
    op.add_column("tokens", sa.Column("expires", MOMENT, nullable=True))
    op.add_column("tokens", sa.Column("used", sa.Date(), nullable=True))
    op.create_table(
        "aliases",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("name_key", sa.String(256), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        *_of_account("aliases", "name"),
    )
    op.create_index(op.f("ix_aliases_name_key"), "aliases", ["name_key"])
    op.create_table(
        "identities",
        sa.Column("issuer", sa.String(255), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        *_of_account("identities", "issuer", "subject"),
    )
    op.create_table(
        "one_time_keys",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(8), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("expires", MOMENT, nullable=False),
        *_of_account("one_time_keys", "digest"),
    )
    for table in ("aliases", "identities", "one_time_keys"):
        op.create_index(op.f(f"ix_{table}_account_id"), table, ["account_id"])


def _of_account(table, *key):
    return (
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f(f"fk_{table}_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{table}")),
    )


def downgrade() -> None:
    for table in ("one_time_keys", "identities", "aliases"):
        op.drop_table(table)
    for table, name in (
        ("tokens", "used"), ("tokens", "expires"), ("sign_ins", "used"), ("sign_ins", "label"),
        ("accounts", "left"), ("accounts", "renamed"), ("accounts", "email_confirmed"),
    ):
        op.drop_column(table, name)
