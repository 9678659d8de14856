"""The HTTP server of `annotator serve`: gunicorn's processes, waitress's connections, our limits.

In each process one loop reads requests and sends answers, fast or slow; a thread is busy only while
the answer is being made. `docs/decisions/server.md` has the reasons.
"""

from annotator.web.server.worker import Worker

__all__ = ["Worker"]
