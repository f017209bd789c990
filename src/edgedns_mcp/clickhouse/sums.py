"""Sums of a window: whole days from cells of days, its ends from cells of hours, and spans, which nothing splits."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from edgedns_mcp.clickhouse import chosen
from edgedns_mcp.clickhouse.chosen import Chosen
from edgedns_mcp.clickhouse.ledger import COMMITTED, Snapshot
from edgedns_mcp.domain.cells import DAY_S, NOTHING, add, unsure
from edgedns_mcp.domain.tallies import Tallies, tallies_of
from edgedns_mcp.models import Tally, Window

# Rows that are `is_in` count; of what came before only the last request does. `slack` may be of the window or not.
_PARTS = """
    SELECT key_id, {endpoint}, start >= {{start:Int64}} AS is_in, requests, errors, last, 0 AS slack, 0 AS is_open
    FROM $cell_hour WHERE org = {{org:String}} AND start < {{end:Int64}} AND {committed}
        AND (start >= {{last_day:Int64}} OR start >= {{start:Int64}} AND start < {{first_day:Int64}})
    UNION ALL
    SELECT key_id, {endpoint}, start >= {{first_day:Int64}}, requests, errors, last, 0, 0
    FROM ${days}
    WHERE org = {{org:String}} AND start >= {{since:Int64}} AND start < {{last_day:Int64}} AND {committed}
    UNION ALL
    SELECT key_id, {endpoint}, start >= {{start:Int64}} AND end <= {{end:Int64}}, requests, errors,
        if(end <= {{end:Int64}} AND (requests <> 0 OR errors <> 0), last, 0),
        if(end <= {{start:Int64}} OR (start >= {{start:Int64}} AND end <= {{end:Int64}}) OR is_lower, 0, requests),
        is_lower AND end > {{start:Int64}}
    FROM $span WHERE org = {{org:String}} AND end > least({{since:Int64}}, {{start:Int64}})
        AND start < {{end:Int64}} AND {committed}
"""
_SUMMED = "sumIf(requests, is_in), sumIf(errors, is_in), max(last), sum(slack), max(is_open)"
_HOLDS = f"FROM ({_PARTS}) WHERE (requests <> 0 OR errors <> 0 OR is_open)"
_OF_KEYS = _HOLDS.format(days="key_day", endpoint="'' AS endpoint", committed=COMMITTED)
_OF_PAIRS = _HOLDS.format(days="cell_day", endpoint="endpoint", committed=COMMITTED)
_PATHS = """
    SELECT endpoint FROM (
        SELECT DISTINCT endpoint FROM $cell_day WHERE org = {org:String}
        UNION ALL SELECT DISTINCT endpoint FROM $span WHERE org = {org:String}
    ) GROUP BY endpoint
