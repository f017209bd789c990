"""Keys that turn up where they do not belong: on an endpoint they never called, or in the wrong environment."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from edgedns_mcp.domain.cells import DAY_S
from edgedns_mcp.models import Cell, Environment, Key

LEAST_REQUESTS, LEAST_SHARE = 15, 0.3
NEW_DAYS = 7
STANDING_DAYS = 7  # use in the wrong environment with shorter pauses is one story
PREFIXES: Mapping[str, Environment] = {"_live_": "live", "_test_": "test"}


class Misplaced(NamedTuple):
    """What a key did in one bucket where it does not belong."""

    at: int
    requests: int
    errors: int
    paths: Mapping[str, int]
    environment: Environment = "unknown"


def declared(key: Key) -> Environment:
    """Give the environment that a key is meant for: the declared one, or what its id says."""
    if key.environment != "unknown":
        return key.environment
    for part, environment in PREFIXES.items():
        if part in key.key_id.lower():
            return environment
    return "unknown"


def wrong_environments(key: Key, seen: Collection[Environment]) -> set[Environment]:
    """Tell which of the environments that a key was seen in it does not belong to."""
    mine = declared(key)
    meant: set[Environment] = {mine, "unknown", *key.allowed_environments}
    return set() if mine == "unknown" else set(seen) - meant


def in_wrong_environment(
    cells: Iterable[Cell], wrong: Collection[Environment], edges: Sequence[int]
) -> list[Misplaced]:
    """Sum the cells of a key in the wrong environments by bucket, given by their edges in epoch seconds."""
    return _by_bucket((cell for cell in cells if cell.environment in wrong), edges)


def on_new_endpoints(
    cells: Sequence[Cell], known: Collection[str], edges: Sequence[int], first: int
) -> list[Misplaced]:
    """List the buckets from `first` on in which much of a key's use went to endpoints it had never called a week ago.

    `known` are those that it called before the first of the buckets.
    """
    begun: dict[str, int] = {}
    totals: dict[int, int] = defaultdict(int)
    for cell in cells:
        at = bucket_of(edges, cell)
        if cell.endpoint and cell.endpoint not in known and cell.requests:
            begun[cell.endpoint] = min(begun.get(cell.endpoint, at), at)
        totals[at] += cell.requests
    day = max(DAY_S // (edges[1] - edges[0]), 1)
    new = (
        cell
        for cell in cells
        if cell.endpoint in begun and bucket_of(edges, cell) - begun[cell.endpoint] < NEW_DAYS * day
    )
    return [
        one
        for one in _by_bucket(new, edges)
        if one.at >= first and one.requests >= LEAST_REQUESTS and one.requests >= LEAST_SHARE * totals[one.at]
    ]


def unplanned(cells: Sequence[Cell], planned: Collection[int], edges: Sequence[int]) -> Sequence[Cell]:
    """Leave out the cells of planned buckets."""
    return [cell for cell in cells if bucket_of(edges, cell) not in planned] if planned else cells


def _by_bucket(cells: Iterable[Cell], edges: Sequence[int]) -> list[Misplaced]:
    found: dict[int, list[Cell]] = defaultdict(list)
    for cell in cells:
        if cell.requests:
            found[bucket_of(edges, cell)].append(cell)
    return [_sum(at, some) for at, some in sorted(found.items()) if 0 <= at < len(edges) - 1]


def _sum(at: int, cells: Sequence[Cell]) -> Misplaced:
    paths: Counter[str] = Counter()
    for cell in cells:
        paths[cell.endpoint] += cell.requests
    return Misplaced(at, sum(paths.values()), sum(cell.errors for cell in cells), paths, cells[0].environment)


def bucket_of(edges: Sequence[int], cell: Cell) -> int:
    """Give the bucket that holds the middle of a cell."""
    return bisect_right(edges, (cell.start + cell.end - 1) // 2) - 1
