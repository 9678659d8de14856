"""The HTTP server of `annotator serve`: gunicorn's processes, waitress's connections, our limits.

One loop a process reads requests and sends answers, whatever their pace; a thread is busy with a
request only from its last byte to the last word of its answer. `docs/decisions/server.md` says why.
"""

from annotator.web.server.worker import Worker

__all__ = ["Worker"]
