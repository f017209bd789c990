"""What attempts left that broke off or were replaced, deleted when nobody can be writing or reading it any more."""

from edgedns_mcp.clickhouse import schema
from edgedns_mcp.clickhouse.batches import attempt_at
from edgedns_mcp.clickhouse.connection import Asking

KEPT_S = 3_600  # the youngest attempts may be in the making, and be read
AT_ONCE = 1_000  # attempts in one statement
_COMMITTED = "SELECT argMax(attempt, (committed_at, attempt)) FROM $ledger GROUP BY org, batch"
_LEFT = " UNION ALL ".join(f"SELECT attempt FROM ${table}" for table in schema.HELD)  # noqa: S608 - our own constants
_DEAD = f"""
    SELECT DISTINCT attempt FROM ({_LEFT})
    WHERE attempt < {{before:UInt64}} AND attempt GLOBAL NOT IN ({_COMMITTED}) ORDER BY attempt
"""  # noqa: S608 - our own constants


def clean(asking: Asking, now_s: float) -> int:
    """Delete the rows of attempts that count nowhere and were begun an hour before `now_s` or earlier; say how many."""
    dead = [attempt for (attempt,) in asking.rows(_DEAD, {"before": attempt_at(now_s - KEPT_S)})]
    for first in range(0, len(dead), AT_ONCE):
        for table in schema.HELD:
            asking.run(schema.deletion(asking.shape, table), {"attempts": dead[first : first + AT_ONCE]})
    return len(dead)
