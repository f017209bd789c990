"""A made-up organisation whose every incident is known: what a thousand keys do, day by day or hour by hour.

The same seed gives the same counts. What is measured on it ranks detectors; real traffic promises nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from random import Random

import lab_incidents as incidents
import lab_innocents as innocents
from lab_draws import binomial, negative_binomial, split
from lab_keys import Draft, Rhythm, Shape
from lab_stage import Label, Stage

DAILY = Shape(keys=1_000, start=date(2026, 1, 1), warm_up_days=60, scored_days=90)
HOURLY = Shape(
    keys=300, start=date(2026, 2, 2), warm_up_days=28, scored_days=14, slots_per_day=24, unobserved_days=1
)  # begins on a Monday after a month's end, so that no month ends unseen before
ATTACK_DISPERSION = 0.05  # a program that abuses a key is more even than people are
ERROR_SPREAD = 0.3  # of the logarithm of a key's error share from slot to slot


@dataclass(frozen=True)
class LabKey:
    """One key and all that was seen of it; every sequence has one place for each slot, 0 where nothing was observed.

    `declared` and the labels of environments are raw texts; "" is a key, or a request, that says nothing.
    `created` is a slot; it is negative if the key is older than the first one.
    """

    key_id: str
    name: str
    team: str
    rhythm: Rhythm
    declared: str
    allowed: frozenset[str]
    created: int
    requests: Sequence[int | None]
    errors: Sequence[int]
    by_endpoint: Mapping[str, Sequence[int]]
    by_environment: Mapping[str, Sequence[int]]


@dataclass(frozen=True)
class Organisation:
    """The keys, the slots that nobody observed, and the truth."""

    seed: int
    shape: Shape
    keys: Sequence[LabKey]
    unobserved: frozenset[int]
    labels: Sequence[Label]


def daily(seed: int, shape: Shape = DAILY) -> Organisation:
    """Make an organisation counted by the day."""
    return _performed(_daily_stage(seed, shape))


def hourly(seed: int, shape: Shape = HOURLY) -> Organisation:
    """Make an organisation counted by the hour, with the stories that can be told in hours."""
    return _performed(_hourly_stage(seed, shape))


def _daily_stage(seed: int, shape: Shape) -> Stage:
    stage = Stage.built(seed, shape)
    incidents.spikes(stage)
    incidents.awakenings(stage)
    incidents.mismatches(stage)
    innocents.known_environments(stage)
    incidents.error_bursts(stage)
    incidents.endpoint_shifts(stage)
    incidents.silences(stage)
    incidents.drips(stage)
    innocents.level_shifts(stage)
    innocents.first_uses(stage)
    innocents.pauses(stage)
    innocents.rotations(stage)
    innocents.adoptions(stage)
    incidents.old_spikes(stage)
    innocents.surges(stage)
    innocents.outages(stage)
    innocents.month_ends(stage)
    return stage


def _hourly_stage(seed: int, shape: Shape) -> Stage:
    stage = Stage.built(seed, shape)
    incidents.spikes(stage, shortest=2, longest=6)
    incidents.mismatches(stage)
    innocents.known_environments(stage)
    incidents.error_bursts(stage, length=6)
    incidents.endpoint_shifts(stage)
    innocents.level_shifts(stage)
    innocents.first_uses(stage)
    incidents.old_spikes(stage)
    innocents.surges(stage, longest=8)
    innocents.outages(stage, length=6)
    return stage


def _performed(stage: Stage) -> Organisation:
    keys = [_seen(key, stage) for key in stage.keys]
    labels = sorted(stage.labels, key=lambda label: (label.first, label.key_id, label.kind))
    return Organisation(stage.seed, stage.shape, keys, stage.unobserved, labels)


def _seen(key: Draft, stage: Stage) -> LabKey:
    draw = Random(f"{stage.seed} {key.key_id}")
    slots = stage.shape.slots
    requests: list[int | None] = [0] * slots
    errors = [0] * slots
    paths = {path: [0] * slots for path in (*key.endpoints, *(path for path, _ in key.moved.values()))}
    labels = {label: [0] * slots for label in (key.usual_label, *(label for label, _ in key.elsewhere.values()))}
    for slot in range(slots):
        usual = _usual_count(draw, key, slot)
        label, strange = key.elsewhere.get(slot, (key.usual_label, 0))
        if slot in stage.unobserved:
            requests[slot] = None
        elif count := usual + strange:
            requests[slot] = count
            errors[slot] = _errors(draw, key, slot, count)
            labels[key.usual_label][slot] = usual
            labels[label][slot] += strange
            for path, part in _by_path(draw, key, slot, count).items():
                paths[path][slot] = part
    return LabKey(
        key.key_id,
        key.name,
        key.team,
        key.rhythm,
        key.declared,
        key.allowed,
        key.created,
        requests,
        errors,
        {path: counts for path, counts in paths.items() if any(counts)},
        {label: counts for label, counts in labels.items() if any(counts)},
    )


def _usual_count(draw: Random, key: Draft, slot: int) -> int:
    mean = key.means[slot]
    count = negative_binomial(draw, mean, key.dispersion) if mean else 0
    if key.added:
        count += negative_binomial(draw, key.added.get(slot, 0.0), ATTACK_DISPERSION)
    return max(count, key.least.get(slot, 0))


def _errors(draw: Random, key: Draft, slot: int, count: int) -> int:
    share = key.error_shares.get(slot) or key.error_share * draw.lognormvariate(0, ERROR_SPREAD)
    return binomial(draw, count, min(share, 0.9))


def _by_path(draw: Random, key: Draft, slot: int, count: int) -> dict[str, int]:
    if slot not in key.moved:
        return split(draw, count, key.endpoints)
    path, share = key.moved[slot]
    moved = binomial(draw, count, share)
    return {**split(draw, count - moved, key.endpoints), path: moved}
