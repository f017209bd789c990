"""Which attempts count, and one state of the database for all that a question asks."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

from edgedns_mcp.clickhouse.connection import Asking
from edgedns_mcp.clickhouse.schema import VERSION
from edgedns_mcp.errors import StoreError, UnavailableError

# Of each batch, the attempt that was committed last, as known at the moment that `pin` names.
COMMITTED = """attempt GLOBAL IN (
    SELECT argMax(attempt, (committed_at, attempt)) FROM $ledger
    WHERE org = {org:String} AND committed_at <= {pin:UInt64} GROUP BY batch
)"""
# What is committed: the last moment, and two numbers that another set of batches or attempts hardly has.
_STATE = """(
    SELECT (max(at), count(), groupBitXor(cityHash64(batch, counts))) FROM (
        SELECT batch, max(committed_at) AS at, argMax(attempt, (committed_at, attempt)) AS counts
        FROM $ledger WHERE org = {org:String} AND committed_at <= {pin:UInt64} GROUP BY batch
    )
)"""
_NOW = f"""
    SELECT
        (SELECT max(version) FROM $version), {_STATE},
        (SELECT (max(version), count()) FROM $key WHERE org = {{org:String}})
"""  # noqa: S608 - our own constants
EVER = 2**63 - 1
_KNOWN = """
    SELECT batch, argMax(digest, (committed_at, attempt)) FROM $ledger
    WHERE org = {org:String} AND startsWith(batch, {prefix:String}) GROUP BY batch
"""
_STORED = """
    SELECT sum(requests), sum(rejected) FROM (
        SELECT
            argMax(requests, (committed_at, attempt)) AS requests, argMax(rejected, (committed_at, attempt)) AS rejected
        FROM $ledger WHERE org = {org:String} AND committed_at <= {pin:UInt64} GROUP BY batch
    )
"""


class Pin(NamedTuple):
    """A state of one organisation's usage: commits up to a moment, and how many these are."""

    moment: int
    commits: int
    mark: int
    keys: tuple[int, int]


class Stored(NamedTuple):
    """How much is stored."""

    requests: int
    rejected: int  # lines that could not be read


class Snapshot(NamedTuple):
    """One organisation's usage in one state."""

    asking: Asking
    org: str
    pin: Pin

    def rows(self, sql: str, values: Mapping[str, object] | None = None) -> Sequence[Sequence[Any]]:
        """Ask, with the organisation and the state bound as well."""
        return self.asking.rows(sql, {**(values or {}), "org": self.org, "pin": self.pin.moment})

    def stored(self) -> "Stored":
        """Tell how much is stored."""
        return Stored(*self.rows(_STORED)[0])

    def is_still(self) -> bool:
        """Tell whether the state is what it was: neither a late commit nor a replica that is behind came between."""
        return self.rows(f"SELECT {_STATE}")[0][0] == self.pin[:3]


def snapshot(asking: Asking, org: str) -> Snapshot:
    """Take the newest state.

    Raises:
        StoreError: the tables are those of another version.
        UnavailableError: ClickHouse does not answer.
    """
    version, (moment, commits, mark), keys = asking.rows(_NOW, {"org": org, "pin": EVER})[0]
    _check(version, asking.where)
    return Snapshot(asking, org, Pin(moment, commits, mark, tuple(keys)))


def known(asking: Asking, org: str, prefix: str) -> dict[str, str]:
    """Give the digest of each committed batch whose name begins like this."""
    return dict(cast("Sequence[tuple[str, str]]", asking.rows(_KNOWN, {"org": org, "prefix": prefix})))


def unsettled(where: str) -> UnavailableError:
    """Say that no state held for as long as a question took."""
    return UnavailableError(
        f"ClickHouse at {where} is being filled and its replicas differ; ask again in a few seconds."
    )


def _check(version: int, where: str) -> None:
    if version > VERSION:
        raise StoreError(f"The tables in ClickHouse at {where} are newer than this program; update edgedns-mcp.")
    if version < VERSION:
        raise StoreError(
            f"The tables in ClickHouse at {where} are not complete or older than this program; "
            "run edgedns-mcp clickhouse migrate."
        )
