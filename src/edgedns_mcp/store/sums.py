"""Windows out: a window's sum is a difference of two running sums, the sum up to `end` minus the sum up to `start`.

Each is the last day sum before that day plus the cells of the day itself that ended by then, so an answer costs what it
shows, however much is stored. Spans that reach over an end of the window are not split: they are slack.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any, TypeAlias

from edgedns_mcp.domain.cells import DAY_S
from edgedns_mcp.models import Tally, Window
from edgedns_mcp.store.accounts import Account
from edgedns_mcp.store.cells import LONGEST_CLASS
from edgedns_mcp.store.database import Transaction

Sums: TypeAlias = "dict[Any, list[int | None]]"  # requests, errors, last_activity, slack of a name

# CROSS JOIN keeps the few pairs outside and the many days inside, whatever the planner believes.
_UP_TO = """
    SELECT at.key_no AS key_no, day_sum.endpoint_no AS endpoint_no, :sign{n} * requests AS requests,
           :sign{n} * errors AS errors, iif(:sign{n} > 0, last_activity, NULL) AS last_activity
    FROM {pairs} AND day = (
        SELECT max(day) FROM day_sum AS before
        WHERE before.key_no = at.key_no AND before.endpoint_no = {endpoint_no} AND before.day < :day{n}
    )
    UNION ALL
    SELECT key_no, endpoint_no, :sign{n} * requests, :sign{n} * errors, iif(:sign{n} > 0, hour * 3600 + last_s, NULL)
    FROM cell WHERE hour >= :day{n} * 24 AND hour < :until{n} / 3600 AND {cells}
    UNION ALL
    SELECT key_no, endpoint_no, :sign{n} * requests, :sign{n} * errors, iif(:sign{n} > 0, last_activity, NULL)
    FROM span WHERE class IN (SELECT value FROM json_each(:classes))
        AND end > :day{n} * 86400 AND end <= :until{n} AND {cells}
"""
# A span of class n over a moment ends within 3600 * 2^n seconds of it.
_CUT = """
    SELECT {group}, sum(iif(end <= :until0, requests, 0)), sum(iif(end <= :until0, errors, 0)),
        sum(iif(is_lower, 0, requests))
    FROM json_each(:classes) AS each CROSS JOIN span
    WHERE class = each.value AND end > :moment AND end < :moment + (3600 << each.value) AND end - length_s < :moment
        AND (:moment = :until1 OR end - length_s >= :until1) AND {cells}
    GROUP BY {group}
"""
_LOWER = """
    SELECT DISTINCT {group} FROM span
    WHERE is_lower = 1 AND end > :until1 AND end - length_s < :until0 AND {cells}
