"""name_keys: names look alike only where their skeletons after UTS 39 are the same

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

from annotator.auth.names import name_key

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

ACCOUNTS = sa.table("accounts", sa.column("id"), sa.column("name"), sa.column("name_key"))
ALIASES = sa.table(
    "aliases", sa.column("name"), sa.column("name_key"), sa.column("account_id")
)


def upgrade() -> None:
    """Compute every key again.

    Keys are finer than before, and in rare scripts wider: of two that are the same now, the older
    account has the key; the others get one that no name has, and are found by their exact names.
    """
    bind = op.get_bind()
    people = bind.execute(sa.select(ACCOUNTS.c.id, ACCOUNTS.c.name).order_by(ACCOUNTS.c.id)).all()
    bind.execute(sa.update(ACCOUNTS).values(name_key=sa.literal("#") + sa.cast(ACCOUNTS.c.id, sa.String)))
    holder: dict[str, int] = {}
    for ident, name in people:
        key = name_key(name)
        if holder.setdefault(key, ident) != ident:
            key = f"{key}#{ident}"
        bind.execute(sa.update(ACCOUNTS).where(ACCOUNTS.c.id == ident).values(name_key=key))
    had = bind.execute(sa.select(ALIASES.c.name, ALIASES.c.account_id).order_by(ALIASES.c.name))
    for name, ident in had.all():
        key = name_key(name)
        if holder.setdefault(key, ident) != ident:
            key = f"{key}#{ident}"
        bind.execute(sa.update(ALIASES).where(ALIASES.c.name == name).values(name_key=key))


def downgrade() -> None:
    """Keep the keys: they are computed anew when this is upgraded again."""
