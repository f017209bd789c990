"""A thin front that answers over HTTP as ClickHouse does, an engine in this process behind it, and breaks on demand."""

import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from ssl import SSLContext
from tempfile import NamedTemporaryFile
from time import sleep
from typing import Any
from urllib.parse import parse_qs, urlsplit

import lz4.frame
from clickhouse_connect.driver._chdbclient import ChdbClient
from clickhouse_connect.driver.exceptions import _error_code_from_message

TRANSPORT = {"query", "database", "wait_end_of_query", "client_protocol_version", "query_id", "enable_http_compression"}
TRANSPORT |= {
    "send_progress_in_http_headers",
    "http_headers_progress_interval_ms",
    "insert_quorum",
    "cancel_http_readonly_queries_on_client_close",
}
Trouble = Callable[[str], str | None]


class Front:
    """One address; `trouble` says of a statement what goes wrong with it, if anything."""

    def __init__(self, engine: ChdbClient, password: str = "") -> None:
        self.engine = engine
        self.password = password
        self.trouble: Trouble = lambda statement: None
        self.statements: list[str] = []
        self._heard = threading.Condition()
        front = self

        class Request(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                front.answer(self)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Request)
        self.server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://default:{self.password}@127.0.0.1:{self.server.server_port}"

    def hears(self, beginning: str) -> bool:
        """Wait for a statement that begins like this."""
        with self._heard:
            return self._heard.wait_for(lambda: any(one.startswith(beginning) for one in self.statements), 10)

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        body = _body(request)
        params = {
            name: values[0] for name, values in parse_qs(urlsplit(request.path).query, keep_blank_values=True).items()
        }
        if request.headers.get_content_type() == "multipart/form-data":
            params |= _fields(request.headers["Content-Type"], body)
            body = b""
        statement, data = _parted(params.get("query", "").encode(), body)
        with self._heard:
            self.statements.append(statement)
            self._heard.notify_all()
        trouble = self.trouble(statement)
        if trouble == "silent":
            sleep(8)
        if trouble in ("silent", "gone"):
            request.close_connection = True
            request.connection.shutdown(2)
            return
        try:
            self._refuse(request, trouble)
            found = self._run(statement, data, params)
        except Exception as exc:  # noqa: BLE001 - whatever the engine says is the answer
            _send(request, 500, str(exc).encode(), {"X-ClickHouse-Exception-Code": str(_code(exc))})
            return
        if trouble == "cut":
            request.send_response(200)
            request.send_header("Content-Length", str(len(found) + 100))
            request.end_headers()
            request.wfile.write(found)
            request.close_connection = True
            return
        if trouble == "unheard":  # done, but nobody learns of it
            request.close_connection = True
            request.connection.shutdown(2)
            return
        if trouble == "twice":
            self._run(statement, data, params)
        _send(request, 200, found, {"X-ClickHouse-Format": "Native", "X-ClickHouse-Timezone": "UTC"})

    def _refuse(self, request: BaseHTTPRequestHandler, trouble: str | None) -> None:
        if request.headers.get("Authorization") != "Basic " + b64encode(f"default:{self.password}".encode()).decode():
            raise RuntimeError("Code: 516. DB::Exception: default: Authentication failed. (AUTHENTICATION_FAILED)")
        if trouble and trouble.isdigit():
            raise RuntimeError(f"Code: {trouble}. DB::Exception: SELECT secret FROM t. (SOME_NAME)")

    def _run(self, statement: str, data: bytes, params: dict[str, str]) -> bytes:
        bound = {name.removeprefix("param_"): value for name, value in params.items() if name.startswith("param_")}
        settings = {
            name: value for name, value in params.items() if name not in TRANSPORT and not name.startswith("param_")
        }
        clause = ", ".join(f"{name} = '{value}'" for name, value in settings.items())
        if data:
            with NamedTemporaryFile(suffix=".native") as file:
                Path(file.name).write_bytes(data)
                head = statement.rsplit("FORMAT", 1)[0]
                return self._query(f"{head} FROM INFILE '{file.name}' SETTINGS {clause} FORMAT Native", {})
        head, _, form = statement.rpartition("\n FORMAT ")
        if head and clause:
            statement = f"{head}\n SETTINGS {clause}\n FORMAT {form}"
        return self._query(statement, bound)

    def _query(self, statement: str, bound: dict[str, str]) -> bytes:
        return self.engine._backend._run(statement, "TabSeparated", params=bound).bytes() or b""


@contextmanager
def fronting(engine: ChdbClient, password: str = "", tls: SSLContext | None = None) -> Iterator[Front]:
    front = Front(engine, password)
    if tls:
        front.server.socket = tls.wrap_socket(front.server.socket, server_side=True)
    thread = threading.Thread(target=front.server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield front
    finally:
        front.server.shutdown()
        front.server.server_close()
        thread.join()


def _body(request: BaseHTTPRequestHandler) -> bytes:
    if request.headers.get("Transfer-Encoding") != "chunked":
        return _plain(request, request.rfile.read(int(request.headers.get("Content-Length", 0))))
    chunks = []
    while size := int(request.rfile.readline(), 16):
        chunks.append(request.rfile.read(size))
        request.rfile.readline()
    request.rfile.readline()
    return _plain(request, b"".join(chunks))


def _plain(request: BaseHTTPRequestHandler, body: bytes) -> bytes:
    if request.headers.get("Content-Encoding") != "lz4":
        return body
    decompressor = lz4.frame.LZ4FrameDecompressor()
    plain = b""
    while body:
        plain += decompressor.decompress(body)
        body = decompressor.unused_data or b""
        decompressor = lz4.frame.LZ4FrameDecompressor()
    return plain


def _fields(content_type: str, body: bytes) -> dict[str, str]:
    message = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    return {
        part.get_param("name", header="content-disposition"): part.get_payload(decode=True).decode()
        for part in message.iter_parts()
    }


def _parted(query: bytes, body: bytes) -> tuple[str, bytes]:
    """Give the statement, and the rows behind an INSERT."""
    whole = query + (b"\n" if query and body else b"") + body
    statement, rows_follow, data = whole.partition(b"FORMAT Native\n")
    if whole.lstrip().startswith(b"INSERT") and rows_follow:
        return statement.decode() + "FORMAT Native", data
    return whole.decode(), b""


def _code(exc: Exception) -> int:
    return _error_code_from_message(str(exc)) or 0


def _send(request: BaseHTTPRequestHandler, status: int, body: bytes, headers: dict[str, str]) -> None:
    request.send_response(status)
    for name, value in {**headers, "Content-Length": str(len(body)), "X-ClickHouse-Summary": "{}"}.items():
        request.send_header(name, value)
    request.end_headers()
    request.wfile.write(body)
