"""HTTP parsing: complete requests of bounded size, with only one meaning."""

from __future__ import annotations

import time

from waitress.parser import HTTPRequestParser, ParsingError

from annotator.web.server.refusals import Refusal

LINE_BYTES = 8_190
HEAD_BYTES = 16_384
FIELDS = 64
VERSIONS = {"1.0", "1.1"}


class Parser(HTTPRequestParser):  # type: ignore[misc]  # waitress has no types
    """waitress's parser, refusing requests that two programs could parse differently."""

    target = "/"  # the address as it was sent, as far as it is known
    accept = ""  # what kinds of answer it accepts, likewise
    arrived = 0.0  # when the last byte came, by the monotonic clock
    _looked = False

    def received(self, data: bytes) -> int:
        """Parse bytes; return how many of them belong to this request."""
        begun = self.header_plus
        consumed: int = super().received(data)
        if not self._looked and (self.headers_finished or self.error) and not self.empty:
            self._looked = True
            self._look((begun + data[:consumed]).lstrip())
        if self.completed:
            self.arrived = time.monotonic()
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        """Parse the head. Raises ParsingError if it is invalid, endless numbers included."""
        try:
            super().parse_header(header_plus)
        except ValueError as error:
            raise ParsingError("Address or length is invalid") from error

    def _look(self, head: bytes) -> None:
        """Check a head that was read, or was too long to read."""
        line, _, rest = head.partition(b"\r\n\r\n")[0].partition(b"\r\n")
        words = line.split(b" ", 2)
        self.target = words[1].decode("latin-1") if len(words) > 1 else "/"
        fields = [field.partition(b":") for field in rest.split(b"\r\n")]
        accepts = [
            value.decode("latin-1") for name, _, value in fields if name.lower() == b"accept"
        ]
        self.accept = ",".join(accepts)
        fault = self._fault(line, [name.lower() for name, colon, _ in fields if colon])
        if fault:
            self.error = Refusal(fault)
        if self.error:
            self.completed, self.expect_continue = True, False

    def _fault(self, line: bytes, names: list[bytes]) -> int | None:
        if len(line) > LINE_BYTES:
            return 414
        if self.error:
            return int(self.error.code)
        if len(names) > FIELDS:
            return 431
        if b"transfer-encoding" in names:
            # The body's length must be known before it is read; with a length besides, two programs
            # could cut the stream at different places.
            return 400 if b"content-length" in names else 411
        hosts = names.count(b"host")
        if self.version not in VERSIONS or hosts > 1 or (self.version == "1.1" and not hosts):
            return 400
        return None
