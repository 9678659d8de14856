"""Fetching a public address, carefully: https only, public networks only, bounded in size and time.

Live fetching from the publishers is not covered by the tests, which hand in what is answered.
"""

from __future__ import annotations

import ipaddress
import socket
import urllib.request
from http.client import HTTPMessage
from typing import IO
from urllib.error import URLError
from urllib.parse import urlsplit

from annotator.documents import LARGEST_SOURCE
from annotator.errors import Unavailable

SECONDS = 8


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A known address answers by itself; where it points elsewhere, a person should look."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> None:
        """Refuse to follow."""
        return


_opener = urllib.request.build_opener(_NoRedirect)


def get(url: str) -> bytes:
    """Fetch `url`. Raises Unavailable, saying why."""
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        raise Unavailable(f"{url} is not an https address.")
    try:
        _refuse_private(parts.hostname)
        with _opener.open(url, timeout=SECONDS) as answer:
            data: bytes = answer.read(LARGEST_SOURCE + 1)
    except (URLError, OSError, ValueError) as error:
        raise Unavailable(f"{url} cannot be reached ({error}).") from error
    if len(data) > LARGEST_SOURCE:
        raise Unavailable(f"{url} gives more than {LARGEST_SOURCE:,} bytes.")
    return data


def _refuse_private(host: str) -> None:
    for *_, address in socket.getaddrinfo(host, 443, proto=socket.IPPROTO_TCP):
        if not ipaddress.ip_address(address[0]).is_global:
            raise OSError(f"{host} is not on the public internet")
