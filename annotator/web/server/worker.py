"""gunicorn's worker process around waitress's loop.

gunicorn's master starts the processes, replaces those that die, and passes signals on.
"""

from __future__ import annotations

import logging
import os
import resource
import time
from contextlib import suppress
from typing import Any

from gunicorn.workers.base import Worker as Process
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.task import ThreadedTaskDispatcher

from annotator.config import Config
from annotator.web.server.connections import Server
from annotator.web.server.parser import HEAD_BYTES

TICK_SECONDS = 1.0
# How long open connections may bring further requests after the end has begun. A proxy learns only
# from a refused connection that this host is going, and until then uses those that it has. It must
# close an unused one sooner (deploy/nginx.conf: after 1 second), since a request that it sends at
# the moment when we close is lost.
LAST_REQUESTS_SECONDS = 3.0
CONNECTIONS = 1_000  # in each process
FILES_A_CONNECTION = 3  # its socket, and a file each for a large request and a large answer
OTHER_FILES = 200
# Larger bodies are in temporary files (TMPDIR), not in memory.
REQUEST_BYTES_IN_MEMORY = 65_536
ANSWER_BYTES_IN_MEMORY = 524_288
# The most that is made of an answer before its reader takes it; then its thread waits.
ANSWER_BYTES_AHEAD = 268_435_456
log = logging.getLogger(__name__)


class Worker(Process):  # type: ignore[misc]  # gunicorn has no types
    """A process that reads and writes in one loop, and answers in threads."""

    _servers: tuple[Server, ...] = ()
    _looked = 0.0

    def run(self) -> None:
        """Serve until `stop` is called or the master has ended."""
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a queue is not an error
        config: Config = self.wsgi.extensions["annotator"].config
        threads = ThreadedTaskDispatcher()
        threads.set_thread_count(self.cfg.threads)
        loop: dict[int, Any] = {}
        self._servers = tuple(
            self._listen(listener.sock, config, threads, loop) for listener in self.sockets
        )
        while self.alive and self.ppid == os.getppid():
            self._turn(loop)
        for server in self._servers:
            server.stop_listening(loop)
        stopped = time.monotonic()
        while (
            any(server.busy for server in self._servers)
            and time.monotonic() < stopped + self.cfg.graceful_timeout
        ) or (
            any(server.active_channels for server in self._servers)
            and time.monotonic() < stopped + LAST_REQUESTS_SECONDS
        ):
            self._turn(loop)
        threads.shutdown(timeout=0)

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Stop after the current iteration of the loop."""
        super().handle_exit(sig, frame)
        for server in self._servers:
            server.pull_trigger()

    def _turn(self, loop: dict[int, Any]) -> None:
        """Handle ready sockets, and check time limits once a second."""
        self.notify()
        wasyncore.loop(timeout=TICK_SECONDS, use_poll=True, map=loop, count=1)
        now = time.monotonic()
        if now - self._looked >= TICK_SECONDS:
            self._looked = now
            for server in self._servers:
                server.look_at_the_clock()

    def _listen(
        self, sock: Any, config: Config, threads: ThreadedTaskDispatcher, loop: dict[int, Any]
    ) -> Server:
        most = _connections()
        adjusted = Adjustments(
            sockets=[sock],
            ident="annotator",
            server_name=config.server.host,  # for HTTP/1.0 requests without a host
            threads=self.cfg.threads,
            backlog=self.cfg.backlog,
            connection_limit=most + OTHER_FILES,
            clear_untrusted_proxy_headers=False,  # the app trusts only those of its hops
            max_request_header_size=HEAD_BYTES,
            max_request_body_size=config.limits.request + 1,
            inbuf_overflow=REQUEST_BYTES_IN_MEMORY,
            outbuf_overflow=ANSWER_BYTES_IN_MEMORY,
            outbuf_high_watermark=ANSWER_BYTES_AHEAD,
            log_socket_errors=False,
            cleanup_interval=86_400,
        )
        server = config.server
        return Server(
            self.wsgi, loop, True, sock, dispatcher=threads, adj=adjusted, bind_socket=False,
            sockinfo=(sock.family, sock.type, sock.proto, sock.getsockname()), most=most,
            # Behind a proxy all connections are the proxy's; it reads requests whole.
            most_unfinished=0 if server.trusted_hops else server.unfinished,
        )  # fmt: skip


def _connections() -> int:
    """Raise the limit of open files; return how many connections this process can have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = CONNECTIONS * FILES_A_CONNECTION + OTHER_FILES
    if hard != resource.RLIM_INFINITY:
        needed = min(needed, hard)
    if soft < needed:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
            soft = needed
    return max(50, min(CONNECTIONS, (soft - OTHER_FILES) // FILES_A_CONNECTION))
