"""One incident, one finding: buckets that belong together are joined, and so are the kinds that tell of one story."""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from math import log2, log10
from typing import NamedTuple, TypeAlias, get_args

from edgedns_mcp.domain.anomalies.dormancy import NEWS_DAYS, Silence, Sleep
from edgedns_mcp.domain.anomalies.failing import Failing
from edgedns_mcp.domain.anomalies.misplaced import STANDING_DAYS, Misplaced, declared
from edgedns_mcp.domain.anomalies.spikes import Trial
from edgedns_mcp.models import FindingKind, Key, Severity, SeverityTable

Kind: TypeAlias = FindingKind
KINDS: tuple[Kind, ...] = get_args(FindingKind)
OF_KEYS: tuple[Kind, ...] = tuple(kind for kind in KINDS if kind != "budget")  # what a key's own figures show
SEVERITIES: tuple[Severity, ...] = get_args(Severity)

QUIET_BUCKETS = 1  # between two buckets of one incident
REPEAT_DAYS, WORSE = 7, 1.5  # an incident is told again after so long, or if it is so many times worse
WAKING_DAYS = 4  # what a key that woke does is the story of its waking
TOGETHER = 1  # buckets between the beginnings of two kinds that tell of one story


class Incident(NamedTuple):
    """What happened to a key from one bucket to another; of the evidence only what its kind has is there."""

    key_id: str
    kind: Kind
    first: int
    last: int
    peak: int  # the bucket that the evidence is of
    size: float = 0.0  # how bad it is, among incidents of its kind
    trial: Trial | None = None
    failing: Failing | None = None
    sleep: Sleep | None = None
    silence: Silence | None = None
    misplaced: tuple[Misplaced, ...] = ()
    also: tuple[Kind, ...] = ()  # kinds that tell of the same story

    @property
    def news_until(self) -> int:
        """Give the last bucket in which it is news: a key that stopped for good is so for a week."""
        return min(self.last, self.first + NEWS_DAYS - 1) if self.kind == "silence" else self.last


def joined(flagged: Iterable[Incident], per_day: int) -> list[Incident]:
    """Join the buckets of one key and kind, the earliest first, into incidents."""
    found: list[Incident] = []
    for one in flagged:
        if found and _goes_on(found[-1], one, per_day):
            found[-1] = _with(found[-1], one)
        else:
            found.append(one)
    return found


def told_once(incidents: Sequence[Incident], per_day: int) -> list[Incident]:
    """Leave out of a key's incidents those that another one tells of, and say so in that one."""
    left = list(incidents)
    for keeper, others, together in _STORIES:
        for one in [incident for incident in left if incident.kind == keeper]:
            same = [other for other in left if other.kind in others and together(one, other, per_day)]
            if same:
                left = [other for other in left if other not in same and other is not one]
                kinds = dict.fromkeys((*one.also, *(other.kind for other in same)))
                left.append(one._replace(also=tuple(kinds), trial=one.trial or same[0].trial))
    return sorted(left, key=lambda one: (one.first, KINDS.index(one.kind)))


def finding_id(key_id: str, kind: Kind, start: int) -> str:
    """Name an incident: the same key, kind and beginning have the same name, whenever and by whomever asked."""
    return sha256(f"{key_id}\0{kind}\0{start}".encode()).hexdigest()[:10]


def _goes_on(before: Incident, one: Incident, per_day: int) -> bool:
    quiet = one.first - before.last - 1
    if one.kind == "environment":
        return quiet < STANDING_DAYS * per_day
    if quiet <= QUIET_BUCKETS:
        return True
    again = REPEAT_DAYS if per_day == 1 else per_day
    return quiet < again and one.size < WORSE * before.size


def _with(before: Incident, one: Incident) -> Incident:
    worst = max(before, one, key=lambda incident: incident.size)
    return worst._replace(first=before.first, last=one.last, misplaced=(*before.misplaced, *one.misplaced))


def _begin_together(one: Incident, other: Incident, per_day: int) -> bool:
    del per_day
    return abs(one.first - other.first) <= TOGETHER


def _while_waking(one: Incident, other: Incident, per_day: int) -> bool:
    return -TOGETHER <= other.first - one.first <= WAKING_DAYS * per_day


def _explains(one: Incident, other: Incident, per_day: int) -> bool:
    """Tell whether requests in the wrong environment are what a spike consists of."""
    if not other.trial or not _begin_together(one, other, per_day):
        return False
    return sum(each.requests for each in one.misplaced) * WORSE >= other.trial.requests - other.trial.mean


# Who keeps a story, which kinds it takes in, and when they are one.
_STORIES: tuple[tuple[Kind, tuple[Kind, ...], Callable[[Incident, Incident, int], bool]], ...] = (
    ("dormant", ("spike", "error_burst", "endpoint_shift"), _while_waking),
    ("environment", ("spike",), _explains),
    ("spike", ("error_burst", "endpoint_shift"), _begin_together),
    ("endpoint_shift", ("error_burst",), _begin_together),
)


LONG_SLEEP_DAYS = 90


def severity(incident: Incident, table: SeverityTable, *, live: bool) -> Severity:
    """Weigh how many times the usual, how many requests, and what makes it worse."""
    points = table.kind[incident.kind]
    if incident.trial:
        usual = incident.trial.record if incident.trial.is_young else incident.trial.mean
        mean = max(usual, 1.0)
        points += log2(max(incident.trial.requests / mean, 1)) + log10(max(incident.trial.requests - mean, 1))
    else:
        points += log10(max(incident.size, 1))
    points += table.live * live
    points += table.errors * ("error_burst" in (incident.kind, *incident.also))
    points += table.long_sleep * bool(incident.sleep and incident.sleep.quiet_days >= LONG_SLEEP_DAYS)
    return SEVERITIES[sum(points >= bar for bar in table.bars)]


def is_live(incident: Incident, key: Key) -> bool:
    """Tell whether it happened in live: where the key was seen, if that is what is wrong, else where it belongs."""
    if incident.kind == "environment":
        return any(one.environment == "live" for one in incident.misplaced)
    return declared(key) == "live"