"""


def totals(snapshot: Snapshot, window: Window, endpoint: str = "") -> Tallies:
    """Sum a window per key id; with `endpoint`, over the endpoints whose path contains it."""
    if endpoint:
        return tallies_of(_totals_of(snapshot, window, endpoint.lower()))
    asked = f"SELECT key_id, {_SUMMED} {_OF_KEYS} GROUP BY key_id"
    return tallies_of({key_id: _tally(*sums) for key_id, *sums in _rows(snapshot, asked, window)})


def endpoints(snapshot: Snapshot, window: Window, key_ids: Collection[str]) -> dict[str, dict[str, Tally]]:
    """Sum a window per known endpoint of each of these keys; endpoints without requests in it are left out."""
    begin, pairs = int(window.start.timestamp()), _pairs(snapshot, window, key_ids, _day_from(window))
    old = {
        key_id for key_id, tallies in pairs.items() if any((one.last_activity or 0) < begin for one in tallies.values())
    }
    pairs |= _pairs(snapshot, window, old, 0)  # of them, what came before tells the last request
    found = {key_id: _all_unsure(tallies) for key_id, tallies in pairs.items()}
    return {key_id: tallies for key_id, tallies in found.items() if tallies}


def _pairs(snapshot: Snapshot, window: Window, key_ids: Collection[str], since: int) -> dict[str, dict[str, Tally]]:
    """Sum a window per endpoint of these keys, `""` included, whose last request is looked for back to `since`."""
    if not key_ids:
        return {}
    some, wanted = chosen.only(key_ids), set(key_ids)
    asked = f"SELECT key_id, endpoint, {_SUMMED} {_OF_PAIRS}{some.condition} GROUP BY key_id, endpoint"
    pairs = defaultdict[str, dict[str, Tally]](dict)
    for key_id, path, *sums in _rows(snapshot, asked, window, {**some.values, "since": since}):
        tally = _tally(*sums)
        if key_id in wanted and (tally.requests or tally.slack != 0):
            pairs[key_id][path] = tally
    return dict(pairs)


def top_endpoints(
    snapshot: Snapshot,
    window: Window,
    key_ids: Collection[str],
    most: int,
    *,
    others: Collection[str] | None = None,
) -> dict[str, int]:
    """Sum a window per known endpoint over these keys, and give the `most` used ones, most requests first.

    `others` are the other keys with requests in the window, where they are known.
    """
    if chosen.are_few(key_ids):
        return _top(snapshot, window, chosen.only(key_ids), most) if key_ids else {}
    if others is not None and chosen.are_few(others):
        return _top(snapshot, window, chosen.but(others), most)
    wanted, used = set(key_ids), Counter[str]()
    asked = f"SELECT key_id, endpoint, sumIf(requests, is_in) {_OF_PAIRS} AND endpoint <> '' GROUP BY key_id, endpoint"
    for key_id, path, requests in _rows(snapshot, asked, window, {"since": _day_from(window)}):
        if key_id in wanted and requests:
            used[path] += requests
    return dict(sorted(used.items(), key=lambda item: (-item[1], item[0]))[:most])


def _top(snapshot: Snapshot, window: Window, some: Chosen, most: int) -> dict[str, int]:
    asked = f"""
        SELECT endpoint, sumIf(requests, is_in) AS used {_OF_PAIRS} AND endpoint <> ''{some.condition}
        GROUP BY endpoint HAVING used <> 0 ORDER BY used DESC, endpoint LIMIT {{most:UInt32}}
    """
    return dict(_rows(snapshot, asked, window, {**some.values, "most": most, "since": _day_from(window)}))


def _totals_of(snapshot: Snapshot, window: Window, part: str) -> dict[str, Tally]:
    """Sum the endpoints whose path contains `part`; requests to an endpoint that is not known are slack."""
    paths = [path for (path,) in snapshot.rows(_PATHS) if part in path.lower()]
    few = chosen.are_few(paths)
    asked = f"""
        SELECT key_id, endpoint = '', {"endpoint" if not few else "''"} AS path, {_SUMMED} {_OF_PAIRS}
        {"AND (endpoint = '' OR endpoint IN {paths:Array(String)})" if few else ""} GROUP BY key_id, endpoint = '', path
    """
    wanted, found, unknown = set(paths), dict[str, Tally](), dict[str, Tally]()
    for key_id, is_unknown, path, *sums in _rows(snapshot, asked, window, {"paths": paths} if few else {}):
        if is_unknown:
            unknown[key_id] = _tally(*sums)
        elif few or path in wanted:
            found[key_id] = _added(found.get(key_id), _tally(*sums))
    opened = {key_id: tally for key_id, tally in unknown.items() if tally.requests or tally.slack != 0}
    return found | {key_id: unsure(found.get(key_id, NOTHING), tally) for key_id, tally in opened.items()}


def _rows(snapshot: Snapshot, asked: str, window: Window, values: Mapping[str, object] | None = None) -> Any:
    start, end = int(window.start.timestamp()), int(window.end.timestamp())
    days = {"first_day": _day_from(window), "last_day": end // DAY_S * DAY_S}
    return snapshot.rows(asked, {"start": start, "end": end, "since": 0, **days, **(values or {})})


def _day_from(window: Window) -> int:
    return -(-int(window.start.timestamp()) // DAY_S) * DAY_S


def _tally(requests: int, errors: int, last: int, slack: int, is_open: int) -> Tally:
    return Tally(requests, errors, last or None, None if is_open else slack)


def _added(had: Tally | None, more: Tally) -> Tally:
    return add((had, more)) if had else more


def _all_unsure(tallies: dict[str, Tally]) -> dict[str, Tally]:
    unknown = tallies.pop("", NOTHING)
    return {path: unsure(tally, unknown) for path, tally in tallies.items()}
