"""The same organisation seen through cumulative counters: readings are missing, doubled, unsorted, and reset."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from random import Random
from typing import NamedTuple

from lab_stage import INCIDENTS, Label
from organisation_lab import DAILY, LabKey, Organisation, daily

COUNTED = DAILY._replace(unobserved_days=0)
LONGEST_GAP_DAYS = 5
GAPS_IN_WARM_UP, GAPS_IN_SCORED = 2, 4  # when nobody read any key
LOST, DOUBLED = 0.005, 0.02  # of all readings, each key for itself
RESETS_PER_THOUSAND = 30


class Snapshot(NamedTuple):
    """A key's cumulative total as it was read, minutes after a midnight (UTC)."""

    key_id: str
    at: datetime
    total: int


class Counted(NamedTuple):
    """What a poller saw, in no order, and the truth: the organisation's labels tell of the resets too."""

    organisation: Organisation
    snapshots: list[Snapshot]


def counters(seed: int, *, monthly: bool = False) -> Counted:
    """Read the counters of an organisation every night; `monthly` lets all of them start again on each first."""
    organisation = daily(seed, COUNTED)
    draw = Random(f"counters {seed}")
    resets = _resets(draw, organisation)
    polls = _polls(draw, organisation)
    firsts = {day for day in range(COUNTED.days) if (COUNTED.start + timedelta(days=day)).day == 1}
    snapshots = [
        snapshot
        for key in organisation.keys
        for snapshot in _read(draw, key, polls, {resets.get(key.key_id, -1), *(firsts if monthly else ())})
    ]
    draw.shuffle(snapshots)
    labels = [Label(key_id, "reset", day, day, innocent=True) for key_id, day in resets.items()]
    return Counted(replace(organisation, labels=[*organisation.labels, *labels]), snapshots)


def _resets(draw: Random, organisation: Organisation) -> dict[str, int]:
    busy = {label.key_id for label in organisation.labels if label.kind in INCIDENTS}
    able = [key.key_id for key in organisation.keys if key.key_id not in busy]
    chosen = draw.sample(able, RESETS_PER_THOUSAND * len(organisation.keys) // 1000)
    return {key_id: draw.randrange(10, organisation.shape.slots) for key_id in chosen}


def _polls(draw: Random, organisation: Organisation) -> dict[int, datetime]:
    """Say when the totals at the begin of a day were read, for each day on which they were."""
    shape = organisation.shape
    begins = [draw.randrange(5, shape.first_scored - LONGEST_GAP_DAYS) for _ in range(GAPS_IN_WARM_UP)]
    begins += [draw.randrange(shape.first_scored, shape.slots - LONGEST_GAP_DAYS) for _ in range(GAPS_IN_SCORED)]
    missing = {begin + day for begin in begins for day in range(draw.randint(1, LONGEST_GAP_DAYS))}
    midnight = datetime.combine(shape.start, time(), UTC)
    return {
        day: midnight + timedelta(days=day, seconds=draw.randrange(1, 1_200))
        for day in range(shape.slots + 1)
        if day not in missing
    }


def _read(draw: Random, key: LabKey, polls: dict[int, datetime], resets: set[int]) -> Iterator[Snapshot]:
    totals = _totals(draw, key, resets)
    exists = max(0, key.created)
    days = list(polls)
    for day in days[bisect_left(days, exists) :]:
        if draw.random() >= LOST:
            snapshot = Snapshot(key.key_id, polls[day], totals[day])
            yield from [snapshot] * (1 + (draw.random() < DOUBLED))


def _totals(draw: Random, key: LabKey, resets: set[int]) -> list[int]:
    """Give the total at the begin of each day; a counter that is reset loses the day's requests until then."""
    usual = sum(count or 0 for count in key.requests[:28]) // 28
    totals = [0 if key.created >= 0 else usual * min(-key.created, 400)]
    for day, count in enumerate(key.requests):
        kept = round((count or 0) * draw.random())
        totals.append(kept if day in resets else totals[-1] + (count or 0))
    return totals
