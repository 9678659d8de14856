"""What lies beyond the site: the one guarded way to fetch an address that somebody else chose."""

from annotator.outside.client import Client, Fetched
from annotator.outside.links import is_public

__all__ = ["Client", "Fetched", "is_public"]
