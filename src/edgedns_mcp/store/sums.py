"""Windows out: a window's sum is a difference of running sums, so an answer costs what it shows, whatever is stored.

Spans that reach over an end of the window are not split: they are slack.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import repeat
from typing import NamedTuple

from edgedns_mcp.domain.cells import HOUR_S, NOTHING, unsure
from edgedns_mcp.domain.tallies import Tallies, tallies_of
from edgedns_mcp.domain.usages import Members
from edgedns_mcp.models import Tally, Window
from edgedns_mcp.store import running, sheets, spans
from edgedns_mcp.store.accounts import Account
from edgedns_mcp.store.cells import CLASSES
from edgedns_mcp.store.keys import list_keys, names_of
from edgedns_mcp.store.packed import Row, Sums, nothing, summed
from edgedns_mcp.store.running import DAY_H
from edgedns_mcp.store.spans import Cut
from edgedns_mcp.store.transaction import Transaction

# What ended behind the last midnight, by key and endpoint.
_SPANS = """
    SELECT key_no, endpoint_no, requests, errors, last_activity FROM json_each(:classes) AS each CROSS JOIN span
    WHERE account_no = :account AND class = each.value AND end > :after AND end <= :until
        AND (requests <> 0 OR errors <> 0)
"""
_LOWER = """
    SELECT DISTINCT key_no, endpoint_no, 0, 0, NULL FROM span
    WHERE is_lower = 1 AND account_no = :account AND end > :start AND end <= :end
"""


class _Order(NamedTuple):
    """The keys of an account: those listed in the order in which they are asked for, then all others."""

    key_ids: list[str]
    key_nos: list[int]
    places: Mapping[int, int]  # by key_no
    numbers: Mapping[str, int]  # by key_id


def totals(account: Account, window: Window, endpoint: str = "") -> Tallies:
    """Sum a window per key id; with `endpoint`, over the endpoints whose path contains it."""
    if endpoint:
        names = names_of(account)
        found = _totals_of(account, window, names, endpoint.lower())
        return tallies_of({names[key_no]: tally for key_no, tally in found.items()})
    group = running.keys_of(account.number)
    sums = running.differences(account.tx, [group], *_hours(window)).get(account.number, nothing())
    return _in_order(_order(account), sums, _cuts(account, window))


def endpoints(account: Account, window: Window, key_ids: Collection[str]) -> dict[str, dict[str, Tally]]:
    """Sum a window per known endpoint of each of these keys; endpoints without requests in it are left out."""
    names, paths = _names(account, key_ids), _paths(account.tx)
    cuts: dict[int, list[tuple[int, Cut]]] = defaultdict(list)
    for cut in _cuts(account, window):
        cuts[cut.key_no].append((cut.endpoint_no, cut))
    found: dict[str, dict[str, Tally]] = {}
    for key_no, sums in _by_pair(account, window, names, cuts).items():
        found_here = _tallies(sums, cuts[key_no]).items()
        tallies = {paths[no]: tally for no, tally in found_here if tally.requests or tally.slack != 0}
        unknown = tallies.pop("", None)
        if tallies:
            found[names[key_no]] = _all_unsure(tallies, unknown) if unknown else tallies
    return found


def top_endpoints(
    account: Account, window: Window, key_ids: Collection[str], most: int, *, others: Collection[str] | None = None
) -> dict[str, int]:
    """Sum a window per known endpoint over these keys, and give the `most` used ones, most requests first.

    `others` are the other keys with requests in the window, where they are known.
    """
    paths, numbers, counts = _paths(account.tx), _order(account).numbers, defaultdict[int, int](int)
    others = numbers.keys() - key_ids if others is None else others
    if len(others) < len(key_ids):  # all keys without the others
        left_out = {numbers[key_id] for key_id in others}
        group = running.endpoints_of(account.number)
        every = running.differences(account.tx, [group], *_hours(window)).get(account.number, nothing())
        _count(counts, every, 1)
        for sums in _by_pair(account, window, left_out).values():
            _count(counts, sums, -1)
        cuts = [cut for cut in _cuts(account, window) if cut.key_no not in left_out]
    else:
        chosen = {numbers[key_id] for key_id in key_ids if key_id in numbers}
        for sums in _by_pair(account, window, chosen).values():
            _count(counts, sums, 1)
        cuts = [cut for cut in _cuts(account, window) if cut.key_no in chosen]
    for cut in cuts:
        counts[cut.endpoint_no] -= cut.requests
    used = {paths[no]: requests for no, requests in counts.items() if requests and paths[no]}
    return dict(sorted(used.items(), key=lambda item: (-item[1], item[0]))[:most])


def _totals_of(account: Account, window: Window, key_nos: Iterable[int], part: str) -> dict[int, Tally]:
    """Sum the endpoints whose path contains `part`; requests to an endpoint that is not known are slack."""
    paths, by_key, cuts = _paths(account.tx), _by_pair(account, window, key_nos), _cuts(account, window)

    def over(wanted: Collection[int]) -> dict[int, Tally]:
        return _tallies(_over(by_key, wanted), [(cut.key_no, cut) for cut in cuts if cut.endpoint_no in wanted])

    found = over({no for no, path in paths.items() if part in path.lower()})
    unknown = over({no for no, path in paths.items() if not path})
    opened = {key_no: tally for key_no, tally in unknown.items() if tally.requests or tally.slack != 0}
    return found | {key_no: unsure(found.get(key_no, NOTHING), tally) for key_no, tally in opened.items()}


def _in_order(order: _Order, sums: Sums, cuts: Iterable[Cut]) -> Tallies:
    """Lay sums in the order of keys, with the slack of what is cut."""
    places = [*map(sums.places.get, order.key_nos, repeat(len(sums.members)))]  # nobody's is behind the last
    requests: list[int] = [*map([*sums.requests, 0].__getitem__, places)]
    errors: list[int | None] = [*map([*sums.errors, 0].__getitem__, places)]
    last: list[int | None] = [*map([*sums.last, None].__getitem__, places)]
    slack: list[int | None] = [0] * len(last)
    known = [at is not None for at in last]
    for cut in cuts:
        at = order.places[cut.key_no]
        had = Tally(requests[at], errors[at], last[at], slack[at])
        requests[at], errors[at], last[at], slack[at] = _without(had, cut)
        known[at] = True
    return Tallies(order.key_ids, requests, errors, last, slack, known)


def _all_unsure(tallies: Mapping[str, Tally], unknown: Tally) -> dict[str, Tally]:
    return {path: unsure(tally, unknown) for path, tally in tallies.items()}


def _by_pair(account: Account, window: Window, key_nos: Iterable[int], cut: Iterable[int] = ()) -> Mapping[int, Sums]:
    """Sum the endpoints of each key in a window, whole where a span began before it; keys that are cut are there."""
    start, end = _hours(window)
    key_nos = list(key_nos)
    found = running.differences(account.tx, map(running.endpoints_of_key, key_nos), start, end)
    for key_no, sums in _since_midnight(account, key_nos, end):
        if key_no in found:
            found[key_no].add(sums)
        else:
            found[key_no] = sums
    for key_no, sums in _since_midnight(account, key_nos, start):
        found[key_no].take(sums)
    for key_no in cut:
        if key_no in key_nos:
            found.setdefault(key_no, nothing())
    return found


def _since_midnight(account: Account, key_nos: Collection[int], until: int) -> Iterator[tuple[int, Sums]]:
    """Sum what ended since the midnight before, by key; a key that has both cells and spans comes twice."""
    day, hour = divmod(until, DAY_H)
    if not hour:
        return
    for key_no, sheet in sheets.until(account.tx, day, hour, key_nos):
        yield key_no, sheet.sums(day)
    bindings = {
        "classes": CLASSES, "account": account.number, "after": (until - hour) * HOUR_S, "until": until * HOUR_S
    }  # fmt: skip
    ended: dict[int, list[Row]] = {key_no: [] for key_no in key_nos}
    for key_no, endpoint_no, requests, errors, last in account.tx.rows(_SPANS, bindings):
        if key_no in ended:
            ended[key_no].append((endpoint_no, requests, errors, last))
    yield from ((key_no, summed(rows)) for key_no, rows in ended.items() if rows)


def _over(by_key: Mapping[int, Sums], wanted: Collection[int]) -> Sums:
    """Sum each key over the wanted endpoints."""
    return summed(
        (key_no, requests, errors, last)
        for key_no, sums in by_key.items()
        for member, requests, errors, last in zip(sums.members, sums.requests, sums.errors, sums.last, strict=True)
        if member in wanted
    )


def _tallies(sums: Sums, cuts: Iterable[tuple[int, Cut]]) -> dict[int, Tally]:
    """Give each member's tally, with the slack of what is cut."""
    tallies = dict(zip(sums.members, map(Tally, sums.requests, sums.errors, sums.last), strict=True))
    for member, cut in cuts:
        tallies[member] = _without(tallies.get(member, NOTHING), cut)
    return tallies


