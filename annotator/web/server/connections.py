"""Connections, and how long and how many of them may be slow.

A request must be complete within `REQUEST_SECONDS` of its first byte, and its answer taken within
`ANSWER_SECONDS`; between the two no clock runs. A request that has waited for a thread longer than
`QUEUE_SECONDS` is answered 503 and nothing of it is done.
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
from annotator.web.server import refusals
from annotator.web.server.parser import Parser
from annotator.web.server.refusals import Refusal

REQUEST_SECONDS = 30.0
QUEUE_SECONDS = 30.0
ANSWER_SECONDS = 600.0
# Longer than proxies keep a connection to us (nginx: 60), so that they close it and not we.
KEEP_ALIVE_SECONDS = 75.0
# How long what a refused client still sends is read, so that it can read why it was refused.
LINGER_SECONDS = 2.0


class RefusalTask(ErrorTask):  # type: ignore[misc]  # waitress has no types
    """Answers a request that no view sees."""

    def execute(self) -> None:
        """Write the answer, and end the connection."""
        request, error = self.request, self.request.error
        path, accept = getattr(request, "target", "/"), getattr(request, "accept", "")
        self.version = "1.1"
        self.status, headers, body = refusals.answer(int(error.code), path, accept)
        self.response_headers.extend(headers)
        self.set_close_on_finish()
        self.content_length = len(body)
        self.channel.lingers = True
        self.write(b"" if getattr(request, "command", "") == "HEAD" else body)


class Channel(HTTPChannel):  # type: ignore[misc]
    """One connection. Everything but `service` and `write_soon` runs in the process's loop."""

    parser_class = Parser
    error_task_class = RefusalTask
    request: Any = None  # the one that is being read
    lingers = False  # whether to close for writing alone at first
    draining = False  # whether that has been done

    def __init__(self, *args: Any, **more: Any) -> None:
        self.since = time.monotonic()  # when what this connection is doing began
        super().__init__(*args, **more)
        self.network = network_of(self.addr[0])

    def received(self, data: bytes) -> bool:
        """Take in bytes of a request; a refused client's are dropped."""
        if self.draining:
            return False
        before = self.request
        taken: bool = super().received(data)
        if self.request is not before or self.request is None:
            self.since = time.monotonic()
        return taken

    def service(self) -> None:
        """Answer the first request that waits here, in a thread."""
        request = self.requests[0]
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
        """Whether a request has begun and is not complete."""
        return self.request is not None and not self.requests

    @property
    def busy(self) -> bool:
        """Whether a request is being answered, or waits for a thread."""
        return bool(self.requests)

    def look_at_the_clock(self, now: float) -> None:
        """End what has taken too long."""
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
        """Answer the request that is being read, of which no thread knows, and end."""
        with self.requests_lock, self.outbuf_lock:
            if self.requests or self.request is None:
                return
            answer = refusals.whole(status, self.request.target, self.request.accept)
            self.request.close()
            self.request = None
            self.outbufs[-1].append(answer)
            self.total_outbufs_len += len(answer)
            self.lingers = self.close_when_flushed = True

    def handle_close(self) -> None:
        """Close; after a refusal first for writing alone, so that the client can read it."""
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
        """`most` connections in all; of one network so many that are unfinished, or 0 for any."""
        self._most, self._most_unfinished = most, most_unfinished
        super().__init__(*args, **more)

    def handle_accept(self) -> None:
        """Take a connection; where there are too many, the one that was quiet longest goes."""
        if len(self.active_channels) >= self._most:
            free = [it for it in self.active_channels.values() if not it.busy]
            if free:
                oldest = min(free, key=lambda it: it.since)
                oldest.lingers = False
                oldest.handle_close()
        super().handle_accept()

    def maintenance(self, now: float) -> None:
        """Leave the clocks to `look_at_the_clock`: waitress's own follows the time of day."""

    def look_at_the_clock(self) -> None:
        """End what has taken too long, and what is too much for one network."""
        now = time.monotonic()
        unfinished: dict[str, list[Channel]] = defaultdict(list)
        for channel in list(self.active_channels.values()):
            channel.look_at_the_clock(now)
            if channel.reading or channel.total_outbufs_len:
                unfinished[channel.network].append(channel)
        if self._most_unfinished:
            for channels in unfinished.values():
                channels.sort(key=lambda it: it.since)
                for channel in channels[: -self._most_unfinished]:
                    _end(channel)

    @property
    def busy(self) -> bool:
        """Whether any answer is being made or sent."""
        return any(it.busy or it.total_outbufs_len for it in list(self.active_channels.values()))


def _end(channel: Channel) -> None:
    if channel.total_outbufs_len:
        channel.will_close = True
    else:
        channel.refuse(429)
