"""Two ClickHouse servers of version 18.16, as Debian 12 packages them, unpacked into a folder and installed nowhere."""

import os
import shutil
import subprocess
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from socket import create_server
from time import monotonic, sleep
from typing import NamedTuple

import httpx

CLUSTER = "both"
START_S = 30  # that a server may take
PACKAGES = (
    "clickhouse-server", "clickhouse-common", "libboost-filesystem1.74.0", "libboost-program-options1.74.0",
    "libcapnp-0.9.2", "libcctz2", "libcpuinfo0", "libdouble-conversion3", "libfarmhash0", "libicu72", "libjemalloc2",
    "libltdl7", "libmariadb3", "libmetrohash1", "libodbc2", "libpcre3", "libpococrypto80", "libpocodata80",
    "libpocodataodbc80", "libpocofoundation80", "libpocojson80", "libpocomongodb80", "libpoconet80",
    "libpoconetssl80", "libpocoutil80", "libpocoxml80", "librdkafka1", "libre2-9",
)  # fmt: skip
_CONFIG = """<yandex>
    <logger><level>warning</level><log>{home}/log</log><errorlog>{home}/errors</errorlog></logger>
    <listen_host>127.0.0.1</listen_host><http_port>{http}</http_port><tcp_port>{tcp}</tcp_port>
    <path>{home}/</path><tmp_path>{home}/tmp/</tmp_path><users_config>{home}/users.xml</users_config>
    <default_profile>default</default_profile><default_database>default</default_database>
    <mark_cache_size>100000000</mark_cache_size><timezone>UTC</timezone>
    <remote_servers><{cluster}>{shards}</{cluster}></remote_servers>
</yandex>"""
# With a default database no shard is the server's own to it: writing to its own beside others, 18.16 loses the query
# that the views need.
_SHARD = (
    "<shard><replica><host>127.0.0.1</host><port>{}</port><default_database>default</default_database>"
    "</replica></shard>"
)
_USERS = """<yandex>
    <profiles><default>
        <insert_distributed_sync>1</insert_distributed_sync>
        <output_format_json_quote_64bit_integers>0</output_format_json_quote_64bit_integers>
    </default></profiles>
    <users><default>
        <password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota>
    </default></users>
    <quotas><default/></quotas>
</yandex>"""


class Absent(Exception):  # noqa: N818 - a reason, not a fault
    """Why the servers cannot be had here."""


class Server(NamedTuple):
    """One of the two, asked over plain HTTP."""

    process: subprocess.Popen[bytes]
    url: str

    def ask(self, statement: str) -> str:
        """Send a statement.

        Raises:
            RuntimeError: it was refused, with the server's words.
        """
        answer = httpx.post(self.url, content=statement.encode(), timeout=60)
        if answer.is_error:
            raise RuntimeError(answer.text)
        return answer.text

    def stop(self) -> None:
        """End the process, and wait until it has ended."""
        self.process.terminate()
        self.process.wait(timeout=START_S)


@contextmanager
def two_servers(folder: Path) -> Generator[list[Server]]:
    """Start two servers, each a shard of one cluster.

    Raises:
        Absent: they cannot be had here.
    """
    root = _unpacked(folder)
    ports = _free_ports(4)
    with ExitStack() as stack:
        servers = [_started(root, folder, http, tcp, ports[2:]) for http, tcp in zip(ports[:2], ports[2:], strict=True)]
        for server in servers:
            stack.callback(server.stop)
        for server in servers:
            _await(server)
        yield servers


def _unpacked(folder: Path) -> Path:
    if not (shutil.which("apt-get") and shutil.which("dpkg")):
        raise Absent("Debian's package tools are needed to fetch ClickHouse 18.16.")
    packages, root = folder / "packages", folder / "root"
    packages.mkdir()
    fetched = subprocess.run(["apt-get", "download", *PACKAGES], cwd=packages, capture_output=True, check=False)
    if fetched.returncode:
        raise Absent("The packages of ClickHouse 18.16 cannot be fetched; they are Debian 12's.")
    for package in packages.iterdir():
        subprocess.run(["dpkg", "-x", str(package), str(root)], check=True)
    return root


def _free_ports(some: int) -> list[int]:
    with ExitStack() as stack:
        listening = [stack.enter_context(create_server(("127.0.0.1", 0))) for _ in range(some)]
        return [one.getsockname()[1] for one in listening]


def _started(root: Path, folder: Path, http: int, tcp: int, shards: Sequence[int]) -> Server:
    home = folder / f"server-{http}"
    (home / "tmp").mkdir(parents=True)
    (home / "users.xml").write_text(_USERS)
    others = "".join(map(_SHARD.format, shards))
    config = _CONFIG.format(home=home, http=http, tcp=tcp, cluster=CLUSTER, shards=others)
    (home / "config.xml").write_text(config)
    libraries = ":".join(str(root / place / "x86_64-linux-gnu") for place in ("usr/lib", "lib"))
    process = subprocess.Popen(
        [str(root / "usr/sbin/clickhouse-server"), f"--config-file={home / 'config.xml'}"],
        cwd=home,
        env={**os.environ, "LD_LIBRARY_PATH": libraries},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return Server(process, f"http://127.0.0.1:{http}/")


def _await(server: Server) -> None:
    until = monotonic() + START_S
    while monotonic() < until and server.process.poll() is None:
        with suppress(httpx.TransportError):
            server.ask("SELECT 1")
            return
        sleep(0.1)
    raise Absent("ClickHouse 18.16 did not start here.")
