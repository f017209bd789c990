"""Spikes: buckets in which a key did what it never did, told by gates of which every one must be passed.

The cheap gates come first, so that a baseline is learnt for few buckets. What a rule of thumb flags falls at one of
four: the record of the key itself, the rest of its team, the least effect, and the days on which months begin and end.
"""

from collections.abc import Mapping, Sequence
from math import log1p, sqrt
from statistics import median
from typing import NamedTuple

from edgedns_mcp.domain.anomalies.baseline import Baseline
from edgedns_mcp.domain.anomalies.candidates import candidates, is_used_often, may_be_record, may_have_begun
from edgedns_mcp.domain.anomalies.roll import Roll
from edgedns_mcp.domain.anomalies.tails import above, at_least, range_of
from edgedns_mcp.domain.anomalies.watched import Gap, Watched
from edgedns_mcp.models import Gate, Sensitivity

FEWEST_PEERS, PEERS = 2, 7  # few say little about a team, unless they agree
MOST_PEERS = 25  # a sample is enough, and does not grow with the team
PEER_MEAN = 20.0
TEAM_FACTORS = (1.0, 4.0)
BUSY_RATIO, BUSY_MONTHS = 2.5, 4.0  # times its usual, then times its record, for a key that month ends make busy
IRREGULAR_DISPERSION = 0.5
PRIOR_DAYS, PRIOR_SPREAD = 3, 0.3  # of the logarithm of an active day's count
FEW_ACTIVE = 3
HISTORY_DAYS, YOUNG_DAYS, NEW_USUAL_DAYS = 21, 7, 14
YOUNG_COUNT, YOUNG_RATIO = 100, 10.0


class Bars(NamedTuple):
    """How high the gates are; where there are two, for regular keys and for irregular ones."""

    rarity: tuple[float, float]
    record: tuple[float, float] = (1.5, 2.0)
    ratio: float = 3.0
    excess: int = 15


DAILY_BARS: Mapping[Sensitivity, Bars] = {
    "strict": Bars((1e-10, 1e-5)),
    "normal": Bars((1e-7, 1e-4)),
    "keen": Bars((1e-5, 1e-3)),
}
HOURLY_BARS: Mapping[Sensitivity, Bars] = {  # 24 times as many tests
    "strict": Bars((1e-12, 1e-6)),
    "normal": Bars((1e-9, 1e-5)),
    "keen": Bars((1e-7, 1e-4)),
}


class Trial(NamedTuple):
    """A bucket before the gates: the first one that it did not pass, and the figures of all that were looked at.

    `bar` is how high that gate is, where it is a number.
    """

    gate: Gate
    requests: int = 0
    history_days: int = 0
    record: float = 0.0
    mean: float = 0.0  # expected, the team's day included
    low: int = 0
    high: int = 0
    team: float = 1.0  # how many times the usual the rest of the team did
    peers: int = 0
    is_regular: bool = True
    is_young: bool = False
    bar: float | None = None


class Case(NamedTuple):
    """A bucket of a key, and the one before which it was as usual."""

    key: Watched
    at: int
    begun: int