"""
_ALL_KEYS = "key AS at CROSS JOIN day_sum ON day_sum.key_no = at.key_no AND endpoint_no = 0 WHERE account_no = :account"
_PAIRS = "pair AS at CROSS JOIN day_sum USING(key_no, endpoint_no) WHERE "
_OF_KEYS = "key_no IN (SELECT value FROM json_each(:keys))"
_OF_ENDPOINTS = "endpoint_no IN (SELECT value FROM json_each(:endpoints))"


def totals(account: Account, window: Window, endpoint: str = "") -> dict[str, Tally]:
    """Sum a window per key id; with `endpoint`, over the endpoints whose path contains it."""
    tx, bindings = account.tx, {"account": account.number}
    names = dict(tx.rows("SELECT key_no, key_id FROM key WHERE account_no = ?", (account.number,)))
    if endpoint:
        wanted = [no for no, path in _paths(tx).items() if endpoint.lower() in path.lower()]
        bindings |= {"endpoints": json.dumps(wanted)}
        sums = _window_sums(tx, window, bindings, group="key_no", pairs=_PAIRS + _OF_ENDPOINTS, cells=_OF_ENDPOINTS)
    else:
        sums = _window_sums(tx, window, bindings, group="key_no", pairs=_ALL_KEYS, cells="true")
    return {names[key_no]: _tally(one) for key_no, one in sums.items() if key_no in names}


def endpoints(account: Account, window: Window, key_ids: Collection[str]) -> dict[str, dict[str, Tally]]:
    """Sum a window per known endpoint of each of these keys; endpoints without requests in it are left out."""
    tx, wanted = account.tx, _numbers(account, key_ids)
    names = {no: key_id for key_id, no in wanted.items()}
    paths = _paths(tx)
    pairs = f"{_PAIRS} endpoint_no > 0 AND {_OF_KEYS}"
    sums = _window_sums(tx, window, _key_list(wanted), group="key_no, endpoint_no", pairs=pairs, cells=_OF_KEYS)
    found: dict[str, dict[str, Tally]] = defaultdict(dict)
    for (key_no, endpoint_no), one in sums.items():
        if paths[endpoint_no] and (one[0] or one[3] != 0):
            found[names[key_no]][paths[endpoint_no]] = _tally(one)
    return dict(found)


def top_endpoints(account: Account, window: Window, key_ids: Collection[str], most: int) -> dict[str, int]:
    """Sum a window per known endpoint over these keys, and give the `most` used ones, most requests first."""
    tx = account.tx
    paths = _paths(tx)
    pairs = f"{_PAIRS} endpoint_no > 0 AND {_OF_KEYS}"
    bindings = _key_list(_numbers(account, key_ids))
    sums = _window_sums(tx, window, bindings, group="endpoint_no", pairs=pairs, cells=_OF_KEYS)
    used = {paths[endpoint_no]: one[0] or 0 for endpoint_no, one in sums.items() if one[0] and paths[endpoint_no]}
    return dict(sorted(used.items(), key=lambda item: (-item[1], item[0]))[:most])


def _window_sums(
    tx: Transaction, window: Window, bindings: Mapping[str, Any], *, group: str, pairs: str, cells: str
) -> Sums:
    """Sum the cells inside the window by `group`; with the slack of those that reach over one of its ends."""
    start, end = int(window.start.timestamp()), int(window.end.timestamp())
    bindings = dict(bindings) | {
        "sign0": 1, "day0": end // DAY_S, "until0": end,
        "sign1": -1, "day1": start // DAY_S, "until1": start,
        "classes": json.dumps(list(range(LONGEST_CLASS + 1))),
    }  # fmt: skip
    endpoint_no = "0" if pairs == _ALL_KEYS else "at.endpoint_no"
    parts = (_UP_TO.format(n=n, pairs=pairs, endpoint_no=endpoint_no, cells=cells) for n in (0, 1))
    asked = f"SELECT {group}, sum(requests), sum(errors), max(last_activity) FROM ({' UNION ALL '.join(parts)}) GROUP BY {group}"  # noqa: E501, S608 - our own constants
    width = group.count(",") + 1
    sums: Sums = {_name(row, width): [*row[width:], 0] for row in tx.rows(asked, bindings)}
    for moment in dict.fromkeys((start, end)):
        cut = _CUT.format(group=group, cells=cells)
        for row in tx.rows(cut, bindings | {"moment": moment}):
            _take_out(sums.setdefault(_name(row, width), [0, 0, None, 0]), row[width:], at_start=moment == start)
    for row in tx.rows(_LOWER.format(group=group, cells=cells), bindings):
        sums.setdefault(_name(row, width), [0, 0, None, 0])[3] = None
    return sums


def _take_out(one: list[int | None], cut: tuple[int, ...], *, at_start: bool) -> None:
    requests, errors, slack = cut
    if at_start:  # the difference of the sums holds it whole
        one[0] = (one[0] or 0) - requests
        one[1] = (one[1] or 0) - errors
    one[3] = None if one[3] is None else one[3] + slack


def _name(row: tuple[Any, ...], width: int) -> Any:
    return row[0] if width == 1 else row[:width]


def _tally(one: list[int | None]) -> Tally:
    return Tally(one[0] or 0, one[1], one[2], one[3])


def _paths(tx: Transaction) -> dict[int, str]:
    return dict(tx.rows("SELECT endpoint_no, path FROM endpoint"))


def _numbers(account: Account, key_ids: Collection[str]) -> dict[str, int]:
    asked = "SELECT key_id, key_no FROM key WHERE account_no = ? AND key_id IN (SELECT value FROM json_each(?))"
    return dict(account.tx.rows(asked, (account.number, json.dumps(list(key_ids)))))


def _key_list(numbers: Mapping[str, int]) -> dict[str, str]:
    return {"keys": json.dumps(list(numbers.values()))}
