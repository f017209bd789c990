"""From figures to days that can be learnt from: one count for each, None where too little of it was observed."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from edgedns_mcp.models import Series, Span

WHOLE = 0.75  # of a day must be observed, for its count to be learnt from


def observed_parts(edges: Sequence[int], observed: Sequence[tuple[int, int]]) -> list[float]:
    """Tell which part of each bucket was observed."""
    found = [0.0] * (len(edges) - 1)
    for stretch in observed:
        for at, seconds in _overlaps(edges, *stretch):
            found[at] += seconds / (edges[at + 1] - edges[at])
    return found


class Counted:
    """What each key did on each day; what reaches over an edge is spread evenly, for a forecast needs no more."""

    def __init__(self, edges: Sequence[int], series: Series, parts: Sequence[float]) -> None:
        self.parts = parts
        self._edges = edges
        self._series = series
        self._over_edges: Mapping[str, Sequence[Span]] = self._unplaced()

    @property
    def key_ids(self) -> set[str]:
        """Give everybody with requests."""
        return {*self._series.requests, *self._over_edges}

    def total(self, key_id: str) -> int:
        """Give all that a key did."""
        over = sum(span.requests for span in self._over_edges.get(key_id, ()))
        return sum(self._series.requests.get(key_id, ())) + over

    def sums(self, key_ids: Iterable[str]) -> list[float]:
        """Add up what these keys did on each day."""
        found = [0.0] * len(self.parts)
        for key_id in key_ids:
            for at, requests in enumerate(self._series.requests.get(key_id, ())):
                found[at] += requests
            for span in self._over_edges.get(key_id, ()):
                for at, seconds in _overlaps(self._edges, span.start, span.end):
                    found[at] += span.requests * seconds / (span.end - span.start)
        return found

    def days(self, key_ids: Iterable[str]) -> list[int | None]:
        """Give the counts to learn from; a day observed for the greater part is taken as a whole one."""
        return [
            round(some / part) if part >= WHOLE else None
            for some, part in zip(self.sums(key_ids), self.parts, strict=True)
        ]

    def _unplaced(self) -> dict[str, list[Span]]:
        """Keep the spans that no bucket counts."""
        found: dict[str, list[Span]] = defaultdict(list)
        for span in self._series.apart:
            if bisect_right(self._edges, span.start) != bisect_right(self._edges, span.end - 1):
                found[span.key_id].append(span)
        return found


def _overlaps(edges: Sequence[int], start: int, end: int) -> Iterator[tuple[int, int]]:
    """Give the buckets that a stretch touches, and for how many seconds."""
    first, last = bisect_right(edges, start) - 1, bisect_right(edges, end - 1) - 1
    for at in range(max(first, 0), min(last, len(edges) - 2) + 1):
        if (seconds := min(end, edges[at + 1]) - max(start, edges[at])) > 0:
            yield at, seconds
