"""Public commentary on public documents, passage by passage.

The text work is pure, the database is the truth, the search index is disposable, the web is thin.
`docs/architecture.md` is the map.
"""

from pathlib import Path

__version__ = "0.1.0"


def shipped(name: str) -> Path:
    """Return the folder `name` (`migrations`, `corpus`, `docs`) that comes with the program.

    It stands at the top of the repository; a wheel has it inside the package.
    """
    package = Path(__file__).parent
    inside = package / name
    return inside if inside.is_dir() else package.parent / name
