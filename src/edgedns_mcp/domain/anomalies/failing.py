"""Error bursts: buckets in which a key's requests failed as they never did, while the rest of its team was well."""

from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from edgedns_mcp.domain.anomalies.roll import Roll
from edgedns_mcp.domain.anomalies.tails import at_least
from edgedns_mcp.domain.anomalies.watched import Watched

ENOUGH_REQUESTS, ENOUGH_DAYS, WINDOW_DAYS = 20, 14, 84
LEAST_EXCESS, LEAST_SHARE = 8, 0.05
RATIO, POINTS = 5.0, 0.2  # times the usual share, or so much more of all requests
ABOVE_RECORD = 1.5
RARE = 1e-6
SCATTER = (0.05, 0.5)
LOWEST_SHARE = 0.001
FEWEST_PEERS, PEERS, TEAM_RATIO, ALIKE = 2, 8, 1.8, 0.01


class Failing(NamedTuple):
    """What share of a key's requests usually fails, the highest of a bucket, and how much the share scatters."""

    share: float
    record: float
    scatter: float
    team: float = 1.0  # how many times the usual the rest of the team failed


class Errors:
    """Looks for error bursts; what it learns of a key it learns once."""

    def __init__(self, keys: Roll) -> None:
        self._keys = keys
        self._learnt: dict[tuple[str, int], Failing | None] = {}

    def bursts(self, key: Watched, first: int, end: int) -> list[tuple[int, Failing]]:
        """List the buckets in which requests failed as they never did before the burst; two weeks of them at most."""
        found: list[tuple[int, Failing]] = []
        begun, last = 0, -2
        for at in range(max(first, key.born), end):
            begun = begun if at == last + 1 and at - begun < ENOUGH_DAYS * key.calendar.per_day else at
            if failing := self._burst(key, at, begun):
                found.append((at, failing))
                last = at
        return found

    def is_news(self, key: Watched, first: int, end: int) -> bool:
        """Tell whether `bursts` may list a bucket from `first` on, wherever it begins; sooner than it lists them."""
        if first and _fails(key, first - 1) and _fails(key, first):
            return True
        return any(self._burst(key, at, at) for at in range(max(first, key.born), end))

    def usual(self, key: Watched, at: int) -> Failing | None:
        """Learn what share of a key's requests failed before a bucket; nothing where it made too few."""
        place = key.key_id, at
        if place not in self._learnt:
            self._learnt[place] = _usual(key, at)
        return self._learnt[place]

    def has_enough(self, key: Watched, at: int) -> bool:
        """Tell whether a key made enough requests before a bucket for `usual` to be learnt."""
        if key.planned:
            return self.usual(key, at) is not None
        return makes_enough([count or 0 for count in key.counts], at, key.calendar.per_day)

    def _burst(self, key: Watched, at: int, begun: int) -> Failing | None:
        requests, errors = key.counts[at], key.errors[at]
        if not requests or not errors or at in key.planned or not _fails(key, at):
            return None
        usual = self.usual(key, begun) if _is_record(key, begun, errors / requests) else None
        if usual is None or not _is_more(usual, requests, errors):
            return None
        if at_least(errors, usual.share * requests, usual.scatter) >= RARE:
            return None
        team = self._team(key, at)
        return None if team >= TEAM_RATIO else usual._replace(team=team)

    def _team(self, key: Watched, at: int) -> float:
        """Tell how many times the usual the other keys of the team failed: an outage is nobody's own."""
        ratios: list[float] = []
        for key_id in self._keys.teams[key.team]:
            requests = self._keys.requests[key_id][at]
            other = self._keys[key_id] if requests >= ENOUGH_REQUESTS and key_id != key.key_id else None
            usual = self.usual(other, at) if other and at not in other.planned else None
            if other and usual:
                ratios.append(((other.errors[at] or 0) / requests + ALIKE) / (usual.share + ALIKE))
        if len(ratios) < FEWEST_PEERS:
            return 1.0
        return median(ratios) if len(ratios) >= PEERS else sorted(ratios)[(len(ratios) - 1) // 3]


def makes_enough(counts: Sequence[int], at: int, per_day: int) -> bool:
    """Tell whether enough requests were made before a bucket for a share of them to be usual."""
    first = max(at - WINDOW_DAYS * per_day, 0)
    return len([count for count in counts[first:at] if count >= ENOUGH_REQUESTS]) >= ENOUGH_DAYS


def _fails(key: Watched, at: int) -> bool:
    """Tell whether enough requests failed for a burst, whatever is usual."""
    requests, errors = key.counts[at] or 0, key.errors[at] or 0
    return requests >= ENOUGH_REQUESTS and errors >= max(LEAST_EXCESS, LEAST_SHARE * requests)


def _is_record(key: Watched, begun: int, share: float) -> bool:
    """Tell whether such a share of requests failed in no bucket before; sooner told than what is usual."""
    first = max(begun - WINDOW_DAYS * key.calendar.per_day, 0)
    rows = zip(key.counts[first:begun], key.errors[first:begun], strict=True)
    near = [  # most buckets have no error
        at
        for at, (requests, errors) in enumerate(rows, first)
        if errors and requests and requests >= ENOUGH_REQUESTS and share <= ABOVE_RECORD * (errors / requests)
    ]
    return key.planned.issuperset(near)


def _is_more(usual: Failing, requests: int, errors: int) -> bool:
    share = errors / requests
    return (
        errors - usual.share * requests >= LEAST_EXCESS
        and share >= min(RATIO * usual.share, usual.share + POINTS)
        and share - usual.share >= LEAST_SHARE
    )


def _usual(key: Watched, at: int) -> Failing | None:
    first = max(at - WINDOW_DAYS * key.calendar.per_day, 0)
    counts, errors = key.counts[first:at], key.errors[first:at]
    if key.planned:
        counts = [None if bucket in key.planned else count for bucket, count in enumerate(counts, first)]
    pairs = zip(counts, errors, strict=True)
    seen = [(requests, wrong or 0) for requests, wrong in pairs if requests and requests >= ENOUGH_REQUESTS]
    if len(seen) < ENOUGH_DAYS:
        return None
    made, wrongs = zip(*seen, strict=True)
    shares = [wrong / requests for requests, wrong in seen]
    share = max((2 * median(shares) + sum(wrongs) / sum(made)) / 3, LOWEST_SHARE)
    expected = [share * requests for requests in made]
    above = sum([(far := wrong - mean) * far - mean for wrong, mean in zip(wrongs, expected, strict=True)])
    below = sum([mean * mean for mean in expected])
    return Failing(share, max(shares), min(max(above / below, SCATTER[0]), SCATTER[1]))
