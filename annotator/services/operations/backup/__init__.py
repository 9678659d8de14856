"""A site in one file, and a site made from it.

The file is a zip: `manifest.json`, a file of JSON lines for each table, the settings without what
is secret or belongs to one machine, and the pid ledger of each edition. It holds rows and not a
database's own file, so that a site can move from SQLite to PostgreSQL and back.
"""

from annotator.services.operations.backup.archive import Manifest, opened
from annotator.services.operations.backup.restoring import restore
from annotator.services.operations.backup.saving import save

__all__ = ["Manifest", "opened", "restore", "save"]
