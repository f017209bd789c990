"""Two windows compared: what each key or group adds to the change between them.

What holds, to the request: the changes of the listed rows + the change of the rest = the total change.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from math import inf
from typing import NamedTuple

from edgedns_mcp.domain.cells import add
from edgedns_mcp.domain.changes import change_percent, signed_percent
from edgedns_mcp.domain.naming import PATH_LENGTH, visible
from edgedns_mcp.domain.report import percent, share
from edgedns_mcp.domain.usages import Member
from edgedns_mcp.models import (
    ChangeBounds,
    Compared,
    ComparedRow,
    EndpointShift,
    Key,
    Left,
    PerDay,
    RestOfChange,
    Status,
    Tally,
    Window,
)

MOST_SHIFTS = 3
HOURS_A_DAY = 24


class Line(NamedTuple):
    """One key or group in both windows.

    `key_now` and `key_before` sum the key as a whole, where `now` and `before` are about some endpoints only.
    """

    name: str
    now: Tally
    before: Tally
    key_now: Tally
    key_before: Tally
    member: Member | None = None
    rotated_from: tuple[str, ...] = ()


class Rules(NamedTuple):
    """What the windows allow to be said: new, gone and woken need a baseline that lies before and is known."""

    in_order: bool
    is_complete: bool
    baseline_is_complete: bool
    baseline_end: datetime


def heirs(keys: Iterable[Key]) -> dict[str, str]:
    """Give the last successor of each key that was rotated; who succeeds each other in a circle has none."""
    after = {key.key_id: key.replaced_by for key in keys}
    found: dict[str, str] = {}
    for key_id in after:
        seen, last = {key_id}, key_id
        while (following := after[last]) in after and following not in seen:
            seen.add(following)
            last = following
        if last != key_id and after[last] not in seen:
            found[key_id] = last
    return found


def inherited(tallies: Mapping[str, Tally], heir: Mapping[str, str]) -> dict[str, Tally]:
    """Count what a rotated key did as its last successor's."""
    sums: dict[str, Tally] = {}
    for key_id, tally in tallies.items():
        owner = heir.get(key_id, key_id)
        sums[owner] = add((sums[owner], tally)) if owner in sums else tally
    return sums


def compared(now: Tally, before: Tally) -> Compared:
    """Put two sums beside each other."""
    return Compared(
        request_count=now.requests,
        baseline_request_count=before.requests,
        change=now.requests - before.requests,
        change_percent=change_percent(now.requests, before.requests),
        error_count=now.errors,
        baseline_error_count=before.errors,
        error_percent=percent(now.errors, now.requests),
        baseline_error_percent=percent(before.errors, before.requests),
    )


def change_bounds(now: Tally, before: Tally) -> ChangeBounds | None:
    """Say between what the change lies; None where both sums are exact."""
    if now.slack == before.slack == 0:
        return None
    change = now.requests - before.requests
    return ChangeBounds(
        least=None if before.slack is None else change - before.slack,
        most=None if now.slack is None else change + now.slack,
    )


def ranked(lines: Iterable[Line]) -> list[Line]:
    """Order lines by the size of their change; ties go by name, then by id."""
    return sorted(lines, key=lambda line: (-abs(_change(line)), line.name, line.member.key_id if line.member else ""))


def row(line: Line, change: int, rules: Rules) -> ComparedRow:
    """Make the row of a line; `change` is the total change that it is a part of."""
    member = line.member
    return ComparedRow(
        name=line.name,
        key_id=visible(member.key_id) if member else None,
        environment=member.environment if member else None,
        team=visible(member.team) if member else None,
        status=status(line, rules),
        contribution_percent=signed_percent(_change(line), change),
        revoked_at=member.key.revoked_at if member else None,
        rotated_from=tuple(visible(key_id) for key_id in line.rotated_from),
        **compared(line.now, line.before).model_dump(),
    )


