"""How well anomalies are told from ordinary days, beside the simple rules that people build."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import NamedTuple

import page
from lab_counters import counters
from measured import Held, Line, Part, Told
from organisation_lab import DAILY, HOURLY, LabKey, Organisation, daily, hourly
from ours import KINDS, one_day_s, searched, searched_counters
from rivals import HOURLY_RIVALS, RIVALS, Rival, Series
from score import Finding, Score, Trial, merged, score

TUNING_SEEDS = (11, 12, 13)
REPORT_SEEDS = (101, 102, 103)
HOURLY_TUNING_SEEDS = (21, 22)
HOURLY_REPORT_SEEDS = (201, 202)

COUNTERS_REPORT_SEEDS = (301, 302)
DEFAULT_MS, BACKFILL_MS = 1_000, 5_000  # bounds, for 1,000 keys
MANY_KEYS, ONE_DAY_MS = 10_000, 500

Detector = Callable[[Organisation], list[Finding]]


class Ground(NamedTuple):
    """Where detectors meet: organisations to tune the rivals on, and others to be judged on."""

    name: str
    make: Callable[[int], Organisation]
    tuning_seeds: Sequence[int]
    report_seeds: Sequence[int]
    rivals: Sequence[Rival]
    slot: str


def measure(_: Path) -> Part:
    """Tune the rivals on some seeds, and judge everybody on others."""
    grounds = (
        Ground("daily", daily, TUNING_SEEDS, REPORT_SEEDS, RIVALS, "days"),
        Ground("hourly", hourly, HOURLY_TUNING_SEEDS, HOURLY_REPORT_SEEDS, HOURLY_RIVALS, "hours"),
    )
    return Part(
        "Anomalies",
        f"Daily: {DAILY.keys} made-up keys, {DAILY.warm_up_days} days to learn from and {DAILY.scored_days} judged, on "
        f"each of {len(REPORT_SEEDS)} seeds; hourly: {HOURLY.keys} keys, {HOURLY.warm_up_days} and "
        f"{HOURLY.scored_days} days, {len(HOURLY_REPORT_SEEDS)} seeds. Thresholds were tuned on other seeds. A finding "
        "is right if it overlaps an incident of its kind, or the slot after. The rivals look for spikes alone. "
        "Made-up counts rank methods; real traffic promises nothing.",
        [*(line for ground in grounds for line in _lines(ground)), *_counters()],
    )


def flagged(rival: Rival, organisation: Organisation) -> list[Finding]:
    """Ask a rival about every key; consecutive flagged slots are one finding."""
    first = organisation.shape.first_scored
    flags = {key.key_id: rival.flags(since_creation(key), first) for key in organisation.keys}
    return merged(organisation, "spike", flags)


def tuned(rival: Rival, organisations: Sequence[Organisation]) -> Rival:
    """Choose the candidate threshold with the best F1."""
    if not rival.candidates:
        return rival
    surprises = [
        {key.key_id: rival.surprises(since_creation(key), each.shape.first_scored) for key in each.keys}
        for each in organisations
    ]

    def f1(threshold: float) -> float:
        flags = [
            {
                key_id: {slot for slot, surprise in slots.items() if surprise > threshold}
                for key_id, slots in each.items()
            }
            for each in surprises
        ]
        trials = [Trial(each, merged(each, "spike", found)) for each, found in zip(organisations, flags, strict=True)]
        return score(trials, ("spike",)).f1

    return rival._replace(threshold=max(rival.candidates, key=f1))


def since_creation(key: LabKey) -> Series:
    """Hide the slots before a key was created, so that no rival takes them for slots without requests."""
    hidden = max(0, key.created)
    return [None] * hidden + list(key.requests[hidden:])


def _lines(ground: Ground) -> Iterable[Line]:
    tuning = [ground.make(seed) for seed in ground.tuning_seeds] if ground.rivals else []
    rivals = [tuned(rival, tuning) for rival in ground.rivals]
    unseen = [ground.make(seed) for seed in ground.report_seeds]
    for rival in rivals:
        yield _spikes(ground, rival.name, *_timed(lambda each, rival=rival: flagged(rival, each), unseen))
    found = [searched(each) for each in unseen]
    trials = [Trial(each, one.findings) for each, one in zip(unseen, found, strict=True)]
    yield _spikes(ground, "ours", trials, min(one.backfill_s for one in found))
    for kinds in (*((kind,) for kind in KINDS.values()), tuple(KINDS.values())):
        told = score(trials, kinds)
        if told.incidents:
            yield Told(f"{ground.name}, ours, {' and '.join(kinds)}", _words(told, ground.slot))
    if ground.slot == "days":
        yield _held("default question, 1,000 keys (processor time)", min(one.default_s for one in found), DEFAULT_MS)
        yield _held("back-fill of 90 days (processor time)", min(one.backfill_s for one in found), BACKFILL_MS)
        many = daily(ground.report_seeds[0], DAILY._replace(keys=MANY_KEYS))
        yield _held("one day of 10,000 keys, after 60 days (processor time)", one_day_s(many), ONE_DAY_MS)


def _counters() -> Iterable[Line]:
    """Judge what is found where only cumulative totals were read, with gaps, doubles and resets."""
    trials = [
        Trial(each.organisation, searched_counters(each).findings) for each in map(counters, COUNTERS_REPORT_SEEDS)
    ]
    for kinds in (("spike",), ("dormant",), ("spike", "dormant")):
        yield Told(f"counters, ours, {' and '.join(kinds)}", _words(score(trials, kinds), "days"))


def _held(what: str, seconds: float, bound_ms: int) -> Held:
    ms = round(1000 * seconds)
    return Held(what, f"{ms} ms", "-", ms, bound_ms, "ms")


def _timed(detector: Detector, organisations: Sequence[Organisation]) -> tuple[list[Trial], float]:
    began = process_time()
    trials = [Trial(organisation, detector(organisation)) for organisation in organisations]
    return trials, (process_time() - began) / len(organisations)


def _spikes(ground: Ground, name: str, trials: Sequence[Trial], seconds: float) -> Told:
    found = score(trials, ("spike",))
    factors = ", ".join(f"x{factor:g} {hit / of:.0%}" for factor, (hit, of) in found.by_factor.items())
    return Told(f"{ground.name}, spikes, {name}", f"{_words(found, ground.slot)}; {factors}; {seconds:.1f} s a seed")


def _words(found: Score, slot: str) -> str:
    return (
        f"P {found.precision:.3f}, R {found.recall:.3f}, F1 {found.f1:.3f}, "
        f"{found.false_per_1000_key_days:.2f} false alerts per 1,000 key-days, "
        f"{found.hard_negatives} hard negatives, delay {found.mean_delay_slots:.2f} {slot}"
    )


if __name__ == "__main__":
    with TemporaryDirectory() as place:
        print(page.terminal(measure(Path(place))))
