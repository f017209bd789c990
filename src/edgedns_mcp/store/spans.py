"""Spans out: those that a row of buckets cannot count, and all those of a few keys."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from typing import Any, NamedTuple

from edgedns_mcp.domain.cells import DAY_S
from edgedns_mcp.models import Cell, Span
from edgedns_mcp.store.accounts import Account
from edgedns_mcp.store.cells import CLASSES, LONGEST_CLASS, class_of
from edgedns_mcp.store.keys import names_of
from edgedns_mcp.store.sheets import ENVIRONMENT_OF

MOST_SEEKS = 5_000  # one costs about as much as going through 25 spans
DAY_CLASS = class_of(DAY_S)
BUT_DAYS = json.dumps([one for one in range(LONGEST_CLASS + 1) if one != DAY_CLASS])
OF_CLASSES = "json_each(:classes) AS each CROSS JOIN span", "class = each.value"
# Whole days of UTC, of which there may be millions, reach over no midnight of UTC, so few of their class are looked at.
OF_ODD_DAYS = (
    f"(SELECT {DAY_CLASS} AS value) AS each CROSS JOIN span INDEXED BY span_odd",
    f"class = {DAY_CLASS} AND (is_lower = 1 OR length_s <> 86400 OR end % 86400 <> 0)",
)
# Between equal steps: what reaches over one of them, or over an end, and what is a lower bound.
_APART = """
    SELECT end - length_s, end, key_id, sum(requests), sum(errors), is_lower FROM {} JOIN key USING(account_no, key_no)
    WHERE account_no = :account AND {} AND end > :first AND end < :last + (3600 << each.value)
        AND end - length_s < :last AND (requests <> 0 OR errors <> 0 OR is_lower) AND (
            is_lower OR end - length_s < :first OR end > :last
            OR (end - length_s - :first) / :step <> (end - 1 - :first) / :step
        )
    GROUP BY key_id, end, length_s, is_lower
"""
# What reaches over a moment. A span of class n over it ends within 3600 * 2^n seconds of it.
_OVER = """
    SELECT key_no, endpoint_no, iif(end <= :end, requests, 0), iif(end <= :end, errors, 0),
        iif(is_lower, NULL, requests)
    FROM {} WHERE account_no = :account AND {} AND end > :moment AND end < :moment + (3600 << each.value)
        AND end - length_s < :moment AND (:moment = :start OR end - length_s >= :start)
        AND (requests <> 0 OR errors <> 0 OR is_lower = 1)
"""
# Spans of few keys: where few moments end spans, each key is looked up at each of them, else all are gone through.
_ENDS = """
    WITH RECURSIVE ending(class, end) AS (
        SELECT each.value, (
            SELECT min(end) FROM span WHERE account_no = :account AND class = each.value AND end > :start
        ) FROM json_each(:classes) AS each
        UNION ALL
        SELECT class, (
            SELECT min(end) FROM span WHERE account_no = :account AND class = ending.class AND end > ending.end
        ) FROM ending WHERE end < :end + (3600 << class)
    )
    SELECT class, end FROM ending WHERE end < :end + (3600 << class) LIMIT :most
"""
_SPAN = """
    SELECT end - length_s, end, key_no, endpoint.path, environment, requests, errors, last_activity, is_lower
    FROM {} JOIN endpoint USING(endpoint_no)
    WHERE account_no = :account AND end > :start AND end - length_s < :end AND {}
"""
_SPANS = _SPAN.format(
    OF_CLASSES[0],
    "class = each.value AND end < :end + (3600 << each.value) AND key_no IN (SELECT value FROM json_each(:keys))",
)
_SPANS_AT = _SPAN.format(
    "json_each(:ends) AS at CROSS JOIN json_each(:keys) AS each CROSS JOIN span",
    "class = at.value ->> 0 AND end = at.value ->> 1 AND key_no = each.value",
)

_END_DAYS = "SELECT DISTINCT (end - 1) / 86400 FROM span WHERE account_no = ? ORDER BY 1"
_ENDED = """
    SELECT end - length_s, end, key_id, endpoint.path, span.environment, requests, errors, last_activity, is_lower
    FROM json_each(:classes) AS each CROSS JOIN span JOIN key USING(key_no) JOIN endpoint USING(endpoint_no)
    WHERE span.account_no = :account AND class = each.value AND end > :first AND end <= :last
    ORDER BY end, length_s, key_id, endpoint.path, span.environment, is_lower
