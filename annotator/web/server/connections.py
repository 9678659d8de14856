"""Connections, and limits on slow ones.

A request must be complete within `REQUEST_SECONDS` of its first byte, and its answer taken within
`ANSWER_SECONDS`; between the two there is no limit. A request that has waited for a thread longer
than `QUEUE_SECONDS` is answered 503 and not handled.
"""

from __future__ import annotations

import socket
import time
from collections import defaultdict
from contextlib import suppress
from typing import Any

from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask

from annotator.web.http.rate_limits import network_of
from annotator.web.server import parser
from annotator.web.server.parser import Parser, Refusal

REQUEST_SECONDS = 30.0
QUEUE_SECONDS = 30.0
ANSWER_SECONDS = 600.0
# Longer than the keep-alive of proxies (nginx: 60), so that the proxy closes the connection.
KEEP_ALIVE_SECONDS = 75.0
# How long to read from a refused client, so that it gets the response.
LINGER_SECONDS = 2.0


class RefusalTask(ErrorTask):  # type: ignore[misc]  # waitress has no types
    """Answer a request before any view."""

    def execute(self) -> None:
        """Send the answer and close the connection."""
        request, error = self.request, self.request.error
        path, accept = getattr(request, "target", "/"), getattr(request, "accept", "")
        self.version = "1.1"
        self.status, headers, body = parser.answer(int(error.code), path, accept)
        self.response_headers.extend(headers)
        self.set_close_on_finish()
        self.content_length = len(body)
        self.channel.lingers = True
        self.write(b"" if getattr(request, "command", "") == "HEAD" else body)


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection. Everything but `service` and `write_soon` runs in the process's loop."""

    parser_class = Parser
    error_task_class = RefusalTask
    request: Any = None  # the one that is being read
    lingers = False  # whether to close only for writing at first
    draining = False  # whether that has been done

    def __init__(self, *args: Any, **more: Any) -> None:
        self.since = time.monotonic()  # the start of the current activity
        super().__init__(*args, **more)
        self.network = network_of(self.addr[0])

    def received(self, data: bytes) -> bool:
        """Parse received bytes; drop them after a refusal."""
        if self.draining:
            return False
        before = self.request
        consumed: bool = super().received(data)
        if self.request is not before or self.request is None:
            self.since = time.monotonic()
        return consumed

    def service(self) -> None:
        """Answer the first waiting request, in a thread."""
        request = self.requests[0]
        if self.server.leaving:
            request.headers["CONNECTION"] = "close"
        if not request.error and time.monotonic() - request.arrived > QUEUE_SECONDS:
            request.error = Refusal(503)
        super().service()

    def write_soon(self, data: Any) -> int:
        """Send a piece of an answer, or keep it until it can be sent."""
        if not self.total_outbufs_len:
            self.since = time.monotonic()
        written: int = super().write_soon(data)
        return written

    @property
    def reading(self) -> bool:
        """Whether a request has started and is not complete."""
        return self.request is not None and not self.requests

    @property
    def busy(self) -> bool:
        """Whether a request is being answered, or waits for a thread."""
        return bool(self.requests)

    def look_at_the_clock(self, now: float) -> None:
        """Close a connection that has exceeded its time."""
        spent = now - self.since
        if self.draining:
            self.will_close = spent > LINGER_SECONDS
        elif self.total_outbufs_len:
            self.will_close = spent > ANSWER_SECONDS
        elif self.reading:
            if spent > REQUEST_SECONDS:
                self.refuse(408)
        elif not self.busy:
            self.will_close = self.will_close or spent > KEEP_ALIVE_SECONDS

    def refuse(self, status: int) -> None:
        """Refuse the request that is being read, and close."""
        with self.requests_lock, self.outbuf_lock:
            if self.requests or self.request is None:
                return
            answer = parser.whole(status, self.request.target, self.request.accept)
            self.request.close()
            self.request = None
            self.outbufs[-1].append(answer)
            self.total_outbufs_len += len(answer)
            self.lingers = self.close_when_flushed = True

    def handle_close(self) -> None:
        """Close; after a refusal close writing first, so that the client can read the answer."""
        if self.lingers and self.connected:
            self.lingers, self.will_close = False, False
            with suppress(OSError):
                self.socket.shutdown(socket.SHUT_WR)
                self.draining, self.since = True, time.monotonic()
                return
        super().handle_close()


class Server(TcpWSGIServer):  # type: ignore[misc]
    """A listening socket and its connections."""

    channel_class = Channel

    def __init__(self, *args: Any, most: int, most_unfinished: int, **more: Any) -> None:
        """Set the limits on connections, and on unfinished ones of a network (0: any)."""
        self._most, self._most_unfinished = most, most_unfinished
        self.leaving = False
        super().__init__(*args, **more)

    def handle_accept(self) -> None:
        """Accept a connection; if there are too many, close the one that was idle longest."""
        if len(self.active_channels) >= self._most:
            free = [channel for channel in self.active_channels.values() if not channel.busy]
            if free:
                oldest = min(free, key=lambda channel: channel.since)
                oldest.lingers = False
                oldest.handle_close()
        super().handle_accept()

    def stop_listening(self, loop: dict[int, Any]) -> None:
        """Refuse new connections; open ones get their response, with `Connection: close`."""
        self.leaving, before = True, -1
        while before < len(self.active_channels):
            before = len(self.active_channels)
            self.handle_accept()
        self.del_channel(loop)
        self.socket.close()

    def maintenance(self, now: float) -> None:
        """Skip waitress's check, which uses the time of day; `look_at_the_clock` does it."""

    def look_at_the_clock(self) -> None:
        """Close connections that exceed their time or their network's share."""
        now = time.monotonic()
        unfinished: dict[str, list[Channel]] = defaultdict(list)
        for channel in list(self.active_channels.values()):
            channel.look_at_the_clock(now)
            if channel.reading or channel.total_outbufs_len:
                unfinished[channel.network].append(channel)
        if self._most_unfinished:
            for channels in unfinished.values():
                channels.sort(key=lambda candidate: candidate.since)
                for channel in channels[: -self._most_unfinished]:
                    if channel.total_outbufs_len:
                        channel.will_close = True
                    else:
                        channel.refuse(429)

    @property
    def busy(self) -> bool:
        """Whether any request is being answered."""
        return any(
            channel.busy or channel.total_outbufs_len
            for channel in list(self.active_channels.values())
        )
