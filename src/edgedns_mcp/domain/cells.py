"""Events become cells, cells become sums: the plain-Python reference that every store is compared with."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

from edgedns_mcp.models import Bound, Cell, Environment, Event, Series, Span, Tally, Window

HOUR_S = 3600
DAY_S = 86_400
FIRST_ERROR_STATUS = 400

Name = TypeVar("Name", bound=Hashable)

NOTHING = Tally(0, 0, None)


def cells_of(events: Iterable[Event]) -> list[Cell]:
    """Sum events into hour cells; the order of events does not matter."""
    sums: dict[tuple[int, str, str, Environment], list[int]] = {}
    for event in events:
        at = (event.at - event.at % HOUR_S, event.key_id, event.endpoint, event.environment)
        cell = sums.get(at)
        if cell is None:
            sums[at] = cell = [0, 0, event.at]
        cell[0] += 1
        cell[1] += event.status >= FIRST_ERROR_STATUS
        cell[2] = max(cell[2], event.at)
    return [
        Cell(start, start + HOUR_S, key_id, endpoint, environment, requests, errors, last)
        for (start, key_id, endpoint, environment), (requests, errors, last) in sums.items()
    ]


def totals(cells: Iterable[Cell], window: Window, endpoint: str = "") -> dict[str, Tally]:
    """Sum the cells inside `window` per key; `last_activity` is the last request before the window's end.

    A cell that reaches beyond the window is slack: between nothing and all of it was inside. With `endpoint`, only
    endpoints whose path contains it count, and requests to an endpoint that is not known are slack.
    """
    cells, part = list(cells), endpoint.lower()
    found = _summed(((cell.key_id, cell) for cell in cells if part in cell.endpoint.lower()), window)
    unknown = _summed(((cell.key_id, cell) for cell in cells if part and not cell.endpoint), window)
    return found | {key_id: unsure(found.get(key_id, NOTHING), one) for key_id, one in unknown.items() if _is_open(one)}


def endpoints(cells: Iterable[Cell], window: Window, key_ids: Collection[str]) -> dict[str, dict[str, Tally]]:
    """Sum the cells inside `window` per known endpoint of each key in `key_ids`.

    Requests to an endpoint that is not known may belong to any of them: they are slack of each.
    """
    wanted = set(key_ids)
    pairs = _summed((((cell.key_id, cell.endpoint), cell) for cell in cells if cell.key_id in wanted), window)
    found: dict[str, dict[str, Tally]] = defaultdict(dict)
    for (key_id, path), tally in pairs.items():
        if path and (tally.requests or tally.slack != 0):
            found[key_id][path] = unsure(tally, pairs.get((key_id, ""), NOTHING))
    return dict(found)


def series(cells: Iterable[Cell], edges: Sequence[int]) -> Series:
    """Sum the cells of each key in each bucket between two of these edges, which ascend, in epoch seconds."""
    requests: dict[str, list[int]] = {}
    errors: dict[str, list[int]] = {}
    apart: dict[tuple[str, int, int, Bound], list[int]] = defaultdict(lambda: [0, 0])
    for cell in cells:
        first, last = bisect_right(edges, cell.start) - 1, bisect_right(edges, cell.end - 1) - 1
        if (
            cell.end <= edges[0]
            or cell.start >= edges[-1]
            or not (cell.requests or cell.errors or cell.bound == "lower")
        ):
            continue
        if first == last and (cell.requests or cell.errors):
            for column, figure in ((requests, cell.requests), (errors, cell.errors)):
                column.setdefault(cell.key_id, [0] * (len(edges) - 1))[first] += figure
        if first != last or cell.bound == "lower":
            span = apart[cell.key_id, cell.start, cell.end, cell.bound]
            span[:] = span[0] + cell.requests, span[1] + cell.errors
    spans = (
        Span(start, end, key_id, some, wrong, bound) for (key_id, start, end, bound), (some, wrong) in apart.items()
    )
    return Series(_frozen(requests), _frozen(errors), sorted(spans, key=lambda span: (span.key_id, *span)))


def _frozen(columns: Mapping[str, Sequence[int]]) -> dict[str, tuple[int, ...]]:
    return {key_id: tuple(column) for key_id, column in columns.items()}


def inside(cells: Iterable[Cell], window: Window, key_ids: Collection[str]) -> list[Cell]:
    """List the cells of these keys that lie in a window or reach into it."""
    start, end = int(window.start.timestamp()), int(window.end.timestamp())
    return sorted(cell for cell in cells if cell.key_id in key_ids and cell.start < end and cell.end > start)


def add(tallies: Iterable[Tally]) -> Tally:
    """Add tallies; unknown errors and unknown slack stay unknown."""
    requests, errors, last, slack = 0, 0, None, 0
    for tally in tallies:
        requests += tally.requests
        errors = None if errors is None or tally.errors is None else errors + tally.errors
        last = latest(last, tally.last_activity)
        slack = None if slack is None or tally.slack is None else slack + tally.slack
    return Tally(requests, errors, last, slack)


def unsure(tally: Tally, unknown: Tally) -> Tally:
    """Count what may belong to a tally, or not, as its slack."""
    if tally.slack is None or unknown.slack is None:
        return tally._replace(slack=None)
    return tally._replace(slack=tally.slack + unknown.requests + unknown.slack)


def latest(one: int | None, other: int | None) -> int | None:
    """Give the later of two moments, either of which may be unknown."""
    return max(one, other) if one is not None and other is not None else one if other is None else other


def _summed(pairs: Iterable[tuple[Name, Cell]], window: Window) -> dict[Name, Tally]:
    start, end = int(window.start.timestamp()), int(window.end.timestamp())
    sums: dict[Name, Tally] = {}
    for name, cell in pairs:
        if cell.start >= end:
            continue
        part = _part(cell, start, end)
        if cell.requests or cell.errors or part.slack is None:
            sums[name] = add((sums.get(name, NOTHING), part))
    return sums


def _is_open(tally: Tally) -> bool:
    return tally.requests > 0 or tally.slack != 0


def _part(cell: Cell, start: int, end: int) -> Tally:
    """Give what a cell adds to a window: all of it inside, its slack where it reaches beyond, else its last request."""
    inside, apart = cell.start >= start and cell.end <= end, cell.end <= start
    last = cell.last_activity if cell.end <= end and (cell.requests or cell.errors) else None
    slack = 0 if apart else None if cell.bound == "lower" else 0 if inside else cell.requests
    return Tally(cell.requests, cell.errors, last, slack) if inside else Tally(0, 0, last, slack)
