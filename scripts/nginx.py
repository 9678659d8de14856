"""nginx with the site of deploy/ on loopback, for tests and benchmarks."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.postgresql import free_port

DEPLOY = Path(__file__).resolve().parent.parent / "deploy"


def missing() -> str:
    """Return what keeps nginx from running here; empty if nothing does."""
    if shutil.which("nginx") is None or shutil.which("openssl") is None:
        return "nginx is not installed (Debian's packages nginx and openssl)"
    return ""


@contextmanager
def nginx(folder: Path, *hosts: int) -> Iterator[int]:
    """Run nginx with the site of deploy/ in front of `hosts`; yield its TLS port."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", "/CN=notes.example.org", "-keyout", folder / "key.pem",
         "-out", folder / "fullchain.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    port, plain = free_port(), free_port()
    site = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    for written, here in (
        ("/etc/nginx/annotator-hosts.conf", f"{folder}/hosts.conf"),
        ("/etc/ssl/annotator", str(folder)),
        ("/var/cache/nginx/annotator", f"{folder}/cache"),
    ):
        assert written in site
        site = site.replace(written, here)
    site = re.sub(r"listen \[::\].*;", "", site)
    site = site.replace("listen 443", f"listen 127.0.0.1:{port}")
    site = site.replace("listen 80", f"listen 127.0.0.1:{plain}")
    (folder / "site.conf").write_text(site, encoding="utf-8")
    (folder / "hosts.conf").write_text("".join(
        f"server 127.0.0.1:{host} max_fails=2 fail_timeout=2s;\n" for host in hosts))  # fmt: skip
    user = "user root;" if os.getuid() == 0 else ""
    paths = "".join(f"{name}_temp_path {folder}/{name};\n"
                    for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))  # fmt: skip
    (folder / "nginx.conf").write_text(
        f"{user} daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
        f"http {{ access_log off;\n{paths} include {folder}/site.conf; }}")  # fmt: skip
    command = ["nginx", "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "error.log"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(100):
                time.sleep(0.1)
                assert process.poll() is None, (folder / "error.log").read_text()
                if (folder / "pid").exists():
                    break
            yield port
        finally:
            process.terminate()
            process.wait(timeout=10)