def _without(had: Tally, cut: Cut) -> Tally:
    slack = None if had.slack is None or cut.slack is None else had.slack + cut.slack
    return Tally(had.requests - cut.requests, (had.errors or 0) - cut.errors, had.last_activity, slack)


def _cuts(account: Account, window: Window) -> list[Cut]:
    start, end = (hour * HOUR_S for hour in _hours(window))
    found = [cut for moment in {start, end} for cut in spans.over(account, start, end, moment)]
    lower = account.tx.rows(_LOWER, {"account": account.number, "start": start, "end": end})
    return [*found, *(Cut(*row) for row in lower)]


def _count(counts: dict[int, int], sums: Sums, sign: int) -> None:
    for member, requests in zip(sums.members, sums.requests, strict=True):
        counts[member] += sign * requests


def _hours(window: Window) -> tuple[int, int]:
    return int(window.start.timestamp()) // HOUR_S, int(window.end.timestamp()) // HOUR_S


def _order(account: Account) -> _Order:
    return account.tx.remembered(
        ("order", account.number), lambda: _ordered(names_of(account), list_keys(account).members)
    )


def _ordered(names: Mapping[int, str], listed: Members) -> _Order:
    numbers = {key_id: key_no for key_no, key_id in names.items()}
    those = set(listed.key_ids)
    key_ids = [*listed.key_ids, *(key_id for key_id in numbers if key_id not in those)]
    key_nos = [numbers[key_id] for key_id in key_ids]
    return _Order(key_ids, key_nos, {key_no: place for place, key_no in enumerate(key_nos)}, numbers)


def _paths(tx: Transaction) -> dict[int, str]:
    return tx.remembered("paths", lambda: dict(tx.rows("SELECT endpoint_no, path FROM endpoint")))


def _names(account: Account, key_ids: Collection[str]) -> dict[int, str]:
    """Give the id of each of these keys by its number."""
    asked = "SELECT key_no, key_id FROM key WHERE account_no = ? AND key_id IN (SELECT value FROM json_each(?))"
    return dict(account.tx.rows(asked, (account.number, json.dumps(list(key_ids)))))
