"""A store in ClickHouse, to be held to the contract of all stores."""

import itertools
import socket

from store_builders import utc

from edgedns_mcp.clickhouse import batches, ledger, upkeep
from edgedns_mcp.clickhouse.batches import Batch
from edgedns_mcp.clickhouse.connection import Cluster
from edgedns_mcp.clickhouse.schema import Shape
from edgedns_mcp.sources.clickhouse import ClickHouseView

NOW = utc("2026-11-22T10:30:15")
PATIENCE_S = 60  # machines that run tests are slow


def a_cluster(*urls, database="edgedns", patience_s=PATIENCE_S, **shape):
    """Give a cluster whose tables are there."""
    cluster = Cluster(urls, Shape(database, **shape), patience_s=patience_s)
    upkeep.migrate(cluster.asking())
    return cluster


class ClickHouseHeld:
    """A new store: organisations whose names begin alike."""

    def __init__(self, cluster, org):
        self.cluster = cluster
        self._org = org
        self._numbers = itertools.count()

    def commit(self, name="", **content):
        number = f"batch {next(self._numbers)}"
        return batches.commit(self.cluster.asking(), self._org + name, Batch(number, number, **content))

    def put(self, cells, name=""):
        self.commit(name, cells=list(cells))

    def observe(self, feed, start, end):
        self.commit(observed=[(feed, (start, end))])

    def ask(self, question, name=""):
        snapshot = ledger.snapshot(self.cluster.asking(), self._org + name)
        answer = question(ClickHouseView(snapshot, None, NOW))
        assert snapshot.is_still()
        return answer


def free_port():
    """Give a port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]
