"""Buckets out: what each key did in each of a row of buckets, and the cells of a few keys as they are stored."""

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from typing import TypeAlias

from edgedns_mcp.domain.cells import DAY_S, HOUR_S
from edgedns_mcp.models import Cell, Environment, Series, Span, Window
from edgedns_mcp.store import running, sheets, spans
from edgedns_mcp.store.accounts import Account
from edgedns_mcp.store.gains import gains
from edgedns_mcp.store.keys import names_of, numbers_of
from edgedns_mcp.store.sheets import ENVIRONMENT_OF, KINDS

# The environments by the bits of their numbers: many keys share few such sets.
_SEEN: Sequence[frozenset[Environment]] = [
    frozenset(name for kind, name in ENVIRONMENT_OF.items() if bits >> kind & 1) for bits in range(1 << KINDS)
]
Rows: TypeAlias = dict[str, tuple[int, ...]]  # what each key did, bucket by bucket


def series(account: Account, edges: Sequence[int], key_ids: Collection[str] | None = None) -> Series:
    """Sum each key, or each of these, in each bucket between two of these edges, full hours in epoch seconds."""
    names = {no: key_id for no, key_id in names_of(account).items() if key_ids is None or key_id in key_ids}
    requests, errors = _rows(account, [edge // HOUR_S for edge in edges], names)
    apart = [span for span in spans.apart(account, edges) if key_ids is None or span.key_id in key_ids]
    requests |= _without(apart, edges, requests, [span.requests for span in apart])
    errors |= _without(apart, edges, errors, [span.errors for span in apart])
    used = [key_id for key_id, gained in requests.items() if any(gained) or any(errors[key_id])]
    return Series({key_id: requests[key_id] for key_id in used}, {key_id: errors[key_id] for key_id in used}, apart)


def _rows(account: Account, hours: Sequence[int], names: Mapping[int, str]) -> tuple[Rows, Rows]:
    """Give the requests and the errors of each key; a span counts in the bucket that it ends in."""
    if not names:
        return {}, {}
    gained = [*gains(account.tx, running.keys_of(account.number), hours, [*names])]
    by_key = (
        zip(*columns, strict=True) for columns in ([one.requests for one in gained], [one.errors for one in gained])
    )
    requests, errors = (dict(zip(names.values(), rows, strict=False)) for rows in by_key)  # nobody's come last
    return requests, errors


def _without(apart: Sequence[Span], edges: Sequence[int], rows: Rows, figures: Sequence[int]) -> Rows:
    """Give the rows from which the figures of spans that reach over an edge are taken out."""
    left = {key_id: [*rows[key_id]] for key_id in {span.key_id for span in apart}}
    for span, figure in zip(apart, figures, strict=True):
        bucket = bisect_left(edges, span.end) - 1
        if span.end <= edges[-1] and span.start < edges[bucket]:
            left[span.key_id][bucket] -= figure
    return {key_id: tuple(row) for key_id, row in left.items()}


def cells(account: Account, window: Window, key_ids: Collection[str]) -> list[Cell]:
    """List the cells of these keys that lie in a window or reach into it, the earliest first."""
    start, end = int(window.start.timestamp()), int(window.end.timestamp())
    names, paths = names_of(account), dict(account.tx.rows("SELECT endpoint_no, path FROM endpoint"))
    key_nos = _numbers(account, key_ids)
    found: list[Cell] = []
    for day in range(start // DAY_S, -(-end // DAY_S)):
        for key_no, sheet in sheets.read(account.tx, day, key_nos):
            for hour, _, endpoint_no, kind, requests, wrong, last_s in sheet.rows((day, key_no)):
                at = hour * HOUR_S
                if start <= at < end:
                    place = names[key_no], paths[endpoint_no], ENVIRONMENT_OF[kind]
                    found.append(Cell(at, at + HOUR_S, *place, requests, wrong, at + last_s))
    found += spans.cells(account, start, end, key_nos)
    return sorted(found)


def environments(
    account: Account, window: Window, key_ids: Collection[str] | None = None
) -> dict[str, frozenset[Environment]]:
    """Tell in which environments each key, or each of these, was seen on the UTC days that a window touches."""
    start, end = int(window.start.timestamp()), int(window.end.timestamp())
    names, key_nos = names_of(account), None if key_ids is None else _numbers(account, key_ids)
    kinds = sheets.kinds(account, start // DAY_S, -(-end // DAY_S), key_nos)
    for key_no, kind in spans.kinds(account, start, end, key_nos):
        kinds[key_no] = kinds.get(key_no, 0) | 1 << kind
    return {names[key_no]: _SEEN[bits] for key_no, bits in kinds.items()}


def may_call_new(account: Account, window: Window) -> dict[str, bool]:
    """Tell of each key whose endpoints are known whether it may have called one in the window for the first time."""
    start, end = (int(moment.timestamp()) // HOUR_S for moment in (window.start, window.end))
    names = names_of(account)
    unknown = {number for (number,) in account.tx.rows("SELECT endpoint_no FROM endpoint WHERE path = ''")}
    found: dict[str, bool] = {}
    for key_no, before, after in running.members_of_keys(account.tx, names, start, end):
        called = after if not unknown else set(after) - unknown
        if called:
            found[names[key_no]] = after != before and not set(called).issubset(before)
    return found


def _numbers(account: Account, key_ids: Collection[str]) -> list[int]:
    """Give the numbers of those of these keys that are stored."""
    numbers = numbers_of(account)
    return sorted({numbers[key_id] for key_id in key_ids if key_id in numbers})
