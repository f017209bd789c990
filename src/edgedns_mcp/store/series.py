"""Buckets out: what each key did in each of a row of buckets, and the cells of a few keys as they are stored."""

import json
from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from itertools import groupby, pairwise, repeat
from operator import sub

from edgedns_mcp.domain.cells import DAY_S, HOUR_S
from edgedns_mcp.models import Cell, Environment, Series, Span, Window
from edgedns_mcp.store import running, sheets
from edgedns_mcp.store.accounts import Account
from edgedns_mcp.store.cells import CLASSES

_OF_CLASS = "FROM json_each(:classes) AS each CROSS JOIN span JOIN key USING(account_no, key_no)"
# Between equal steps: what reaches over one of them, or over an end, and what is a lower bound.
_APART = f"""
    SELECT end - length_s, end, key_id, sum(requests), sum(errors), is_lower {_OF_CLASS}
    WHERE account_no = :account AND class = each.value AND end > :first AND end < :last + (3600 << each.value)
        AND end - length_s < :last AND (requests <> 0 OR errors <> 0 OR is_lower) AND (
            is_lower OR end - length_s < :first OR end > :last
            OR (end - length_s - :first) / :step <> (end - 1 - :first) / :step
        )
    GROUP BY key_id, end, length_s, is_lower
"""
_SPANS = f"""
    SELECT end - length_s, end, key_id, endpoint.path, span.environment, requests, errors, last_activity, is_lower
    {_OF_CLASS} JOIN endpoint USING(endpoint_no)
    WHERE account_no = :account AND class = each.value AND end > :start AND end < :end + (3600 << each.value)
        AND end - length_s < :end AND key_id IN (SELECT value FROM json_each(:keys))
"""  # noqa: S608 - put together from constants
_SEEN = """
    SELECT DISTINCT key_no, environment FROM json_each(:classes) AS each CROSS JOIN span
    WHERE account_no = :account AND class = each.value AND end > :start AND end < :end + (3600 << each.value)
        AND end - length_s < :end AND requests <> 0
"""
_OF_KIND: dict[int, Environment] = {number: name for name, number in sheets.ENVIRONMENTS.items()}


def series(account: Account, edges: Sequence[int], key_ids: Collection[str] | None = None) -> Series:
    """Sum each key, or each of these, in each bucket between two of these edges, full hours in epoch seconds."""
    names = _names(account)
    sums = list(running.at(account.tx, running.keys_of(account.number), [edge // HOUR_S for edge in edges]))
    every = sums[-1].members  # sums since ever: whoever was there at an edge is there at the last one
    members = [no for no in every if names[no] in key_ids] if key_ids is not None else every
    requests, errors = (
        dict(zip(map(names.__getitem__, members), _gains(columns), strict=True))
        for columns in (
            [_aligned(one.members, one.requests, members) for one in sums],
            [_aligned(one.members, one.errors, members) for one in sums],
        )
    )
    spans = [span for span in _apart(account, edges) if key_ids is None or span.key_id in key_ids]
    for span in spans:
        bucket = bisect_left(edges, span.end) - 1
        if span.end <= edges[-1] and span.start < edges[bucket]:
            requests[span.key_id][bucket] -= span.requests
            errors[span.key_id][bucket] -= span.errors
    used = [key_id for key_id, gained in requests.items() if any(gained) or any(errors[key_id])]
    return Series({key_id: requests[key_id] for key_id in used}, {key_id: errors[key_id] for key_id in used}, spans)


def cells(account: Account, window: Window, key_ids: Collection[str]) -> list[Cell]:
    """List the cells of these keys that lie in a window or reach into it, the earliest first."""
    start, end = int(window.start.timestamp()), int(window.end.timestamp())
    names, paths = _names(account), dict(account.tx.rows("SELECT endpoint_no, path FROM endpoint"))
    key_nos = [key_no for key_no, key_id in names.items() if key_id in set(key_ids)]
    found: list[Cell] = []
    for day in range(start // DAY_S, -(-end // DAY_S)):
        for key_no, sheet in sheets.read(account.tx, day, key_nos):
            for hour, _, endpoint_no, kind, requests, wrong, last_s in sheet.rows((day, key_no)):
                at = hour * HOUR_S
                if start <= at < end:
                    place = names[key_no], paths[endpoint_no], _OF_KIND[kind]
                    found.append(Cell(at, at + HOUR_S, *place, requests, wrong, at + last_s))
    bindings = {
        "account": account.number,
        "classes": CLASSES,
        "start": start,
        "end": end,
        "keys": json.dumps([*key_ids]),
    }
    for begin, until, key_id, path, kind, requests, wrong, last, is_lower in account.tx.rows(_SPANS, bindings):
        place = key_id, path, _OF_KIND[kind]
        found.append(Cell(begin, until, *place, requests, wrong, last, "lower" if is_lower else "exact"))
    return sorted(found)


def environments(account: Account, window: Window) -> dict[str, set[Environment]]:
    """Tell in which environments each key was seen on the UTC days that a window touches."""
    start, end = int(window.start.timestamp()), int(window.end.timestamp())
    names = _names(account)
    kinds = sheets.kinds(account, start // DAY_S, -(-end // DAY_S))
    for key_no, kind in account.tx.rows(
        _SEEN, {"account": account.number, "classes": CLASSES, "start": start, "end": end}
    ):
        kinds.setdefault(key_no, set()).add(kind)
    return {names[key_no]: {_OF_KIND[kind] for kind in found} for key_no, found in kinds.items()}


def _names(account: Account) -> dict[int, str]:
    return dict(account.tx.rows("SELECT key_no, key_id FROM key WHERE account_no = ?", (account.number,)))


def _aligned(known: list[int], column: list[int], members: list[int]) -> list[int]:
    """Give a column of known members in the order of `members`, 0 for those who are not there."""
    if known == members[: len(known)]:  # the usual case: what came later stands behind
        return [*column, *repeat(0, len(members) - len(known))]
    figures = dict(zip(known, column, strict=True))
    return [figures.get(member, 0) for member in members]


def _gains(columns: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Give what each member gained from one column to the next."""
    for totals in zip(*columns, strict=True):
        yield list(map(sub, totals[1:], totals))


def _apart(account: Account, edges: Sequence[int]) -> list[Span]:
    found: set[Span] = set()
    for first, last, step in _runs(edges):
        bindings = {"account": account.number, "classes": CLASSES, "first": first, "last": last, "step": step}
        for start, end, key_id, requests, errors, is_lower in account.tx.rows(_APART, bindings):
            found.add(Span(start, end, key_id, requests, errors, "lower" if is_lower else "exact"))
    return sorted(found, key=lambda span: (span.key_id, *span))


def _runs(edges: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Give the runs of edges at equal steps: first, last, step."""
    for step, pairs in groupby(pairwise(edges), key=lambda pair: pair[1] - pair[0]):
        run = list(pairs)
        if step:
            yield run[0][0], run[-1][1], step
