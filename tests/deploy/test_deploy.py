"""The files of deploy/, as committed but for addresses: real proxies before a real server, and what checks them."""

import json
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import httpx2
import pytest
import trustme
from faces import ERAS, NOW, clean_environment
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from remote_builders import ACCEPT, PATIENCE_S, called

pytestmark = pytest.mark.interop

DEPLOY = Path(__file__).parents[2] / "deploy"
HOST = "mcp.example.com"
NAME = re.compile(rf"(?<![\w./]){re.escape(HOST)}")


def needs(program: str):
    return pytest.mark.skipif(not shutil.which(program), reason=f"{program} is not installed: run scripts/proxies.sh")


@dataclass
class Behind:
    """A proxy before the server: where it is reached, whom it is trusted by, and what the server logs."""

    port: int
    trust: Path
    log: Path

    def client(self, **headers: str) -> httpx.Client:
        context = ssl.create_default_context(cafile=self.trust)
        return httpx.Client(
            base_url=f"https://localhost:{self.port}", verify=context, headers=ACCEPT | headers, trust_env=False
        )


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


@contextmanager
def started(command, folder, **options):
    with (folder / f"{Path(command[0]).name}.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, **options)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Serve the demo as somebody does who puts a proxy before it."""
    folder = tmp_path_factory.mktemp("server")
    settings = f'source = "demo"\nas_of = "{NOW}"\n[http]\npublic_url = "https://localhost/mcp"\nproxy = "127.0.0.1"\n'
    (folder / "edgedns.toml").write_text(settings, encoding="utf-8")
    command = [sys.executable, "-m", "edgedns_mcp", "serve", "--http", "--port", "0"]
    environment = clean_environment(EDGEDNS_CONFIG=str(folder / "edgedns.toml"))
    with started(command, folder, env=environment):
        log = folder / f"{Path(sys.executable).name}.log"
        yield int(until(lambda: re.search(r"Serving on http://[^:]+:(\d+)", log.read_text()))[1]), log


@pytest.fixture(scope="module", params=[pytest.param(name, marks=needs(name)) for name in ("nginx", "caddy")])
def behind(request, server, tmp_path_factory):
    """Start a proxy from its committed file."""
    folder, port = tmp_path_factory.mktemp(request.param), free_port()
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "trust.pem")
    issued = authority.issue_cert("localhost")
    issued.private_key_pem.write_to_path(folder / "key.pem")
    for chain in issued.cert_chain_pems:
        chain.write_to_path(folder / "chain.pem", append=True)
    command = {"nginx": an_nginx, "caddy": a_caddy}[request.param](folder, port, server[0])
    with started(command, folder, env=clean_environment(HOME=str(folder))):
        until(lambda: reached(port))
        yield Behind(port, folder / "trust.pem", server[1])


def an_nginx(folder: Path, port: int, server: int) -> list[str]:
    own = changed("nginx.conf", server, {"listen 443": f"listen 127.0.0.1:{port}"})
    own = own.replace("/etc/ssl/localhost.pem", str(folder / "chain.pem"))
    own = own.replace("/etc/ssl/localhost.key", str(folder / "key.pem"))
    temporary = "".join(
        f"{kind}_temp_path {folder};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off;\nmaster_process off;\npid {folder}/pid;\nerror_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{temporary}{own}}}\n",
        encoding="utf-8",
    )
    return ["nginx", "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")]


def a_caddy(folder: Path, port: int, server: int) -> list[str]:
    own = changed("Caddyfile", server, {})
    own = own.replace("localhost {", f"https://localhost:{port} {{\n\ttls {folder}/chain.pem {folder}/key.pem")
    (folder / "Caddyfile").write_text(f"{{\n\tadmin off\n\tauto_https off\n}}\n{own}", encoding="utf-8")
    return ["caddy", "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]


def changed(name: str, server: int, more: dict[str, str]) -> str:
    """Read a committed file with the addresses of this test, each of which must be in it."""
    text = (DEPLOY / name).read_text(encoding="utf-8")
    for old, new in {"127.0.0.1:8054": f"127.0.0.1:{server}", HOST: "localhost", **more}.items():
        assert old in text
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize("era", ERAS)
async def test_a_client_asks_through_the_proxy_over_tls(behind, era):
    context = ssl.create_default_context(cafile=behind.trust)
    url = f"https://localhost:{behind.port}/mcp"
    async with (
        httpx2.AsyncClient(verify=context, trust_env=False, timeout=PATIENCE_S) as http,
        Client(streamable_http_client(url, http_client=http), mode=era) as client,
    ):
        told = await client.call_tool("usage_by_key", {"limit": 1})
    assert told.structured_content["total_keys"] == 25


def test_the_client_s_address_is_the_one_that_the_proxy_saw(behind):
    with behind.client(**{"X-Forwarded-For": "203.0.113.9"}) as http:
        answer = http.post("/mcp", json=called("server_status"))
    line = until(lambda: logged(behind.log, answer.headers["x-request-id"]))
    assert line["client"] == "127.0.0.1"


def test_a_large_body_and_other_addresses_end_at_the_proxy(behind):
    with behind.client() as http:
        large = http.post("/mcp", json=called("usage_by_key", name_contains="x" * (1 << 21)))
        assert large.status_code in (413, 502)  # the latter where our server refuses it before Caddy does
        for path in ("/", "/readyz", "/healthz", "/mcp/x"):
            assert http.get(path).status_code == 404


def logged(log: Path, request_id: str):
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    return next((line for line in lines if line["request_id"] == request_id and "client" in line), None)


def reached(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(look):
    end = time.monotonic() + PATIENCE_S
    while not (found := look()):
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.02)  # another process tells nobody when it is ready
    return found


@needs("systemd-analyze")
def test_the_unit_is_one_and_exposes_little():
    unit = DEPLOY / "edgedns-mcp.service"
    verified = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    wrong = [line for line in verified.stderr.splitlines() if "edgedns-mcp" in line]
    assert [line for line in wrong if "is not executable" not in line] == []
    asked = ["systemd-analyze", "security", "--offline=true", unit]
    said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    assert float(re.search(r"exposure level for [^:]+: ([\d.]+)", said)[1]) < 2


def test_the_dockerfile_has_nothing_that_its_linter_warns_of():
    linter = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([linter, DEPLOY / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_what_the_dockerfile_copies_is_enough_to_install(tmp_path):
    lines = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").splitlines()
    copied = [line.split()[1:-1] for line in lines if line.startswith("COPY") and "--from" not in line]
    for name in [name for names in copied for name in names]:
        source = DEPLOY.parent / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, tmp_path / name)
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--wheel-dir",
        tmp_path / "out",
        tmp_path,
    ]
    subprocess.run(build, check=True, capture_output=True, timeout=120)
    assert [wheel.name.split("-")[0] for wheel in (tmp_path / "out").iterdir()] == ["edgedns_mcp"]
