"""A real OpenSearch on loopback, for tests and benchmarks.

    python -m scripts.opensearch [--nodes N] [--port FIRST] [--heap MEGABYTES]

prints the addresses of its nodes and runs until it is interrupted. Maven brings the parts from its
central repository when they are first needed; the folder that they make stays in `.cache`. Needs
Java 17 to 23, and Maven for the first time. Nodes end with the process that they were started for,
however it ends, and leave nothing behind. OpenSearch does not run as root, so root runs it as
`nobody`.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from http import HTTPStatus
from pathlib import Path

import urllib3
from filelock import FileLock

VERSION = "2.19.6"  # the last line that runs on Java 17
HOME = Path(__file__).resolve().parent.parent / ".cache" / f"opensearch-{VERSION}"
JAVA = range(17, 24)  # later ones have no security manager, which this line needs
START_SECONDS = 180
FETCH_SECONDS = 200
MEMORY = Path("/dev/shm")  # noqa: S108 # a disk in memory, of Linux
MEMORY_BYTES = 1_000_000_000  # that must be free there

# The server starts without neither of the first two, which its own description does not require.
PARTS = {
    "org.opensearch:opensearch-plugin-classloader": VERSION,
    "org.apache.logging.log4j:log4j-core": "2.25.4",
    "org.opensearch:opensearch": VERSION,
    "org.opensearch.plugin:transport-netty4-client": VERSION,
    "org.opensearch.plugin:lang-painless": VERSION,
}
# Modules: class, own jars, and the permissions of the jars.
MODULES = {
    "transport-netty4": (
        "org.opensearch.transport.Netty4Plugin",
        ("transport-netty4-client-*", "netty-*"),
        {
            "netty-common": [
                'java.lang.RuntimePermission "getClassLoader"',
                'java.io.FilePermission "/proc/sys/net/core/somaxconn", "read"',
                'java.net.SocketPermission "*", "accept,connect"',
            ],
            "netty-handler": ['java.lang.RuntimePermission "getClassLoader"'],
            "netty-transport": ['java.net.SocketPermission "*", "accept,connect"'],
        },
    ),
    "lang-painless": (
        "org.opensearch.painless.PainlessPlugin",
        ("lang-painless-*", "opensearch-scripting-painless-spi-*", "antlr4-*", "asm-*"),
        {
            "": [
                'java.lang.RuntimePermission "createClassLoader"',
                'java.lang.RuntimePermission "getClassLoader"',
            ]
        },
    ),
}
LOGGING = """status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d %p %c{1.} %m%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
"""
# Start a node and stop it when the owner has ended; the owner deletes the folder.
WATCH = """
"$@" >out 2>&1 </dev/null & node=$!
echo $node >pid
while kill -0 $OWNER && kill -0 $node; do sleep 1; done 2>/dev/null
kill -KILL $node 2>/dev/null; wait $node
kill -0 $OWNER 2>/dev/null || rm -rf "$FOLDER"
"""


@cache
def missing() -> str:
    """Return why OpenSearch cannot run here, or ""; the first call downloads it."""
    java = shutil.which("java")
    if java is None:
        return "there is no Java (Debian's package default-jre-headless)"
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', said)
    if found is None or int(found[1]) not in JAVA:
        return f"this Java is not one of {JAVA[0]} to {JAVA[-1]}: {said.splitlines()[0]}"
    if os.getuid() == 0 and shutil.which("setpriv") is None:
        return "OpenSearch does not run as root, and there is no setpriv"
    if not HOME.exists() and shutil.which("mvn") is None:
        return "there is no Maven (Debian's package maven) to bring OpenSearch"
    try:
        assemble()
    except RuntimeError as error:
        return str(error)
    return ""


def assemble() -> Path:
    """Return the folder of the program; make it if it is not there. Raises RuntimeError."""
    HOME.parent.mkdir(exist_ok=True)
    with FileLock(HOME.parent / "opensearch.lock"):
        if not HOME.exists():
            partial = HOME.with_name(f"{HOME.name}.partial")
            shutil.rmtree(partial, ignore_errors=True)
            for name in ("bin", "config", "plugins", "modules"):  # it refuses to start without
                (partial / name).mkdir(parents=True)
            _fetch(partial / "lib")
            for name in MODULES:
                _make_module(partial, name)
            partial.rename(HOME)
    return HOME


def _fetch(folder: Path) -> None:
    """Let Maven copy all jars into `folder`."""
    wanted = "".join(
        "<dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version>"
        "</dependency>".format(*name.split(":"), version)
        for name, version in PARTS.items()
    )
    with tempfile.TemporaryDirectory() as project:
        Path(project, "pom.xml").write_text(
            '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
            "<groupId>local</groupId><artifactId>opensearch</artifactId><version>1</version>"
            f"<packaging>pom</packaging><dependencies>{wanted}</dependencies></project>",
            encoding="utf-8",
        )
        try:
            done = subprocess.run(
                ["mvn", "-q", "-B", "dependency:copy-dependencies", "-DincludeScope=runtime",
                 f"-DoutputDirectory={folder}"],
                cwd=project, capture_output=True, text=True, check=False, timeout=FETCH_SECONDS,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise RuntimeError(
                f"Maven did not bring OpenSearch within {FETCH_SECONDS} seconds"
            ) from error
    if done.returncode:
        raise RuntimeError(
            f"Maven could not bring OpenSearch: {(done.stdout + done.stderr)[-500:]}"
        )


def _make_module(home: Path, name: str) -> None:
    """Move the jars of a module into its folder, and describe it to the server."""
    classname, patterns, permissions = MODULES[name]
    folder = home / "modules" / name
    folder.mkdir()
    for jar in [jar for pattern in patterns for jar in (home / "lib").glob(f"{pattern}.jar")]:
        jar.rename(folder / jar.name)
    described = {
        "name": name,
        "description": name,
        "version": VERSION,
        "opensearch.version": VERSION,
        "java.version": "11",
        "classname": classname,
        "has.native.controller": "false",
    }
    (folder / "plugin-descriptor.properties").write_text(
        "".join(f"{key}={value}\n" for key, value in described.items())
    )
    grants = []
    for jar, allowed in permissions.items():
        code = f' codeBase "${{codebase.{jar}}}"' if jar else ""
        grants.append(f"grant{code} {{ {' '.join(f'permission {each};' for each in allowed)} }};\n")
    (folder / "plugin-security.policy").write_text("".join(grants))


def free_ports(number: int) -> list[int]:
    """Return free ports on loopback."""
    sockets = [socket.socket() for _ in range(number)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in sockets]
    finally:
        for each in sockets:
            each.close()


class Cluster:
    """Nodes that live as long as the process `owner`, this one by default.

    urls: the address of each node.
    """

    def __init__(
        self,
        nodes: int,
        *,
        ports: Sequence[int] = (),
        heap: int = 256,
        owner: int | None = None,
        short_lived: bool = False,
    ) -> None:
        """Start the nodes and wait until they are one cluster. Raises RuntimeError.

        heap: the memory of each node in MB, to which its threads and code add about a hundred.
        short_lived: keep files in memory, if it is large enough, and compile little.
        """
        home = assemble()
        self._nodes = nodes
        self._ports = [*ports] or free_ports(nodes)
        self._inner_ports = free_ports(nodes)
        self._heap = heap
        self._owner = owner or os.getpid()
        self.urls = [f"http://127.0.0.1:{port}" for port in self._ports]
        fits = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > MEMORY_BYTES
        parent = MEMORY if short_lived and fits else None
        self._tiers = 1 if short_lived else 4
        self._folder = Path(tempfile.mkdtemp(prefix="annotator-opensearch-", dir=parent))
        self._user: list[str] = []
        self._home = home
        if os.getuid() == 0:  # the user nobody may be unable to read the checkout
            self._user = ["setpriv", "--reuid", "nobody", "--clear-groups"]
            self._folder.chmod(0o755)
            self._home = Path(shutil.copytree(home, self._folder / "home"))
        for number in range(nodes):
            self._configure(number)
            self.start(number)
        self.wait(nodes)

    def _configure(self, number: int) -> None:
        node = self._folder / str(number)
        for name in ("config", "data", "logs", "tmp"):
            (node / name).mkdir(parents=True)
            if self._user:
                shutil.chown(node / name, "nobody")
        settings = {
            "cluster.name": self._folder.name,
            "node.name": f"node-{number}",
            "path.data": str(node / "data"),
            "path.logs": str(node / "logs"),
            "network.host": "127.0.0.1",
            "http.port": self._ports[number],
            "transport.port": self._inner_ports[number],
            "discovery.seed_hosts": [f"127.0.0.1:{port}" for port in self._inner_ports],
            "cluster.initial_cluster_manager_nodes": [f"node-{n}" for n in range(self._nodes)],
            "cluster.routing.allocation.disk.threshold_enabled": False,  # a full disk is not tested
            "bootstrap.system_call_filter": False,
            "node.store.allow_mmap": False,  # which would need a setting of the kernel
        }
        (node / "config" / "opensearch.yml").write_text(json.dumps(settings))  # which is YAML too
        (node / "config" / "jvm.options").touch()
        (node / "config" / "log4j2.properties").write_text(LOGGING)

    def start(self, number: int) -> None:
        """Start a node that does not run; `wait` waits for it."""
        node = self._folder / str(number)
        properties = {
            "java.io.tmpdir": node / "tmp",
            "jna.tmpdir": node / "tmp",
            "java.security.manager": "allow",
            "log4j.shutdownHookEnabled": "false",
            "opensearch.path.home": self._home,
            "opensearch.path.conf": node / "config",
            "opensearch.distribution.type": "tar",
            "opensearch.bundled_jdk": "false",
        }
        subprocess.Popen(
            ["sh", "-c", WATCH, "watch", *self._user, "java", f"-Xms{self._heap}m",
             f"-Xmx{self._heap}m", "-XX:+UseSerialGC", f"-XX:TieredStopAtLevel={self._tiers}",
             "-XX:-UsePerfData", *(f"-D{name}={value}" for name, value in properties.items()),
             "-cp", f"{self._home}/lib/*", "org.opensearch.bootstrap.OpenSearch"],
            cwd=node, start_new_session=True, stderr=subprocess.DEVNULL,
            env={**os.environ, "OWNER": str(self._owner), "FOLDER": str(self._folder)},
        )  # fmt: skip

    def kill(self, number: int) -> None:
        """End a node as a crash would."""
        with suppress(ProcessLookupError, FileNotFoundError):
            os.kill(int((self._folder / str(number) / "pid").read_text()), signal.SIGKILL)

    def wait(self, nodes: int) -> None:
        """Wait until the nodes form one cluster. Raises RuntimeError."""
        end = time.monotonic() + START_SECONDS
        health = f"/_cluster/health?wait_for_nodes={nodes}&timeout=1s"
        while time.monotonic() < end:
            for url in self.urls:
                with suppress(urllib3.exceptions.HTTPError):
                    answer = urllib3.request("GET", url + health, timeout=5, retries=False)
                    if answer.status == HTTPStatus.OK:
                        return
            time.sleep(0.3)
        said = "".join((self._folder / str(n) / "out").read_text()[-300:] for n in range(nodes))
        self.stop()
        raise RuntimeError(f"OpenSearch did not start within {START_SECONDS} seconds: {said}")

    def stop(self) -> None:
        """End all nodes and remove their files."""
        for number in range(self._nodes):
            self.kill(number)
        shutil.rmtree(self._folder, ignore_errors=True)


def main() -> None:
    """Run a cluster until it is interrupted."""
    options = argparse.ArgumentParser(description="Run OpenSearch on loopback.")
    options.add_argument("--nodes", type=int, default=1)
    options.add_argument("--port", type=int, default=9200, help="of the first node")
    options.add_argument("--heap", type=int, default=256, help="megabytes of each node")
    given = options.parse_args()
    if trouble := missing():
        raise SystemExit(f"OpenSearch cannot run here: {trouble}")
    ports = range(given.port, given.port + given.nodes)
    cluster = Cluster(given.nodes, ports=ports, heap=given.heap)
    print(*cluster.urls, sep="\n", flush=True)  # noqa: T201
    with suppress(KeyboardInterrupt):
        signal.pause()
    cluster.stop()


if __name__ == "__main__":
    main()
