"""Public commentary on public documents, passage by passage.

`docs/architecture.md` describes the packages.
"""

from pathlib import Path

__version__ = "0.1.0"


def shipped(name: str) -> Path:
    """Return a folder that comes with the program: `migrations`, `corpus` or `docs`.

    It is at the top of the repository, or inside the package in a wheel.
    """
    package = Path(__file__).parent
    inside = package / name
    return inside if inside.is_dir() else package.parent / name
