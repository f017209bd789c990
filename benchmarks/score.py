"""How well findings agree with the truth: precision over findings, recall over incidents, stories that fooled."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from lab_stage import Label
from organisation_lab import Organisation

SLACK_SLOTS = 1  # a finding on the slot after an incident still tells of it
UNTOLD = "(no story)"  # a false alert on noise alone
UNOBSERVED = "unobserved"


class Finding(NamedTuple):
    """What a detector says happened to a key, from a first slot to a last."""

    key_id: str
    kind: str
    first: int
    last: int


class Trial(NamedTuple):
    """An organisation and all that one detector found in it."""

    organisation: Organisation
    findings: Sequence[Finding]


@dataclass(frozen=True)
class Score:
    """Counts over one or more trials; `stories` says under which story each false alert stands."""

    findings: int
    matched: int
    incidents: int
    found: int
    key_days: float
    delay_slots: int
    by_factor: Mapping[float, tuple[int, int]]
    stories: Mapping[str, int]

    @property
    def precision(self) -> float:
        return self.matched / self.findings if self.findings else 0.0

    @property
    def recall(self) -> float:
        return self.found / self.incidents if self.incidents else 0.0

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    @property
    def false_per_1000_key_days(self) -> float:
        return 1000 * (self.findings - self.matched) / self.key_days

    @property
    def mean_delay_slots(self) -> float:
        return self.delay_slots / self.found if self.found else 0.0

    @property
    def hard_negatives(self) -> int:
        """Count the findings that fell for an innocent story."""
        return sum(count for story, count in self.stories.items() if not story.startswith("("))


def score(trials: Iterable[Trial], kinds: Sequence[str]) -> Score:
    """Compare the findings of these kinds with the incidents of the same kinds, kind by kind, all trials together."""
    verdicts = [_judged(trial, kind) for trial in trials for kind in kinds]
    key_days = sum(verdict.key_days for verdict in verdicts) / len(kinds)
    by_factor: dict[float, tuple[int, int]] = {}
    for verdict in verdicts:
        for factor, (found, of) in verdict.by_factor.items():
            before = by_factor.get(factor, (0, 0))
            by_factor[factor] = (before[0] + found, before[1] + of)
    return Score(
        findings=sum(verdict.findings for verdict in verdicts),
        matched=sum(verdict.matched for verdict in verdicts),
        incidents=sum(verdict.incidents for verdict in verdicts),
        found=sum(verdict.found for verdict in verdicts),
        key_days=key_days,
        delay_slots=sum(verdict.delay_slots for verdict in verdicts),
        by_factor=dict(sorted(by_factor.items())),
        stories=sum((Counter(verdict.stories) for verdict in verdicts), Counter[str]()),
    )


def merged(organisation: Organisation, kind: str, flags: Mapping[str, set[int]]) -> list[Finding]:
    """Make one finding of each run of flagged slots of a key; unobserved slots do not interrupt a run."""
    return [
        Finding(key_id, kind, run[0], run[-1])
        for key_id, slots in flags.items()
        for run in _runs(sorted(slots), organisation.unobserved)
    ]


def false_alerts(trial: Trial, kind: str) -> list[tuple[Finding, str]]:
    """List the findings that match no incident, each with its story."""
    truth = _labels_by_key(trial.organisation)
    return [
        (finding, _story(finding, truth.get(finding.key_id, ()), trial.organisation.unobserved))
        for finding in _scored(trial, kind)
        if not any(_tells_of(finding, label, kind) for label in truth.get(finding.key_id, ()))
    ]


def missed(trial: Trial, kind: str) -> list[Label]:
    """List the incidents that no finding tells of."""
    findings = _scored(trial, kind)
    return [
        label
        for label in _incidents(trial, kind)
        if not any(finding.key_id == label.key_id and _tells_of(finding, label, kind) for finding in findings)
    ]


def _judged(trial: Trial, kind: str) -> Score:
    findings, incidents = _scored(trial, kind), _incidents(trial, kind)
    false, lost = false_alerts(trial, kind), set(missed(trial, kind))
    found = [label for label in incidents if label not in lost]
    delays = [
        min(
            max(0, finding.first - label.first)
            for finding in findings
            if finding.key_id == label.key_id and _tells_of(finding, label, kind)
        )
        for label in found
    ]
    shape = trial.organisation.shape
    factors = sorted({label.factor for label in incidents}) if kind == "spike" else []
    return Score(
        findings=len(findings),
        matched=len(findings) - len(false),
        incidents=len(incidents),
        found=len(found),
        key_days=len(trial.organisation.keys) * shape.scored_days,
        delay_slots=sum(delays),
        by_factor={
            each: (sum(label.factor == each for label in found), sum(label.factor == each for label in incidents))
            for each in factors
        },
        stories=Counter(story for _, story in false),
    )


def _scored(trial: Trial, kind: str) -> list[Finding]:
    first = trial.organisation.shape.first_scored
    return [finding for finding in trial.findings if finding.kind == kind and finding.last >= first]


def _incidents(trial: Trial, kind: str) -> list[Label]:
    first = trial.organisation.shape.first_scored
    return [label for label in trial.organisation.labels if label.kind == kind and label.first >= first]


def _labels_by_key(organisation: Organisation) -> dict[str, list[Label]]:
    labels: dict[str, list[Label]] = {}
    for label in organisation.labels:
        labels.setdefault(label.key_id, []).append(label)
    return labels


def _tells_of(finding: Finding, label: Label, kind: str) -> bool:
    return label.kind == kind and _overlap(finding, label)


def _overlap(finding: Finding, label: Label) -> bool:
    return finding.first <= label.last + SLACK_SLOTS and finding.last >= label.first


def _story(finding: Finding, labels: Iterable[Label], unobserved: frozenset[int]) -> str:
    told = [label for label in labels if _overlap(finding, label)]
    if innocent := [label.kind for label in told if label.innocent]:
        return innocent[0]
    if unobserved.intersection(range(finding.first, finding.last + 1)):
        return UNOBSERVED
    return f"({told[0].kind})" if told else UNTOLD


def _runs(slots: Sequence[int], unobserved: frozenset[int]) -> list[list[int]]:
    runs: list[list[int]] = []
    for slot in slots:
        if runs and unobserved.issuperset(range(runs[-1][-1] + 1, slot)):
            runs[-1].append(slot)
        else:
            runs.append([slot])
    return runs
