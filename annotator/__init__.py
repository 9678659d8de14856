"""Public commentary on public documents, passage by passage.

The text work is pure, the database is the truth, the search index is disposable, the web is thin.
`docs/architecture.md` is the map.
"""

__version__ = "0.1.0"
