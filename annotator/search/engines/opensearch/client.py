"""Requests to an OpenSearch cluster: to any of its nodes that answers, with failures in words."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import urllib3

from annotator.config import Search
from annotator.errors import Unavailable

Json: TypeAlias = dict[str, Any]

CONNECT_SECONDS = 2.0
LONGEST_SECONDS = 90.0  # the cluster itself waits a minute for a shard that has lost its node
RETRY_AFTER = 10
NODE_FAULTS = {502, 503, 504}  # of a proxy, or of a node that has lost its cluster or a shard
SILENT = "The search service does not answer. Try again later; everything else works."
INSECURE = (
    "No secure connection to the search service can be made. Its administrator must check "
    "search.urls and search.certificates; everything else works."
)
NOT_OPENSEARCH = (
    "What answers at the address of the search service is not OpenSearch. Its administrator must "
    "correct search.urls; everything else works."
)
log = logging.getLogger(__name__)


class _Answer(dict[str, Any]):
    """An object of an answer, which has what OpenSearch answers."""

    def __missing__(self, name: str) -> Any:
        raise Unavailable(NOT_OPENSEARCH, retry_after=RETRY_AFTER)


class Refused(Exception):
    """The cluster answered a request with an error of this status and type."""

    def __init__(self, status: int, kind: str, reason: str) -> None:
        super().__init__(f"{status} {kind}: {reason}")
        self.status = status
        self.kind = kind


class ClusterClient:
    """Sends requests; any number of threads may use it."""

    def __init__(self, settings: Search, password: str) -> None:
        """`password` is that of `settings.user`; no message and no log has it."""
        self._urls = [url.rstrip("/") for url in settings.urls]
        self._headers = {"Content-Type": "application/json"}
        if settings.user:
            self._headers |= urllib3.make_headers(basic_auth=f"{settings.user}:{password}")
        self._pool = urllib3.PoolManager(
            maxsize=32, retries=False, ca_certs=settings.certificates or None
        )

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | Iterable[bytes] = (),
        seconds: float = LONGEST_SECONDS,
    ) -> Json:
        """Send a request and return the answer; a body that is no mapping is lines of JSON.

        A request that a node could not answer is sent to the next, so to do it twice must be the
        same as to do it once. Raises Refused, TimeoutError after so many `seconds`, and Unavailable
        if no node answers.
        """
        data = json.dumps(body).encode() if isinstance(body, Mapping) else b"".join(body)
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=seconds)
        trouble: Exception = Unavailable(SILENT, retry_after=RETRY_AFTER)
        for url in self._urls:
            try:
                return _read(
                    self._pool.request(
                        method, url + path, body=data, headers=self._headers, timeout=timeout
                    )
                )
            except urllib3.exceptions.ReadTimeoutError as error:
                raise TimeoutError(f"no answer from {url} in {seconds:g} seconds") from error
            except urllib3.exceptions.HTTPError as error:
                log.warning("OpenSearch does not answer at %s: %s", url, error)
                if isinstance(error, urllib3.exceptions.SSLError):
                    trouble = Unavailable(INSECURE, retry_after=RETRY_AFTER)
            except Refused as refused:
                if refused.status not in NODE_FAULTS:
                    raise
                log.warning("OpenSearch fails at %s: %s", url, refused)
                trouble = refused
            self._urls = [*(other for other in self._urls if other != url), url]  # asked last now
        raise trouble

    def close(self) -> None:
        """Close all connections."""
        self._pool.clear()


def _read(response: urllib3.BaseHTTPResponse) -> Json:
    if response.status in {401, 403}:
        log.error("OpenSearch refuses the user or the password of this site: set search.user, and "
                  "the password in secrets/search (%s)", response.status)  # fmt: skip
        raise Unavailable(
            "The search service refuses this site's credentials. Its administrator must set "
            "search.user and the password; everything else works.",
            retry_after=RETRY_AFTER,
        )
    try:
        answer: Json = json.loads(response.data, object_hook=_Answer)
    except ValueError:
        answer = {}
    if not isinstance(answer, _Answer):
        if response.status not in NODE_FAULTS:
            raise Unavailable(NOT_OPENSEARCH, retry_after=RETRY_AFTER)
        answer = {"error": response.data[:200].decode("utf-8", "replace")}
    if response.status < 400:
        return answer
    error = answer.get("error", "")
    if not isinstance(error, dict):
        error = {"reason": error}
    causes = error.get("root_cause") or [error]
    raise Refused(response.status, causes[0].get("type", ""), causes[0].get("reason", ""))