"""
_SEEN = """
    SELECT DISTINCT key_no, environment FROM json_each(:classes) AS each CROSS JOIN span
    WHERE account_no = :account AND class = each.value AND end > :start AND end < :end + (3600 << each.value)
        AND end - length_s < :end AND requests <> 0
"""


class Cut(NamedTuple):
    """What the difference of sums holds of a span that began before the window, and the slack that it is."""

    key_no: int
    endpoint_no: int
    requests: int
    errors: int
    slack: int | None


def apart(account: Account, edges: Sequence[int]) -> list[Span]:
    """List the spans that reach over an edge, and the lower bounds, by key and time; edges in epoch seconds."""
    found: set[Span] = set()
    for first, last, step in _runs(edges):
        bindings = {"account": account.number, "first": first, "last": last, "step": step}
        for start, end, key_id, requests, errors, is_lower in _reaching(
            account, _APART, bindings, first % DAY_S or step % DAY_S
        ):
            found.add(Span(start, end, key_id, requests, errors, "lower" if is_lower else "exact"))
    return sorted(found, key=lambda span: (span.key_id, *span))


def over(account: Account, start: int, end: int, moment: int) -> list[Cut]:
    """List what reaches over a moment, the start or the end of a window."""
    bindings = {"account": account.number, "start": start, "end": end, "moment": moment}
    return [Cut(*row) for row in _reaching(account, _OVER, bindings, moment % DAY_S)]


def _reaching(account: Account, asked: str, bindings: Mapping[str, int], is_within_days: int) -> list[Any]:
    if is_within_days:
        return account.tx.rows(asked.format(*OF_CLASSES), {**bindings, "classes": CLASSES})
    others = account.tx.rows(asked.format(*OF_CLASSES), {**bindings, "classes": BUT_DAYS})
    return others + account.tx.rows(asked.format(*OF_ODD_DAYS), bindings)


def _runs(edges: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Give the runs of edges at equal steps: first, last, step."""
    for step, pairs in groupby(pairwise(edges), key=lambda pair: pair[1] - pair[0]):
        run = list(pairs)
        if step:
            yield run[0][0], run[-1][1], step


def cells(account: Account, start: int, end: int, key_nos: Sequence[int]) -> list[Cell]:
    """List the spans of these keys that lie between two moments or reach into that time."""
    names = names_of(account)
    return [
        Cell(
            begun,
            until,
            names[no],
            path,
            ENVIRONMENT_OF[kind],
            requests,
            errors,
            last,
            "lower" if is_lower else "exact",
        )
        for begun, until, no, path, kind, requests, errors, last, is_lower in _of_keys(account, start, end, key_nos)
    ]


def kinds(account: Account, start: int, end: int, key_nos: Sequence[int] | None = None) -> Iterable[tuple[int, int]]:
    """List the keys, or those of these, that have requests in spans of that time, each with every kind of these."""
    if key_nos is None:
        return account.tx.rows(_SEEN, {"account": account.number, "classes": CLASSES, "start": start, "end": end})
    rows = _of_keys(account, start, end, key_nos)
    return {(key_no, kind) for _, _, key_no, _, kind, requests, *_ in rows if requests}


def end_days(account: Account) -> list[int]:
    """List the UTC days (since 1970) within or with which a span ended."""
    return [day for (day,) in account.tx.rows(_END_DAYS, (account.number,))]


def ended_on(account: Account, day: int) -> list[Cell]:
    """List the spans that ended within a UTC day or with it."""
    bindings = {"account": account.number, "classes": CLASSES, "first": day * DAY_S, "last": day * DAY_S + DAY_S}
    return [_cell(*row) for row in account.tx.rows(_ENDED, bindings)]


def _cell(*row: Any) -> Cell:
    *place, kind, requests, errors, last, is_lower = row
    return Cell._make((*place, ENVIRONMENT_OF[kind], requests, errors, last, "lower" if is_lower else "exact"))


def _of_keys(account: Account, start: int, end: int, key_nos: Sequence[int]) -> list[Any]:
    most = MOST_SEEKS // max(len(key_nos), 1)
    bindings = {"account": account.number, "start": start, "end": end, "keys": json.dumps(key_nos), "classes": CLASSES}
    ends = account.tx.rows(_ENDS, bindings | {"most": most + 1})
    if len(ends) > most:
        return account.tx.rows(_SPANS, bindings)
    return account.tx.rows(_SPANS_AT, bindings | {"ends": json.dumps(ends)})
