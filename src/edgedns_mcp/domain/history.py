"""Time in buckets: where they begin, what was done in them, and which of them nobody observed.

What holds: requests of all buckets + those that lie in none (counts over an edge) = requests of the window.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from edgedns_mcp.domain.changes import signed_percent
from edgedns_mcp.domain.periods import DAY, HOUR, begins_day, day_of, floor_hour, midnight
from edgedns_mcp.errors import QuestionError
from edgedns_mcp.models import Bucket, BucketChoice, BucketSize, LastBucket, Observed, Place, Series, Tally, Window

MOST_BUCKETS = 200
WORTH_A_TREND = 3  # full buckets
LENGTHS: dict[BucketSize, timedelta] = {"hour": HOUR, "day": DAY, "week": 7 * DAY, "month": 28 * DAY}  # the shortest
# The longest window that `auto` cuts into each; an hour is added, for the day on which the clock goes back.
AUTO: dict[BucketSize, timedelta] = {"hour": 3 * DAY, "day": 92 * DAY, "week": 548 * DAY}

Stretch: TypeAlias = tuple[int, int]  # the first and the last moment observed, in epoch seconds


class Calendar(NamedTuple):
    """Where the buckets of a question lie: `edges` are full hours, one more than there are buckets."""

    edges: Sequence[datetime]
    size: BucketSize
    zone: ZoneInfo


class Track(NamedTuple):
    """What a key or a group did in each bucket.

    `slack` requests may have come on top in a bucket that is not exact; None where nobody knows how many.
    """

    requests: Sequence[int]
    errors: Sequence[int | None]
    slack: Mapping[int, int | None]


class Standouts(NamedTuple):
    """What a row of buckets comes to, by its full ones: wholly observed, neither cut nor running, and exact."""

    full_buckets: int
    mean_per_full_bucket: float | None = None
    highest: Place | None = None
    lowest: Place | None = None
    last_full: LastBucket | None = None


def calendar(window: Window, choice: BucketChoice, zone: ZoneInfo) -> Calendar:
    """Cut a window into buckets of the size that was asked for, or of one that suits it.

    Raises:
        QuestionError: there would be more of them than an answer holds.
    """
    length = window.end - window.start
    size = _suiting(length) if choice == "auto" else choice
    if length > MOST_BUCKETS * LENGTHS[size]:
        raise QuestionError(_too_many(window, size))
    edges = [window.start]
    for boundary in _boundaries(window.start, size, zone):
        if boundary >= window.end:
            break
        if boundary > edges[-1]:
            edges.append(boundary)
    return Calendar([*edges, window.end], size, zone)


def observed(when: Calendar, seen: Sequence[Stretch]) -> Sequence[Observed]:
    """Tell of each bucket whether all of it was observed, a part, or nothing; what the window cuts is a part."""
    found: list[Observed] = [
        _observed(int(first.timestamp()), int(last.timestamp()), seen) for first, last in pairwise(when.edges)
    ]
    for place in (0, -1):
        if found[place] == "yes" and not _is_boundary(when.edges[place], when):
            found[place] = "part"
    return found


def tracks_of(series: Series, when: Calendar) -> dict[str, Track]:
    """Give the track of each key; a count that reaches over an edge may have come in any bucket it touches."""
    edges = [int(edge.timestamp()) for edge in when.edges]
    none = (0,) * (len(edges) - 1)
    slack: dict[str, dict[int, int | None]] = defaultdict(dict)
    for span in series.apart:
        first, last = bisect_right(edges, span.start) - 1, bisect_left(edges, span.end) - 1
        for bucket in range(max(first, 0), min(last, len(none) - 1) + 1):
            more = None if span.bound == "lower" else span.requests
            slack[span.key_id][bucket] = _sum((slack[span.key_id].get(bucket, 0), more))
    key_ids = dict.fromkeys((*series.requests, *slack))
    return {
        key_id: Track(series.requests.get(key_id, none), series.errors.get(key_id, none), slack.get(key_id, {}))
        for key_id in key_ids
    }


def tracks_of_totals(totals: Sequence[Mapping[str, Tally]]) -> dict[str, Track]:
    """Give the track of each key from its sums in each bucket."""
    nothing = Tally(0, 0, None)
    rows = {
        key_id: [one.get(key_id, nothing) for one in totals]
        for key_id in dict.fromkeys(i for one in totals for i in one)
    }
    return {
        key_id: Track(
            tuple(tally.requests for tally in row),
            tuple(tally.errors for tally in row),
            {at: tally.slack for at, tally in enumerate(row) if tally.slack != 0},
        )
        for key_id, row in rows.items()
    }


def together(tracks: Iterable[Track], buckets: int) -> Track:
    """Add tracks up; unknown errors and unknown slack stay unknown."""
    every = list(tracks)
    slack: dict[int, int | None] = {}
    for track in every:
        for at, some in track.slack.items():
            slack[at] = _sum((slack.get(at, 0), some))
    none = [0] * buckets
    requests = [sum(column) for column in zip(none, *(track.requests for track in every), strict=True)]
    errors = [_sum(column) for column in zip(none, *(track.errors for track in every), strict=True)]
    return Track(requests, errors, slack)


def buckets(track: Track, when: Calendar, told: Sequence[Observed]) -> tuple[Bucket, ...]:
    """Make the lines of a track; where nothing was observed there is no figure, rather than 0."""
    return tuple(
        Bucket(
            label=_label(start, when),
            start=start,
            request_count=None if seen == "no" else requests,
            error_count=None if seen == "no" else errors,
            observed=seen,
        )
        for start, requests, errors, seen in zip(when.edges[:-1], track.requests, track.errors, told, strict=True)
    )


def at_least_in_part(told: Sequence[Observed], track: Track) -> Sequence[Observed]:
    """Correct what was told of buckets that hold figures all the same: those were observed in part."""
    return [
        "part" if seen == "no" and (some or at in track.slack) else seen
        for at, (seen, some) in enumerate(zip(told, track.requests, strict=True))
    ]


def standouts(rows: Sequence[Bucket], slack: Mapping[int, int | None]) -> Standouts:
    """Find the highest and the lowest full bucket, the mean, and how the last one compares with the others."""
    full = [
        Place(label=row.label, request_count=row.request_count)
        for at, row in enumerate(rows)
        if row.observed == "yes" and row.request_count is not None and at not in slack
    ]
    if not full:
        return Standouts(0)
    counts = [place.request_count for place in full]
    return Standouts(
        full_buckets=len(full),
        mean_per_full_bucket=round(sum(counts) / len(full), 1),
        highest=max(full, key=lambda place: place.request_count),
        lowest=min(full, key=lambda place: place.request_count),
        last_full=_last(full[-1], counts[:-1]) if len(full) >= WORTH_A_TREND else None,
    )


def _last(last: Place, others: Sequence[int]) -> LastBucket:
    whole = sum(others)
    return LastBucket(
        label=last.label,
        request_count=last.request_count,
        mean_of_others=round(whole / len(others), 1),
        change_percent=signed_percent(last.request_count * len(others) - whole, whole),
    )


def _suiting(length: timedelta) -> BucketSize:
    for size, longest in AUTO.items():
        if length <= longest + HOUR:
            return size
    return "month"


def _too_many(window: Window, size: BucketSize) -> str:
    length = window.end - window.start
    coarser = (one for one, shortest in LENGTHS.items() if length <= MOST_BUCKETS * shortest)
    better = next((f"bucket={one}, or a shorter period" for one in coarser), "a shorter period")
    return f"{window.period} has more than {MOST_BUCKETS} {size}s, more than an answer holds; ask {better}."


def _boundaries(start: datetime, size: BucketSize, zone: ZoneInfo) -> Iterator[datetime]:
    day = day_of(start, zone)
    while True:
        if size == "hour":
            start += HOUR
            yield start
        else:
            day = _next(day, size)
            yield floor_hour(midnight(day, zone))


def _first(day: date, size: BucketSize) -> date:
    """Give the first day of the bucket that holds a day."""
    return day - timedelta(days=day.weekday()) if size == "week" else day.replace(day=1) if size == "month" else day


def _next(day: date, size: BucketSize) -> date:
    first = _first(day, size)
    if size == "month":
        return _first(first + timedelta(days=31), size)
    return first + timedelta(days=7 if size == "week" else 1)


def _is_boundary(edge: datetime, when: Calendar) -> bool:
    day = day_of(edge, when.zone)
    return when.size == "hour" or (_first(day, when.size) == day and begins_day(edge, when.zone))


def _observed(start: int, end: int, seen: Sequence[Stretch]) -> Observed:
    if any(first <= start and last >= end for first, last in seen):
        return "yes"
    return "part" if any(first < end and (last > start or first == last == start) for first, last in seen) else "no"


def _label(start: datetime, when: Calendar) -> str:
    if when.size == "hour":
        return f"{start.astimezone(when.zone):%Y-%m-%d %H:%M}"
    first = _first(day_of(start, when.zone), when.size)
    return f"{first:%Y-%m}" if when.size == "month" else f"{first:%Y-%m-%d}"


def _sum(column: Iterable[int | None]) -> int | None:
    known = list(column)
    return None if None in known else sum(filter(None, known))
