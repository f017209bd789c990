"""Buckets out: what each key did in each of a row of buckets, and the cells of a few keys as they are stored."""

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from edgedns_mcp.clickhouse import chosen
from edgedns_mcp.clickhouse.ledger import COMMITTED, Snapshot
from edgedns_mcp.domain.cells import DAY_S
from edgedns_mcp.models import Cell, Environment, Series, Span, Window

_EDGE = "roundDown({}, {{edges:Array(UInt32)}})"
_ONE_BUCKET = f"{_EDGE.format('start')} = {_EDGE.format('toUInt32(end - 1)')}"
_WITHIN = f"{_ONE_BUCKET} AND start >= {{first:Int64}} AND end <= {{last:Int64}}"
_OURS = f"org = {{org:String}} AND {COMMITTED}"
_TOUCHING = f"{_OURS} AND end > {{first:Int64}} AND start < {{last:Int64}}"
_CALLED = f"""
    SELECT key_id, max(first >= {{day:Int64}}) FROM (
        SELECT key_id, endpoint, min(start) AS first FROM (
            SELECT key_id, endpoint, start FROM $cell_day WHERE {_OURS} AND start < {{last:Int64}}
            UNION ALL SELECT key_id, endpoint, start FROM $span WHERE {_OURS} AND start < {{last:Int64}}
        ) WHERE endpoint <> '' GROUP BY key_id, endpoint
    ) GROUP BY key_id
"""  # noqa: S608 - our own constants


def series(snapshot: Snapshot, edges: Sequence[int], key_ids: Collection[str] | None = None) -> Series:
    """Sum each key, or each of these, in each bucket between two of these edges, full hours in epoch seconds."""
    some = chosen.only(key_ids)
    values = {"edges": edges, "first": edges[0], "last": edges[-1], **some.values}
    table = "cell_hour" if any(edge % DAY_S for edge in edges) else "key_day"
    asked = f"""
        SELECT key_id, {_EDGE.format("start")} AS edge, sum(requests) AS some, sum(errors) AS wrong FROM (
            SELECT key_id, start, requests, errors FROM ${table}
            WHERE {_OURS}{some.condition} AND start >= {{first:Int64}} AND start < {{last:Int64}}
            UNION ALL SELECT key_id, start, requests, errors FROM $span WHERE {_TOUCHING}{some.condition} AND {_WITHIN}
        ) GROUP BY key_id, edge HAVING some <> 0 OR wrong <> 0
    """  # noqa: S608 - our own constants
    requests: dict[str, list[int]] = {}
    errors: dict[str, list[int]] = {}
    for key_id, edge, used, wrong in snapshot.rows(asked, values):
        if key_ids is None or key_id in key_ids:
            for column, figure in ((requests, used), (errors, wrong)):
                column.setdefault(key_id, [0] * (len(edges) - 1))[bisect_right(edges, edge) - 1] = figure
    return Series(_frozen(requests), _frozen(errors), _apart(snapshot, values, some.condition, key_ids))


def _frozen(columns: Mapping[str, Sequence[int]]) -> dict[str, tuple[int, ...]]:
    return {key_id: tuple(column) for key_id, column in columns.items()}


def _apart(
    snapshot: Snapshot, values: dict[str, object], condition: str, key_ids: Collection[str] | None
) -> list[Span]:
    asked = f"""
        SELECT start, end, key_id, sum(requests), sum(errors), is_lower FROM $span
        WHERE {_TOUCHING}{condition} AND (requests <> 0 OR errors <> 0 OR is_lower) AND (is_lower OR NOT ({_WITHIN}))
        GROUP BY start, end, key_id, is_lower
    """  # noqa: S608 - our own constants
    found = [
        Span(start, end, key_id, requests, errors, "lower" if is_lower else "exact")
        for start, end, key_id, requests, errors, is_lower in snapshot.rows(asked, values)
        if key_ids is None or key_id in key_ids
    ]
    return sorted(found, key=lambda span: (span.key_id, *span))


def cells(snapshot: Snapshot, window: Window, key_ids: Collection[str]) -> list[Cell]:
    """List the cells of these keys that lie in a window or reach into it, the earliest first."""
    some = chosen.only(key_ids)
    asked = f"""
        SELECT start, end, key_id, endpoint, environment, sum(requests), sum(errors), max(last), is_lower FROM (
            SELECT start, start + 3600 AS end, key_id, endpoint, environment, requests, errors, last, 0 AS is_lower
            FROM $cell_hour WHERE {_OURS}{some.condition} AND start >= {{first:Int64}} AND start < {{last:Int64}}
            UNION ALL SELECT start, end, key_id, endpoint, environment, requests, errors, last, is_lower
            FROM $span WHERE {_TOUCHING}{some.condition}
        ) GROUP BY start, end, key_id, endpoint, environment, is_lower
    """  # noqa: S608 - our own constants
    rows = snapshot.rows(asked, {**_ends(window), **some.values})
    return sorted(_cell(*row) for row in rows if row[2] in key_ids)


def _cell(*row: Any) -> Cell:
    *figures, is_lower = row
    return Cell._make((*figures, "lower" if is_lower else "exact"))


def environments(
    snapshot: Snapshot, window: Window, key_ids: Collection[str] | None = None
) -> dict[str, frozenset[Environment]]:
    """Tell in which environments each key, or each of these, was seen on the UTC days that a window touches."""
    some = chosen.only(key_ids)
    asked = f"""
        SELECT key_id, groupUniqArray(environment) FROM (
            SELECT key_id, environment FROM $cell_day
            WHERE {_OURS}{some.condition} AND start >= {{day:Int64}} AND start < {{last:Int64}}
            UNION ALL SELECT key_id, environment FROM $span WHERE {_TOUCHING}{some.condition} AND requests <> 0
        ) GROUP BY key_id
    """  # noqa: S608 - our own constants
    rows = snapshot.rows(asked, {**_ends(window), **some.values})
    return {key_id: frozenset(found) for key_id, found in rows if key_ids is None or key_id in key_ids}


def may_call_new(snapshot: Snapshot, window: Window) -> dict[str, bool]:
    """Tell of each key whose endpoints are known whether it may have called one in the window for the first time."""
    return {key_id: bool(may) for key_id, may in snapshot.rows(_CALLED, _ends(window))}


def _ends(window: Window) -> dict[str, object]:
    first, last = int(window.start.timestamp()), int(window.end.timestamp())
    return {"first": first, "last": last, "day": first // DAY_S * DAY_S}
