"""moderation

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None
ADDED = (("annotations", "hidden_by"), ("annotations", "act_id"), ("versions", "removed_by"))


def upgrade() -> None:
    op.create_table(
        "moderation_acts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=16), nullable=False),
        sa.Column("annotation_id", sa.String(length=32), nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("document_id", sa.Integer(), nullable=True),
        sa.Column("rule", sa.String(length=64), nullable=False),
        sa.Column("cited", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("undoes", sa.Integer(), nullable=True),
        sa.Column("batch", sa.String(length=32), nullable=True),
        sa.Column("before", sa.JSON(), nullable=False),
        *_references("moderation_acts", annotation_id="annotations", account_id="accounts",
                     document_id="documents", by_id="accounts", undoes="moderation_acts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moderation_acts")),
        sa.UniqueConstraint("undoes", name=op.f("uq_moderation_acts_undoes")),
    )
    for column in ("annotation_id", "account_id", "document_id", "rule"):
        op.create_index(f"ix_moderation_acts_{column}", "moderation_acts", [column, "id"])
    op.create_index(op.f("ix_moderation_acts_batch"), "moderation_acts", ["batch"])
    op.create_table(
        "flags",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("annotation_id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(length=64), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision_id", sa.Integer(), nullable=True),
        *_references("flags", annotation_id="annotations", account_id="accounts",
                     decision_id="moderation_acts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flags")),
        sa.UniqueConstraint("annotation_id", "account_id", name=op.f("uq_flags_annotation_id_account_id")),
    )
    op.create_index("ix_flags_decision_id", "flags", ["decision_id", "annotation_id"])
    op.create_table(
        "appeals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("act_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision_id", sa.Integer(), nullable=True),
        *_references("appeals", act_id="moderation_acts", account_id="accounts",
                     decision_id="moderation_acts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeals")),
        sa.UniqueConstraint("act_id", "account_id", name=op.f("uq_appeals_act_id_account_id")),
    )
    op.create_index(op.f("ix_appeals_decision_id"), "appeals", ["decision_id"])
    op.create_table(
        "standings",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("banned", sa.Boolean(), nullable=False),
        sa.Column("suspended_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("act_id", sa.Integer(), nullable=False),
        *_references("standings", account_id="accounts", act_id="moderation_acts"),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_standings")),
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("act_id", sa.Integer(), nullable=False),
        sa.Column("told_as", sa.String(length=10), nullable=False),
        sa.Column("read", sa.Boolean(), nullable=False),
        *_references("notices", account_id="accounts", act_id="moderation_acts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    op.create_index("ix_notices_account_id", "notices", ["account_id", "read", "id"])
    op.create_table(
        "switches",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("on", sa.Boolean(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("changed", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_switches")),
    )
    op.add_column(
        "annotations",
        sa.Column("visibility", sa.String(length=8), server_default="visible", nullable=False),
    )
    for name in ("hidden_by", "act_id"):
        op.add_column("annotations", sa.Column(name, sa.Integer(), nullable=True))
    _add_reference("versions", "removed_by")


def _references(table: str, **columns: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([name], [f"{other}.id"], name=op.f(f"fk_{table}_{name}_{other}"))
        for name, other in columns.items()
    ]


def _add_reference(table: str, column: str) -> None:
    name = f"fk_{table}_{column}_moderation_acts"
    # SQLite adds a column and its reference at once; it has no way to add the reference later.
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN {column} INTEGER "
            f"CONSTRAINT {name} REFERENCES moderation_acts (id)"
        )
        return
    op.add_column(table, sa.Column(column, sa.Integer(), nullable=True))
    op.create_foreign_key(op.f(name), table, "moderation_acts", [column], ["id"])


def downgrade() -> None:
    for table, column in (*ADDED, ("annotations", "visibility")):
        op.drop_column(table, column)
    for name in ("switches", "notices", "standings", "appeals", "flags", "moderation_acts"):
        op.drop_table(name)
