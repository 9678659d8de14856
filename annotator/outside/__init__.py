"""The guarded HTTP client, which fetches addresses chosen by users."""

from annotator.outside.client import Client, Fetched, is_public

__all__ = ["Client", "Fetched", "is_public"]
