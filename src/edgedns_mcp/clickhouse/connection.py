"""The only door to ClickHouse: hosts that stand in for each other, and a time within which each question ends."""

import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from time import monotonic
from typing import Any, NamedTuple
from uuid import uuid4

from edgedns_mcp.clickhouse import failures
from edgedns_mcp.clickhouse.failures import Lost
from edgedns_mcp.clickhouse.hosts import CONNECT_S, Host, Result, Trust
from edgedns_mcp.clickhouse.schema import Shape
from edgedns_mcp.errors import UsageError

PATIENCE_S = 3.5  # for a question; below the deadline of an answer
LEAST_S = 0.05  # less is no time to ask
Values = Mapping[str, object]


class Insert(NamedTuple):
    """Rows for one table; the token tells ClickHouse a block that is sent twice."""

    table: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    token: str


class Cluster:
    """Hosts of which each can answer; the one that answered last is asked first."""

    def __init__(
        self,
        urls: Sequence[str],
        shape: Shape,
        *,
        patience_s: float = PATIENCE_S,
        trust: Trust = ssl.create_default_context,
    ) -> None:
        self.shape = shape
        self._hosts = [Host(url, patience_s, trust) for url in urls]
        self._patience_s = patience_s

    @property
    def where(self) -> str:
        """Name the hosts."""
        return ", ".join(host.name for host in self._hosts)

    def asking(self) -> "Asking":
        """Begin a question, which has its time from now on."""
        return Asking(self, monotonic() + self._patience_s)

    def close(self) -> None:
        """Let go of all connections."""
        for host in self._hosts:
            host.close()

    def ask(self, until: float, work: Callable[[Host, float], Result]) -> Result:
        """Let one host after the other do `work` in the time that is left, until one has done it.

        Raises:
            UnavailableError: none of them could, or the time is over.
        """
        for host in list(self._hosts):
            left = until - monotonic()
            if left < LEAST_S:
                raise failures.too_late(self._patience_s, self.where)
            with suppress(Lost):
                found = work(host, left)
                self._prefer(host)
                return found
        if until - monotonic() < CONNECT_S:
            raise failures.too_late(self._patience_s, self.where)
        raise failures.unreachable(self.where)

    def _prefer(self, host: Host) -> None:
        if self._hosts[0] is not host:
            self._hosts = [host, *(other for other in self._hosts if other is not host)]


class Asking:
    """What can be asked and changed within the time of one question; every value is bound."""

    def __init__(self, cluster: Cluster, until: float) -> None:
        self._cluster = cluster
        self._until = until

    @property
    def where(self) -> str:
        """Name the hosts."""
        return self._cluster.where

    @property
    def shape(self) -> Shape:
        """Tell how the database is laid out."""
        return self._cluster.shape

    def rows(self, sql: str, values: Values | None = None) -> Sequence[Sequence[Any]]:
        """Give every row, from whichever replica can answer."""
        return self._cluster.ask(self._until, lambda host, left: _selected(host, _in(self.shape, sql), values, left))

    def run(self, sql: str, values: Values | None = None) -> None:
        """Run a statement that may be run again."""
        self._cluster.ask(self._until, lambda host, _: _ran(host, _in(self.shape, sql), values))

    def insert(self, insert: Insert) -> None:
        """Send rows once: who cannot tell whether they arrived begins another attempt.

        Raises:
            SourceError: they may or may not have arrived.
        """
        self._cluster.ask(self._until, lambda host, _: _inserted(host, self.shape, insert))


def _in(shape: Shape, sql: str) -> str:
    """Name the tables of our database: `$` stands for it, and is in no value, because those are bound."""
    return sql.replace("$", f"{shape.database}.")


def _selected(host: Host, sql: str, values: Values | None, left: float) -> Sequence[Sequence[Any]]:
    query_id = uuid4().hex
    settings = {"max_execution_time": max(int(left), 1), "timeout_overflow_mode": "throw"}
    if not host.is_in_process:
        settings |= {
            "query_id": query_id,
            "select_sequential_consistency": 1,  # a replica that lacks a committed insert refuses, and another is asked
            "cancel_http_readonly_queries_on_client_close": 1,
        }
    try:
        return host.do(lambda client: client.query(sql, parameters=dict(values or {}), settings=settings).result_rows)
    except Lost:
        threading.Thread(target=_kill, args=(host, query_id), daemon=True).start()
        raise


def _ran(host: Host, sql: str, values: Values | None) -> None:
    host.do(lambda client: client.command(sql, parameters=dict(values or {})))


def _inserted(host: Host, shape: Shape, insert: Insert) -> None:
    settings: dict[str, object] = {
        "insert_deduplication_token": insert.token,
        "async_insert": 0,
        "max_partitions_per_insert_block": 0,
    }
    if shape.layout != "single":
        settings |= {"insert_quorum": "auto", "insert_quorum_parallel": 0}
    if shape.layout == "distributed":
        settings["distributed_foreground_insert"] = 1  # done only when every shard has its rows
    names = {"table": insert.table, "column_names": insert.columns, "database": shape.database}
    host.do(lambda client: client.insert(data=insert.rows, settings=settings, **names))


def _kill(host: Host, query_id: str) -> None:
    """Stop what runs on after the connection was lost; the server's own limit would do so later."""
    stop = "KILL QUERY WHERE query_id = {query_id:String} ASYNC"
    with suppress(Lost, UsageError):
        _ran(host, stop, {"query_id": query_id})
