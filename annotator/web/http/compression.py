"""Compressed answers, and the compressed form of large pages kept for the next reader.

Only what a view has named with `keep_packed` is kept, by a name that stands for its every byte.
"""

from __future__ import annotations

from flask import Flask, Request, Response, g, request
from flask_compress import Compress
from werkzeug.datastructures import Accept

MOST_KEPT = 128
CODINGS = ("gzip", "zstd", "br", "deflate", "identity")


class _Kept:
    """A small memory of compressed answers, by name; nameless ones are not kept."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        """Return what was kept under a name."""
        return self._kept.get(key)

    def set(self, key: str, packed: bytes) -> None:
        """Keep an answer, and forget the oldest where there are many."""
        if key.partition(";")[2]:
            while len(self._kept) >= MOST_KEPT:
                self._kept.pop(next(iter(self._kept)), None)
            self._kept[key] = packed


class _Compress(Compress):
    """Compresses as RFC 9110 (12.5.3) says: what a request gives the weight 0 is never sent.

    The library takes `gzip;q=0` for an offer, and `*` for one of what is refused beside it.
    """

    def after_request(self, response: Response | None) -> Response:
        """Compress an answer, if the request takes that."""
        if "Accept-Encoding" in request.headers:
            request.environ["HTTP_ACCEPT_ENCODING"] = acceptable(request.accept_encodings)
        return super().after_request(response)


def acceptable(asked: Accept) -> str:
    """Write the codings that a request takes, `*` spelled out, those with the weight 0 left out."""
    weights = {name: asked.quality(name) for name in CODINGS}
    return ", ".join(f"{name};q={weight}" for name, weight in weights.items() if weight > 0)


def register(app: Flask) -> None:
    """Compress what is worth it."""
    app.config["COMPRESS_ALGORITHM"] = ["gzip"]
    app.config["COMPRESS_LEVEL"] = 6
    compress = _Compress(app)
    compress.cache, compress.cache_key = _Kept(), _name


def _name(_request: Request) -> str:
    return str(g.get("packed_as", ""))


def keep_packed(name: str) -> None:
    """Keep this request's compressed answer under `name`, and answer with it the next time."""
    g.packed_as = name
