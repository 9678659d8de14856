"""Firefox as Debian ships it, over its own protocol, Marionette; Playwright drives its own only."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROGRAM = shutil.which("firefox-esr") or shutil.which("firefox")
PATIENCE = 120  # seconds, on a busy machine
SETTINGS = {"marionette.port": 0, "ui.prefersReducedMotion": 1}  # 0: any that is free
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # WebDriver's name for the id of an element


class Firefox:
    """A window of Firefox."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self._answers = self._socket.makefile("rb")
        self._sent = 0
        self._read()  # it says hello
        self.do("NewSession", capabilities={"alwaysMatch": {}})

    def do(self, command: str, **parameters: object) -> Any:
        """Carry out a command of WebDriver. Raises RuntimeError with what Firefox says."""
        self._sent += 1
        message = json.dumps([0, self._sent, f"WebDriver:{command}", parameters]).encode()
        self._socket.sendall(b"%d:%s" % (len(message), message))
        _, _, error, result = self._read()
        if error:
            raise RuntimeError(f"{command}: {error['error']}: {error['message']}")
        return result.get("value") if isinstance(result, dict) else result

    def _read(self) -> Any:
        size = b""
        while not size.endswith(b":"):
            size += self._answers.read(1)
        return json.loads(self._answers.read(int(size[:-1])))

    def evaluate(self, expression: str, *given: object) -> Any:
        """Return the value of an expression of JavaScript."""
        return self.do("ExecuteScript", script=f"return {expression}", args=given)

    def until(self, expression: str, *given: object) -> Any:
        """Wait until an expression is true."""
        end = time.monotonic() + PATIENCE
        while not (found := self.evaluate(expression, *given)):
            assert time.monotonic() < end, f"never: {expression}"
            time.sleep(0.05)
        return found

    def _find(self, selector: str) -> str:
        self.until("!!document.querySelector(arguments[0])", selector)
        found = self.do("FindElement", using="css selector", value=selector)
        return str(found[ELEMENT])

    def click(self, selector: str) -> None:
        """Press an element, as a pointer does."""
        self.do("ElementClick", id=self._find(selector))

    def type(self, selector: str, words: str) -> None:
        """Write into a field, as a keyboard does."""
        self.do("ElementSendKeys", id=self._find(selector), text=words)

    def close(self) -> None:
        """Let go of the connection."""
        self._answers.close()
        self._socket.close()


@contextmanager
def running(profile: Path) -> Iterator[Firefox]:
    """Run Firefox with a profile of its own."""
    profile.mkdir()
    lines = (f'user_pref("{name}", {value});\n' for name, value in SETTINGS.items())
    (profile / "user.js").write_text("".join(lines))
    command = [PROGRAM or "", "--headless", "--marionette", "--no-remote", "--profile", profile]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        port, end = profile / "MarionetteActivePort", time.monotonic() + PATIENCE
        while not (port.exists() and port.read_text()):
            assert time.monotonic() < end, "Firefox does not start"
            time.sleep(0.1)
        firefox = Firefox(int(port.read_text()))
        yield firefox
        firefox.close()
    finally:
        process.terminate()
        process.wait(PATIENCE)
