"""gunicorn's worker with threads, with a clock: a client that dawdles gives its thread back.

gunicorn waits for a request's first byte aside, but from then on a client that sends or reads a
byte now and then keeps a thread for as long as it likes. Here a connection that has not sent its
whole request, or not taken its whole answer, within its time is shut down.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

REQUEST_SECONDS = 30.0
ANSWER_SECONDS = 600.0
WSGI = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
# The sockets that threads of this process are busy with, and until when they may be.
_until: dict[socket.socket, float] = {}


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """A worker whose main loop looks at the clock every second."""

    def handle(self, conn: Any) -> Any:
        """Serve a connection in one of the threads."""
        connected = conn.sock
        _until[connected] = time.monotonic() + REQUEST_SECONDS
        try:
            return super().handle(conn)
        finally:
            _until.pop(connected, None)

    def murder_pending(self) -> None:
        """Leave whoever has had their time; gunicorn calls this from its loop."""
        super().murder_pending()
        now = time.monotonic()
        for connected, until in list(_until.items()):
            if until < now:
                with suppress(OSError):  # it has ended by itself
                    connected.shutdown(socket.SHUT_RDWR)


def patient(app: WSGI) -> WSGI:
    """Give an answer more time than a request, from its first header on."""

    def wrapped(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        def start(*args: Any, **more: Any) -> Any:
            connected = environ.get("gunicorn.socket")
            if connected in _until:
                _until[connected] = time.monotonic() + ANSWER_SECONDS
            return start_response(*args, **more)

        return app(environ, start)

    return wrapped
