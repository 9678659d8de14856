"""The files in deploy/ work: the unit is valid, and nginx serves a site with them over TLS."""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
import sys
import time
from contextlib import closing
from http.client import HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import Any

import pytest

from scripts.nginx import missing, nginx
from tests.conftest import ROOT, free_port
from tests.helpers.server import serving

DEPLOY = ROOT / "deploy"
HOST = "notes.example.org"  # in nginx.conf


def test_the_systemd_unit_is_valid_and_confines_the_server(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed (Debian's package systemd)")
    unit = tmp_path / "annotator.service"
    text = (DEPLOY / "annotator.service").read_text(encoding="utf-8")
    unit.write_text(text.replace("/opt/annotator/bin/annotator", "/bin/true"), encoding="utf-8")
    valid = subprocess.run([analyze, "verify", unit], capture_output=True, text=True, check=False)
    assert (valid.returncode, valid.stderr) == (0, "")
    exposed = subprocess.run([analyze, "security", "--offline=yes", "--threshold=20", unit],
                             capture_output=True, text=True, check=False)  # fmt: skip
    assert exposed.returncode == 0, exposed.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for nginx."""
    if trouble := missing():
        pytest.skip(trouble)
    return tmp_path_factory.mktemp("nginx")


def ask(
    port: int, path: str, method: str = "GET", body: Any = None, **headers: str
) -> HTTPResponse:
    """Send one request through nginx, and read the whole answer."""
    anyone = ssl.create_default_context()
    anyone.check_hostname, anyone.verify_mode = False, ssl.CERT_NONE
    with closing(HTTPSConnection("127.0.0.1", port, timeout=30, context=anyone)) as asking:
        named = {"Host": HOST, **{key.replace("_", "-"): value for key, value in headers.items()}}
        data = None if body is None else json.dumps(body)
        asking.request(method, path, data, named)
        answer = asking.getresponse()
        answer.text = answer.read().decode()  # type: ignore[attr-defined]
        return answer


def kept(port: int, path: str, wanted: str) -> bool:
    """Whether nginx answers with a kept page of the wanted sort before long.

    It keeps a page for a second, so one request alone says how busy the machine is.
    """
    for _ in range(100):
        answer = ask(port, path)
        if (answer.status, answer.headers["X-Cache"]) == (200, wanted):
            return True
        time.sleep(0.05)
    return False


def test_nginx_serves_the_site_and_keeps_nothing_that_is_personal(
    folder: Path, tmp_path: Path
) -> None:
    annotator = [sys.executable, "-m", "annotator", "--data", str(tmp_path)]
    run = {"check": True, "capture_output": True, "text": True, "cwd": ROOT}
    subprocess.run([*annotator, "document", "ship"], **run)  # type: ignore[call-overload]
    subprocess.run([*annotator, "user", "add", "Ada"], **run)  # type: ignore[call-overload]
    made = subprocess.run([*annotator, "token", "create", "Ada"], **run)  # type: ignore[call-overload]
    token = {"Authorization": f"Bearer {made.stdout.split()[-1]}"}
    site = {"ANNOTATOR_SITE_ADDRESS": f"https://{HOST}", "ANNOTATOR_SERVER_TRUSTED_HOPS": "1"}
    listed = "/api/annotations?document=charter&limit=1"
    posted = {"document": "charter", "body": "Through nginx", "target": {"exact": "Do not join."}}

    with serving(tmp_path, **site) as (host, process), nginx(folder, free_port(), host) as port:
        # One of the two hosts is down, which no reader notices.
        assert {ask(port, "/").status for _ in range(4)} == {200}
        page = ask(port, "/d/charter")
        page = ask(port, page.headers["Location"]) if page.status in (302, 307, 308) else page
        assert page.headers["Strict-Transport-Security"]
        assert f"https://{HOST}/" in page.text  # type: ignore[attr-defined]

        assert ask(port, listed).headers["X-Cache"] == "MISS"
        assert kept(port, listed, "HIT")
        before = json.loads(ask(port, listed, **token).text)["total"]  # type: ignore[attr-defined]
        assert ask(port, "/api/annotations", "POST", posted, **token,
                   Content_Type="application/json").status == 201  # fmt: skip
        seen = ask(port, listed, **token)
        assert seen.headers["X-Cache"] == "BYPASS"
        assert json.loads(seen.text)["total"] == before + 1  # type: ignore[attr-defined]
        for _ in range(50):  # nginx counts whole seconds, and asks while it sends the kept one
            time.sleep(0.1)
            if json.loads(ask(port, listed).text)["total"] == before + 1:  # type: ignore[attr-defined]
                break
        else:
            pytest.fail("nginx sends the old list after five seconds")

        signed = ask(port, "/sign-in")
        assert signed.headers["X-Cache"] != "HIT"
        cookie = (signed.headers["Set-Cookie"] or "").partition(";")[0]
        assert cookie.startswith("__Host-")
        assert ask(port, "/sign-in").headers["Set-Cookie"].partition(";")[0] != cookie
        assert ask(port, listed, Cookie=cookie).headers["X-Cache"] == "BYPASS"

        forged = ask(port, "/", X_Forwarded_Host="evil.example", X_Forwarded_Proto="http",
                     Forwarded="host=evil.example")  # fmt: skip
        assert "evil.example" not in forged.text  # type: ignore[attr-defined]

        process.terminate()
        process.wait(timeout=30)
        assert kept(port, listed, "STALE")
        assert ask(port, listed, **token).status in {502, 504}