def status(line: Line, rules: Rules) -> Status:
    """Say what became of a key; it is new, gone or woken as a whole, whichever endpoints are asked for."""
    change = _change(line)
    if not change:
        return "same" if line.now.requests else "idle"
    if rules.in_order and _is_unused(line.key_before) and line.now.requests:
        if line.key_before.last_activity is not None:
            return "woken"
        if rules.baseline_is_complete or (line.member.born if line.member else -inf) >= rules.baseline_end.timestamp():
            return "new"
    if rules.in_order and rules.is_complete and _is_unused(line.key_now):
        return "gone"
    return "grown" if change > 0 else "shrunk"


def by_status(lines: Iterable[Line], rules: Rules) -> dict[Status, list[Line]]:
    """Put lines together by what became of them; what does not occur is left out."""
    found: dict[Status, list[Line]] = defaultdict(list)
    for line in lines:
        found[status(line, rules)].append(line)
    return dict(sorted(found.items()))


def extremes(ranked: Sequence[Line]) -> tuple[Line | None, Line | None]:
    """Find who added most to the change, and who took most from it, in lines ordered by size."""
    return (
        next((line for line in ranked if _change(line) > 0), None),
        next((line for line in ranked if _change(line) < 0), None),
    )


def rest(total: Compared, rows: Sequence[ComparedRow], every: int) -> RestOfChange:
    """Give what the rows leave out of `every` row, so that rows + rest = total."""
    now = total.request_count - sum(one.request_count for one in rows)
    before = total.baseline_request_count - sum(one.baseline_request_count for one in rows)
    return RestOfChange(rows=every - len(rows), request_count=now, baseline_request_count=before, change=now - before)


def per_day(now: Tally, before: Tally, hours: int, baseline_hours: int) -> PerDay | None:
    """Compare means per day, where the windows differ in length; None where one is shorter than a day.

    An hour of difference is none: it comes from the change of clocks.
    """
    if abs(hours - baseline_hours) <= 1 or min(hours, baseline_hours) < HOURS_A_DAY:
        return None
    here, there = now.requests * baseline_hours, before.requests * hours
    return PerDay(
        request_count=round(now.requests * HOURS_A_DAY / hours, 1),
        baseline_request_count=round(before.requests * HOURS_A_DAY / baseline_hours, 1),
        change_percent=change_percent(here, there),
    )


def observed_percent(window: Window, stretches: Iterable[tuple[int, int]]) -> float | None:
    """Say how much of a window lies in stretches that were observed, given in epoch seconds."""
    start, end = int(window.start.timestamp()), int(window.end.timestamp())
    seen = sum(max(min(last, end) - max(first, start), 0) for first, last in stretches)
    return percent(seen, end - start)


def left(now: Tally, before: Tally) -> Left:
    """Give what belongs to nobody known."""
    change = now.requests - before.requests
    return Left(request_count=now.requests, baseline_request_count=before.requests, change=change)


def shifts(now: Mapping[str, int], before: Mapping[str, int]) -> tuple[EndpointShift, ...]:
    """Find the endpoints whose share of the requests moved most, which needs requests in both windows."""
    whole, whole_before = sum(now.values()), sum(before.values())
    if not whole or not whole_before:
        return ()
    every = (
        _shift(path, share(before.get(path, 0), whole_before), share(now.get(path, 0), whole))
        for path in {**now, **before}
    )
    moved = sorted((one for one in every if one.points), key=lambda one: (-abs(one.points), one.endpoint))
    return tuple(moved[:MOST_SHIFTS])


def _shift(path: str, before: float, now: float) -> EndpointShift:
    return EndpointShift(
        endpoint=visible(path, PATH_LENGTH),
        baseline_share_percent=before,
        share_percent=now,
        points=round(now - before, 1),
    )


def _change(line: Line) -> int:
    return line.now.requests - line.before.requests


def _is_unused(tally: Tally) -> bool:
    return not tally.requests and tally.slack == 0
