"""One ClickHouse server: connected to when it is first asked, and its failures in our words."""

import logging
import ssl
import threading
from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeAlias, TypeVar
from urllib.parse import SplitResult, unquote, urlsplit

from edgedns_mcp.clickhouse import failures
from edgedns_mcp.clickhouse.failures import Lost

CONNECT_S = 1  # so that a lost host leaves time to ask another one
IN_PROCESS = "chdb"  # an engine without a server, for trying and for tests
DEFAULT_PORTS = {"http": 8123, "https": 8443}
Client: TypeAlias = Any  # the library's own types leave values partially unknown
Result = TypeVar("Result")
Trust = Callable[[], ssl.SSLContext]  # whose certificates are taken
CONNECTIONS = 8  # that are kept


class Host:
    """A server and its pool of connections."""

    def __init__(self, url: str, patience_s: float, trust: Trust) -> None:
        self._url = urlsplit(url)
        self._patience_s = patience_s
        self._trust = trust
        self._opening = threading.Lock()
        self._client: Client | None = None

    @property
    def name(self) -> str:
        """Give what may be shown of the address: neither user nor password."""
        if self.is_in_process:
            return "this process"
        return f"{self._url.hostname}:{self._url.port or DEFAULT_PORTS[self._url.scheme]}"

    @property
    def is_in_process(self) -> bool:
        """Tell whether there is no connection to it."""
        return self._url.scheme == IN_PROCESS

    def do(self, work: Callable[[Client], Result]) -> Result:
        """Do something with a connection.

        Raises:
            Lost: this host gave no whole answer; another one may.
            UsageError: none will.
        """
        library = _library()
        try:
            return work(self._connected(library))
        except library.driver.exceptions.Error as exc:
            if failures.is_untrusted(exc):
                raise failures.untrusted(self.name) from exc
            if failures.may_another(exc.code):
                raise Lost from exc
            raise failures.refused(exc.code, exc.name, self.name) from exc

    def close(self) -> None:
        """Let go of the connections."""
        with self._opening:
            if self._client is not None:
                self._client.close()
                self._client = None

    def _connected(self, library: Any) -> Client:
        with self._opening:
            if self._client is None:
                self._client = _connect(library, self._url, self._patience_s, self._trust)
            return self._client


def _library() -> Any:
    try:
        return import_module("clickhouse_connect")
    except ImportError as exc:
        raise failures.absent() from exc


def _connect(library: Any, url: SplitResult, patience_s: float, trust: Trust) -> Client:
    for chatty in ("clickhouse_connect", "urllib3"):
        logging.getLogger(chatty).setLevel(logging.CRITICAL)  # what fails is told in our words
    if url.scheme == IN_PROCESS:
        return library.get_client(dsn=url.geturl())
    client = library.get_client(
        host=url.hostname,
        port=url.port or DEFAULT_PORTS[url.scheme],
        interface=url.scheme,
        username=unquote(url.username or "default"),
        password=unquote(url.password or ""),
        connect_timeout=CONNECT_S,
        send_receive_timeout=max(int(patience_s), 1),
        query_retries=0,
        autogenerate_session_id=False,  # questions run beside each other
        pool_mgr=_pool(trust() if url.scheme == "https" else None),
    )
    client.http_retries = 0  # another host is asked instead
    return client


def _pool(context: ssl.SSLContext | None) -> Any:
    """Give connections of this client's own, which judge certificates as all others of ours do."""
    return import_module("urllib3").PoolManager(maxsize=CONNECTIONS, ssl_context=context)