class Detector:
    """Tries the buckets of keys that belong together; what it learns of a key it learns once."""

    def __init__(self, keys: Roll, bars: Bars) -> None:
        self._bars = bars
        self._keys = keys
        self._learnt: dict[tuple[str, int], Baseline | None] = {}
        self._busy: dict[tuple[str, int], list[tuple[str, float]]] = {}

    def spikes(self, key: Watched, first: int, end: int) -> list[tuple[int, Trial]]:
        """List the buckets of a key that pass every gate.

        What follows such a bucket is held against what was usual before it, so that an incident is no excuse for
        itself; after two weeks it is the new usual.
        """
        found: list[tuple[int, Trial]] = []
        for begun in candidates(key, first, end, self._bars.excess, min(self._bars.record)):
            at = begun
            while at < end and (trial := self._passed(Case(key, at, begun))):
                if not found or at > found[-1][0]:
                    found.append((at, self.ranged(key, at, trial, begun)))
                at += 1
                if at - begun >= NEW_USUAL_DAYS * key.calendar.per_day:
                    break
        return found

    def is_news(self, key: Watched, lead_in: int, first: int, end: int) -> bool:
        """Tell whether `spikes` from `lead_in` on lists a bucket from `first` on; sooner than it lists them."""
        bars = self._bars.excess, min(self._bars.record)
        if any(self._passed(Case(key, at, at)) for at in candidates(key, first, end, *bars)):
            return True
        begun = may_have_begun(key, lead_in, first, *bars)
        return begun < first and any(at == first for at, _ in self.spikes(key, begun, first + 1))

    def tried(self, key: Watched, at: int, begun: int | None = None) -> Trial:
        """Put one bucket before the gates, against what was usual before it, or before `begun`."""
        count, days = key.counts[at], key.history_days(at)
        case = Case(key, at, at if begun is None else begun)
        if count is None or at < key.born or at in key.lower:
            return Trial("observed")
        if at in key.planned:
            return Trial("planned", count, days)
        if days < HISTORY_DAYS:
            return _young(case, count, days)
        if count < self._bars.excess:
            return Trial("effect", count, days, bar=self._bars.excess)
        learnt = self.learnt(key, case.begun)
        if learnt is None:
            return Trial("history", count, days, bar=HISTORY_DAYS)
        trial = self._weighed(case, Trial("passed", count, days), learnt)
        if trial.gate != "passed":
            return trial
        team, peers = self._team(key, at)
        trial = trial._replace(team=team, peers=peers)
        if team == 1.0:
            return trial
        again = self._weighed(case, trial, learnt)
        return again if again.gate == "passed" else again._replace(gate="team")

    def _passed(self, case: Case) -> Trial | None:
        """Put a bucket before the gates, unless it lies below any record that a baseline could tell."""
        if not may_be_record(*case, self._bars.record):
            return None
        trial = self.tried(*case)
        return trial if trial.gate == "passed" else None

    def ranged(self, key: Watched, at: int, trial: Trial, begun: int | None = None) -> Trial:
        """Say between which counts such a bucket usually lies; this costs more than all gates together."""
        learnt = self.learnt(key, at if begun is None else begun) if trial.mean else None
        if learnt is None or trial.low or trial.high:
            return trial
        low, high = learnt.span(key.calendar.bins[at], trial.team)
        return trial._replace(low=low, high=high)

    def gap(self, key: Watched, gap: Gap) -> Trial:
        """Put buckets that were counted together before the gates, as if all but one of them had been usual."""
        days, bars, case = key.history_days(gap.first), self._bars, Case(key, gap.first, gap.first)
        learnt = None if gap.first in key.lower else self.learnt(key, gap.first)
        if learnt is None or days < HISTORY_DAYS:
            return Trial("history", gap.requests, days)
        means = [learnt.mean(key.calendar.bins[at]) for at in range(gap.first, gap.last + 1)]
        mean, others = sum(means), sum(means) - min(means)
        dispersion = learnt.dispersion * sum(one * one for one in means) / mean**2
        irregular = _is_irregular(case, learnt)
        record = max(_record(case, learnt, is_regular=not irregular), _of_month_ends(key, gap, learnt))
        trial = Trial("passed", gap.requests, days, record + others, mean, is_regular=not irregular)
        if gap.requests - others <= bars.record[irregular] * record:
            return trial._replace(gate="record")
        if gap.requests < bars.ratio * mean:
            return trial._replace(gate="ratio")
        if gap.requests - mean < bars.excess:
            return trial._replace(gate="effect")
        chance = at_least(gap.requests, mean, dispersion)
        if irregular:
            active = [one for one in key.before(gap.first) if one > 0]
            chance = max(chance, _chance_among_active(gap.requests, active, 1.0)) if len(active) >= FEW_ACTIVE else 1.0
        low, high = range_of(mean, dispersion)
        return trial._replace(low=low, high=high, gate="passed" if chance < bars.rarity[irregular] else "rarity")

    def learnt(self, key: Watched, at: int) -> Baseline | None:
        """Give what was usual before the day of a bucket."""
        morning = at
        while morning > key.born and key.calendar.days[morning - 1] == key.calendar.days[at]:
            morning -= 1
        place = key.key_id, morning
        if place not in self._learnt:
            self._learnt[place] = key.baseline(morning)
        return self._learnt[place]

    def _team(self, key: Watched, at: int) -> tuple[float, int]:
        """Tell how many times the usual the other keys of the team did, and how many of them say so."""
        others = sorted(ratio for key_id, ratio in self._ratios(key.team, at) if key_id != key.key_id)
        low, high = TEAM_FACTORS
        if len(others) < FEWEST_PEERS:
            return low, len(others)
        usual = median(others) if len(others) >= PEERS else others[(len(others) - 1) // 4]
        return min(max(usual, low), high), len(others)

    def _ratios(self, team: str, at: int) -> list[tuple[str, float]]:
        if (team, at) not in self._busy:
            found: list[tuple[str, float]] = []
            for key in map(self._keys.__getitem__, self._keys.sample(team, PEER_MEAN)):
                count = key.counts[at]
                if count is None or at < key.born or at in key.planned or max(key.before(at), default=0) < PEER_MEAN:
                    continue
                learnt = self.learnt(key, at)
                mean = learnt.mean(key.calendar.bins[at]) if learnt else 0.0
                if mean >= PEER_MEAN:
                    found.append((key.key_id, (count + 1) / (mean + 1)))
                if len(found) == MOST_PEERS:
                    break
            self._busy[team, at] = found
        return self._busy[team, at]

    def _weighed(self, case: Case, trial: Trial, learnt: Baseline) -> Trial:
        """Hold a count against what the baseline expects, `trial.team` times the usual."""
        count, bars, bin_ = trial.requests, self._bars, case.key.calendar.bins[case.at]
        active, irregular = _active(case), _is_irregular(case, learnt)
        mean = learnt.mean(bin_) * trial.team
        record = _record(case, learnt, is_regular=not irregular) * trial.team
        trial = trial._replace(mean=mean, record=record, is_regular=not irregular)
        times = _above_record(case, learnt, bars.record[irregular])
        if count <= times * record:
            return trial._replace(gate="record", bar=times)
        if count < bars.ratio * mean:
            return trial._replace(gate="ratio", bar=bars.ratio)
        if count - mean < bars.excess:
            return trial._replace(gate="effect", bar=bars.excess)
        if irregular and len(active) < FEW_ACTIVE:
            return trial if _is_huge(count, record) else trial._replace(gate="rarity")
        chance = at_least(count, mean, learnt.dispersion)
        if irregular:
            chance = max(chance, _chance_among_active(count, active, trial.team))
        return trial if chance < bars.rarity[irregular] else trial._replace(gate="rarity")


def _active(case: Case) -> list[int]:
    """Give the counts of the buckets in which a key was used, of those that a baseline is learnt from."""
    return [one for one in case.key.before(case.begun)[-case.key.calendar.rhythm.window :] if one > 0]


def _is_irregular(case: Case, learnt: Baseline) -> bool:
    return learnt.dispersion > IRREGULAR_DISPERSION or not is_used_often(case.key, case.begun)


def _of_month_ends(key: Watched, gap: Gap, learnt: Baseline) -> float:
    """Give what the month ends within a gap explain: as much as those before, more where they make the key busy."""
    boundary = key.calendar.boundary
    if not any(boundary[gap.first : gap.last + 1]):
        return 0.0
    record = max((key.every[at] for at in range(key.since(gap.first), gap.first) if boundary[at]), default=0)
    is_busy = record >= BUSY_RATIO * learnt.level
    return max(record, 0) * (BUSY_MONTHS / 2 if is_busy else 1.0)


def _record(case: Case, learnt: Baseline, *, is_regular: bool) -> float:
    """Give the highest count before; for a regular key the lower of it and of the highest for this bin."""
    key, begun = case.key, case.begun
    if not is_regular:
        return max(max(key.before(begun), default=0), 0)
    before, bins, factors = key.ordinary(begun), key.calendar.bins, learnt.factors
    first, mine = begun - len(before), factors[bins[case.at]]
    adjusted = max((count * mine / factors[bins[first + place]] for place, count in enumerate(before)), default=0)
    return max(min(max(before, default=0), adjusted), 0)


def _above_record(case: Case, learnt: Baseline, usual: float) -> float:
    """Give how many times its record a key must reach; where months make it busy, no two of them are alike."""
    key, begun = case.key, case.begun
    if not key.calendar.boundary[case.at]:
        return usual
    months = (
        key.every[bucket] / learnt.mean(key.calendar.bins[bucket])
        for bucket in range(key.since(begun), begun)
        if key.calendar.boundary[bucket] and key.every[bucket] >= 0
    )
    return max(usual, BUSY_MONTHS) if max(months, default=0) >= BUSY_RATIO else usual


def _young(case: Case, count: int, days: int) -> Trial:
    """Hold the count of a key with little history against its own highest, and nothing else."""
    record = max(max(case.key.before(case.begun), default=0), 0)
    passed = days >= YOUNG_DAYS and _is_huge(count, record)
    return Trial("passed" if passed else "history", count, days, record, is_young=True, bar=HISTORY_DAYS)


def _is_huge(count: int, record: float) -> bool:
    return count >= YOUNG_COUNT and count >= YOUNG_RATIO * record


def _chance_among_active(count: int, active: Sequence[int], team: float) -> float:
    """Give the chance of such a day among a key's active days, whose logarithms scatter as Student's t."""
    logs = [log1p(one * team) for one in active]
    number, mean = len(logs), sum(logs) / len(logs)
    squares = sum((one - mean) ** 2 for one in logs)
    scale = sqrt((squares + PRIOR_DAYS * PRIOR_SPREAD**2) / (number - 1 + PRIOR_DAYS)) * sqrt(1 + 1 / number)
    return above((log1p(count) - mean) / scale, number + PRIOR_DAYS - 1)
