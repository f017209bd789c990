"""Weeks of true requests, seen only through EdgeDNS's counters: no answer of the service says more than is true."""

import random
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from asking import KEY
from fake_edgedns import Response, a_body, fake_edgedns, ok
from pydantic import SecretStr

from edgedns_mcp.domain.periods import billing_period
from edgedns_mcp.errors import NoDataError, QuestionError, UsageError
from edgedns_mcp.models import GroupBy, KeyQuery, KeyReport, KeyRow, UsageQuery, UsageReport
from edgedns_mcp.service.desk import Desk
from edgedns_mcp.service.key import key_details
from edgedns_mcp.service.usage import usage_by_key
from edgedns_mcp.sources.book import Book
from edgedns_mcp.sources.edgedns import EdgeDnsSource, client
from edgedns_mcp.sources.recorded import RecordedSource
from edgedns_mcp.store.database import Database

HOUR, DAY, HOUR_S = timedelta(hours=1), timedelta(days=1), 3600
NOW_AT_ONCE = timedelta()
HISTORY = datetime(2026, 9, 24, tzinfo=UTC)
FIRST = datetime(2026, 10, 18, tzinfo=UTC)
BOUNDARY = datetime(2026, 11, 1, tzinfo=UTC)
LAST = FIRST + 35 * DAY
PATHS = ("/v1/domain/resolve", "/v1/domain/whois", "/v1/security/mx")
NAMES = {
    "key_shop": "checkout-api", "key_bill": "billing-sync", "key_test": "search-test", "key_night": "nightly-report",
    "key_rare": "ops-console", "key_left": "partner-old", "key_idle": "billing-spare",
}  # fmt: skip
PER_HOUR = {"key_shop": 9, "key_bill": 4, "key_test": 2, "key_night": 12, "key_rare": 0.06, "key_left": 5}
NIGHT = range(1, 4)
Moments = list[int]
Seconds = tuple[int, int]


def seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def moment(epoch_s: int) -> datetime:
    return datetime.fromtimestamp(epoch_s, UTC)


def counted(moments: Moments, span: Seconds) -> int:
    return max(bisect_left(moments, span[1]) - bisect_left(moments, span[0]), 0)


@cache
def happened(seed: int = 7) -> dict[tuple[str, str], Moments]:
    """Give the moments of the requests per key and endpoint; those that failed stand under the endpoint "errors"."""
    dice, found = random.Random(seed), {(key, part): [] for key in NAMES for part in (*PATHS, "errors")}
    for hour in range(seconds(HISTORY) // HOUR_S, seconds(LAST) // HOUR_S):
        for key, rate in PER_HOUR.items():
            awake = (hour % 24 in NIGHT) if key == "key_night" else True
            mean = awake * rate * (1.7 if 8 <= hour % 24 < 20 else 0.4 if key != "key_night" else 1)
            for _ in range(int(mean * 2 * dice.random() + dice.random())):
                at, path = hour * HOUR_S + dice.randrange(HOUR_S), dice.choice(PATHS)
                found[key, path].append(at)
                if dice.random() < 0.1:
                    found[key, "errors"].append(at)
    return {pair: sorted(moments) for pair, moments in found.items()}


@dataclass
class World:
    """What truly happened, and how EdgeDNS counts it."""

    counts_since: Callable[[datetime], datetime]
    revoked: dict[str, datetime] = field(default_factory=dict)
    hidden: dict[str, tuple[datetime, datetime]] = field(default_factory=dict)  # a listing that flaps
    renamed: dict[str, tuple[datetime, str]] = field(default_factory=dict)
    corrected: dict[str, tuple[datetime, int]] = field(default_factory=dict)
    states_window: bool = False
    bodies: list[tuple[datetime, dict[str, dict[str, Any]]]] = field(default_factory=list)

    def count(self, key: str, span: Seconds, *parts: str) -> int:
        start, end = span
        end = min(end, seconds(self.revoked[key])) if key in self.revoked else end
        return sum(counted(happened()[key, part], (start, end)) for part in parts or PATHS)

    def last(self, key: str, before: int) -> int | None:
        before = min(before, seconds(self.revoked[key])) if key in self.revoked else before
        found = [moments[at - 1] for part in PATHS if (at := bisect_left(moments := happened()[key, part], before))]
        return max(found, default=None)

    def listed(self, now: datetime) -> list[str]:
        gone = {key for key, at in self.revoked.items() if at <= now}
        return [key for key in NAMES if key not in gone | {key for key, (a, b) in self.hidden.items() if a <= now < b}]

    def name(self, key: str, now: datetime) -> str:
        at, name = self.renamed.get(key, (now + DAY, ""))
        return name if at <= now else NAMES[key]

    def row(self, key: str, now: datetime) -> dict[str, Any]:
        since = self.counts_since(now)
        span = (seconds(since), seconds(now))
        paths = {path: self.count(key, span, path) for path in PATHS}
        at, less = self.corrected.get(key, (now + DAY, 0))
        if since < at <= now:
            paths[PATHS[0]] -= less
        last = self.last(key, span[1])
        return {
            "key_id": key,
            "name": self.name(key, now),
            "environment": "test" if "test" in NAMES[key] else "live",
            "request_count": sum(paths.values()),
            "endpoint_distribution": {path: count for path, count in paths.items() if count},
            "error_count": self.count(key, span, "errors"),
            "last_activity": last and moment(last).isoformat(),
        }

    def body(self, now: datetime) -> dict[str, Any]:
        rows = [self.row(key, now) for key in self.listed(now)]
        self.bodies.append((now, {str(row["key_id"]): row for row in rows}))
        since = self.counts_since(now)
        dates = {"period_start": since.isoformat(), "period_end": (since + 30 * DAY).isoformat()}
        return a_body(*rows, **(dates if self.states_window else {}))


def month_of(now: datetime) -> datetime:
    return billing_period(now, ZoneInfo("UTC"), 1)[0]


def late(now: datetime) -> datetime:
    reset = BOUNDARY + 5 * HOUR
    return reset if now >= reset else month_of(BOUNDARY - HOUR)


def rolling_days(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0) - 30 * DAY


def rolling(now: datetime) -> datetime:
    return now - 30 * DAY


def every(step: timedelta, first: datetime = FIRST, last: datetime = LAST) -> list[datetime]:
    return [first + number * step for number in range((last - first) // step)]


def uneven(
    seed: int, first: datetime = FIRST + timedelta(hours=9, minutes=30), last: datetime = LAST
) -> list[datetime]:
    dice, moments = random.Random(seed), [first]
    while moments[-1] < last - 6 * HOUR:
        step = dice.choice((3, 4, 5, 6)) * HOUR + dice.choice((0, 0, dice.randrange(3600))) * timedelta(seconds=1)
        moments.append(moments[-1] + step)
        if dice.random() < 0.05:
            moments.append(moments[-1] + timedelta(seconds=dice.randrange(1, 900)))
    return moments


def without(moments: list[datetime], start: datetime, end: datetime) -> list[datetime]:
    return [moment for moment in moments if not start <= moment < end]


@dataclass
class Kinds:
    """What kinds of answers were given, and what was wrong with them."""

    answers: Counter[str] = field(default_factory=Counter)
    whole_days: Counter[str] = field(default_factory=Counter)
    wrong: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def note(self, kind: str, *, whole_days: bool) -> None:
        self.answers[kind] += 1
        self.whole_days[kind] += whole_days

    def share_exact(self) -> float:
        return self.whole_days["exact"] / self.whole_days.total()


@dataclass
class Asking:
    """One question, and the window that it is about."""

    period: str = ""
    start: datetime | None = None
    end: datetime | None = None
    is_explicit: bool = False

    def words(self) -> dict[str, str]:
        if not self.is_explicit:
            return {"period": self.period}
        return {"start": f"{self.start:%Y-%m-%dT%H:%MZ}", "end": f"{self.end:%Y-%m-%dT%H:%MZ}"}

    def named(self) -> str:
        return " until ".join(self.words().values())

    def is_inside(self, world: World, now: datetime) -> bool:
        """Tell whether the whole window lies between the first and the last reading."""
        if not (self.start and self.end):
            return self.period == "current"
        return len(world.bodies) > 1 and world.bodies[0][0] <= self.start < self.end <= min(world.bodies[-1][0], now)

    @property
    def is_counter(self) -> bool:
        return self.period in ("current", "previous")

    @property
    def whole_days(self) -> bool:
        return all(moment and moment.hour == 0 for moment in (self.start, self.end))


def questions(now: datetime) -> list[Asking]:
    hour, today = now.replace(minute=0, second=0), now.replace(hour=0, minute=0, second=0)
    month, before = today.replace(day=1), (today.replace(day=1) - DAY).replace(day=1)
    next_month = (month + 31 * DAY).replace(day=1)
    first, last = today - 9 * DAY, today - 5 * DAY
    return [
        Asking("current"),
        Asking("previous"),
        Asking("today", today, hour),
        Asking("yesterday", today - DAY, today),
        Asking("24h", hour - DAY, hour),
        Asking("7d", hour - 7 * DAY, hour),
        Asking("30d", hour - 30 * DAY, hour),
        *[Asking(f"{day:%Y-%m-%d}", day, day + DAY) for day in (today - back * DAY for back in (2, 5, 8))],
        Asking(f"{first:%Y-%m-%d}..{last:%Y-%m-%d}", first, last + DAY),
        Asking(f"{month:%Y-%m}", month, next_month),
        Asking(f"{before:%Y-%m}", before, month),
        Asking("", today - 5 * DAY + 13 * HOUR, today - 2 * DAY + 4 * HOUR, is_explicit=True),
        Asking("", hour - 31 * HOUR, hour - 7 * HOUR, is_explicit=True),
        Asking("", hour - 3 * HOUR, hour - 2 * HOUR, is_explicit=True),
        Asking("", FIRST - 10 * DAY, FIRST - 5 * DAY, is_explicit=True),
        Asking("", FIRST - 2 * DAY, FIRST + DAY, is_explicit=True),
        Asking("", hour + 48 * HOUR, hour + 72 * HOUR, is_explicit=True),
        Asking("", hour - 48 * HOUR, hour + 24 * HOUR, is_explicit=True),
    ]


class Judge:
    """Compares answers with the truth; what is wrong is kept by its kind."""

    def __init__(self, world: World, desk: Desk, kinds: Kinds) -> None:
        self.world, self.desk, self.kinds = world, desk, kinds
        self.said = ""
        self.heard = 0

    async def hear(self) -> None:
        for number, asking in enumerate(questions(self.desk.now()), self.heard):
            await self._judged(asking, "key")
            await self._judged(asking, ("team", "endpoint")[number % 2])
            await self._judged_key(asking, ("key_shop", "key_left", "key_rare")[number % 3])
        self.heard += 1

    async def _judged(self, asking: Asking, by: GroupBy) -> None:
        query = UsageQuery(**asking.words(), group_by=by, limit=100, top_endpoints=50)
        self.said = f"at {self.desk.now():%m-%d %H:%M:%S} {asking.named()} by {by}"
        try:
            answer = await usage_by_key(self.desk, query)
        except UsageError as exc:
            return self._refused(asking, exc, by)
        if asking.is_counter:
            return self._is_counter(answer, asking.period) if by == "key" else None
        if by == "key":
            self._kind(answer, asking)
        span = self._covered(answer, asking)
        {"key": self._by_key, "team": self._by_team, "endpoint": self._by_endpoint}[by](answer, span)
        return self._sums(answer, span)

    async def _judged_key(self, asking: Asking, key: str) -> None:
        self.said = f"at {self.desk.now():%m-%d %H:%M:%S} {asking.named()} of {key}"
        try:
            answer = await key_details(self.desk, KeyQuery(**asking.words(), key=key, top_endpoints=50))
        except UsageError as exc:
            return self._refused(asking, exc)
        return None if asking.is_counter else self._detail(answer, self._covered(answer, asking))

    def _expect(self, kind: str, holds: object, *what: object) -> None:
        if not holds:
            self.kinds.wrong[kind].append(f"{self.said}: {' '.join(map(str, what))}")

    def _refused(self, asking: Asking, exc: UsageError, by: str = "") -> None:
        if by == "key":
            self.kinds.note("refused", whole_days=asking.whole_days)
        self._expect("refused in words", isinstance(exc, NoDataError | QuestionError) and str(exc).endswith("."), exc)
        self._expect("refused without need", not asking.is_inside(self.world, self.desk.now()), exc)

    def _kind(self, answer: UsageReport, asking: Asking) -> None:
        bounds = answer.bounds
        kind = "exact" if bounds is None else "at_least" if bounds.request_count_max is None else "between"
        self.kinds.note(kind, whole_days=asking.whole_days)

    def _covered(self, answer: UsageReport | KeyReport, asking: Asking) -> Seconds:
        """Give the part of the window that the answer claims."""
        self._expect("window", (answer.window_start, answer.window_end) == (asking.start, asking.end))
        assert None not in (answer.window_start, answer.window_end, answer.data_from, answer.data_to), self.said
        start, end = max(answer.window_start, answer.data_from), min(answer.window_end, answer.data_to)
        whole = (start, end) == (answer.window_start, answer.window_end)
        self._expect("complete", answer.complete is whole, answer.complete, "but figures reach", start, end)
        wary = any(words in answer.summary.lower() for words in ("at least", "between", "is not exact"))
        self._expect("words", wary or not answer.bounds, answer.summary)
        return seconds(start), seconds(end)

    def _by_key(self, answer: UsageReport, span: Seconds) -> None:
        for row in answer.keys:
            self._figure("requests", answer, row.key_id, row.request_count, self.world.count(row.key_id, span))
            self._row(answer, row, span)

    def _by_team(self, answer: UsageReport, span: Seconds) -> None:
        teams = {key: self.world.name(key, self.desk.now()).split("-")[0] for key in self._active(answer)}
        for row in answer.groups:
            true = sum(self.world.count(key, span) for key, team in teams.items() if team == row.name)
            self._figure("teams", answer, row.name, row.request_count, true)

    def _by_endpoint(self, answer: UsageReport, span: Seconds) -> None:
        for row in answer.groups:
            true = sum(self.world.count(key, span, row.name) for key in self._active(answer))
            self._figure("endpoints", answer, row.name, row.request_count, true)

    def _active(self, answer: UsageReport | KeyReport) -> list[str]:
        """List the keys of the last reading."""
        return list([body for at, body in self.world.bodies if at <= answer.now][-1])

    def _sums(self, answer: UsageReport, span: Seconds) -> None:
        active = self._active(answer)
        said, true = answer.totals.request_count, sum(self.world.count(key, span) for key in active)
        most = answer.bounds.request_count_max if answer.bounds else said
        self._expect("totals", said <= true and (most is None or true <= most), said, "to", most, "true", true)
        left = sum(self.world.count(key, span) for key in NAMES if key not in active)
        self._expect("unattributed", answer.unattributed is not None, "is not told")
        said = answer.unattributed.request_count if answer.unattributed else 0
        self._expect("unattributed", said <= left if answer.bounds else said == left, said, "true", left)

    def _detail(self, answer: KeyReport, span: Seconds) -> None:
        (row,) = answer.keys
        self._figure("requests", answer, row.key_id, row.request_count, self.world.count(row.key_id, span))
        self._row(answer, row, span)
        failed = self.world.count(row.key_id, span, "errors")
        self._expect("words", not failed or "none failed" not in answer.summary, answer.summary, "true", failed)
        said, true = answer.total_request_count, sum(self.world.count(key, span) for key in self._active(answer))
        self._expect("total of all keys", said <= true if answer.bounds else said == true, said, "true", true)

    def _figure(self, kind: str, answer: UsageReport | KeyReport, name: str, *counts: int) -> None:
        (said, true), rows = counts, answer.bounds.rows if answer.bounds else {}
        most = rows.get(name, said)
        self._expect(kind, said <= true and (most is None or true <= most), name, said, "to", most, "true", true)

    def _row(self, answer: UsageReport | KeyReport, row: KeyRow, span: Seconds) -> None:
        key, errors = row.key_id, self.world.count(row.key_id, span, "errors")
        exact = answer.bounds is None or key not in answer.bounds.rows
        self._expect("errors", row.error_count == errors if exact else row.error_count <= errors, key, row, errors)
        last, said = self.world.last(key, span[1]), row.last_activity and seconds(row.last_activity)
        holds = said == last if exact and row.request_count else said is None or (last and said <= last)
        self._expect("last activity", holds, key, row.last_activity, "true", last and moment(last))
        for path, count in row.endpoint_distribution.items():
            true = self.world.count(key, span, path)
            self._expect("distribution", count == true if exact else count <= true, key, path, count, "true", true)

    def _is_counter(self, answer: UsageReport, period: str) -> None:
        began = month_of(self.desk.now())
        taken, last = [one for one in self.world.bodies if period == "current" or one[0] < began][-1]
        said = {row.key_id: (row.request_count, row.error_count, row.name) for row in answer.keys}
        true = {key: (row["request_count"], row["error_count"], row["name"]) for key, row in last.items()}
        self._expect(
            "counters", {one: said[one][:2] for one in said} == {one: true[one][:2] for one in true}, said, true
        )
        self._expect("counters", answer.data_to == taken, "read at", answer.data_to, "true", taken)


@asynccontextmanager
async def a_desk(world: World, clock: "Clock", path, *, looking_back: bool = False) -> AsyncGenerator[Desk]:
    def body() -> Iterator[bytes | float]:
        yield from ok(world.body(clock())).steps()

    async with fake_edgedns(Response(body)) as upstream:
        asked = EdgeDnsSource(client(upstream.url, SecretStr(KEY)), now=clock)
        zone = ZoneInfo("UTC")
        source = RecordedSource(
            None if looking_back else asked,
            Book(
                lambda: Database.open(path),
                str(path),
                SecretStr(KEY),
                boundaries=lambda at: billing_period(at, zone, 1),
            ),
            now=clock,
            billing=lambda at: billing_period(at, zone, 1),
            zone=zone,
            because="an API key is configured",
        )
        try:
            yield Desk(source, clock, zone, 1, deadline_s=60)
        finally:
            await source.aclose()
            await asked.aclose()


@dataclass
class Clock:
    now: datetime

    def __call__(self) -> datetime:
        return self.now


async def lived(world: World, path, moments: list[datetime], asked_at: list[datetime], *, twice: int = 0) -> Kinds:
    """Record at `moments` and ask at `asked_at`; every `twice`-th reading is taken by two recorders in one second."""
    kinds, clock = Kinds(), Clock(moments[0])
    async with a_desk(world, clock, path) as desk, a_desk(world, clock, path) as other:
        judge = Judge(world, desk, kinds)
        for number, moment in enumerate(sorted({*moments, *asked_at})):
            clock.now = moment
            if moment in moments:
                await desk.source.record(NOW_AT_ONCE)
            if twice and number % twice == 0:
                await other.source.record(NOW_AT_ONCE)
            if moment in asked_at:
                await judge.hear()
    return kinds


def some(moments: list[datetime], *days: int) -> list[datetime]:
    """Give a reading of each of these days since the first, and a moment at odd minutes after it."""
    chosen = [next(one for one in moments if one >= FIRST + day * DAY + timedelta(hours=day % 20)) for day in days]
    return [*chosen[::2], *(one + timedelta(minutes=47, seconds=11) for one in chosen[1::2])]


EVERY_6H, UNEVEN = every(6 * HOUR), uneven(3, FIRST + timedelta(days=5, hours=9, minutes=30), BOUNDARY + 12 * DAY)
NEAR_6H = every(6 * HOUR, BOUNDARY - 5 * DAY, BOUNDARY + 7 * DAY)
NEAR = uneven(5, BOUNDARY - 5.6 * DAY, BOUNDARY + 6 * DAY)
AT = datetime(2026, 11, 11, 10, 17, tzinfo=UTC)


def incidents(at: datetime = AT) -> dict[str, Any]:
    return {
        "revoked": {"key_left": at},
        "renamed": {"key_test": (at + DAY, "finder-test"), "key_bill": (at - DAY, "billing-engine")},
        "hidden": {"key_shop": (at + 2 * DAY, at + 2 * DAY + 5 * HOUR)},
    }


def corrected(at: datetime) -> dict[str, Any]:
    return {"corrected": {"key_night": (at, 3)}}  # at noon, when it sleeps


VARIANTS: dict[str, Callable[[], tuple[World, list[datetime]]]] = {
    "calm": lambda: (World(month_of), EVERY_6H),
    "uneven": lambda: (World(month_of), UNEVEN),
    "incidents": lambda: (World(month_of, **incidents()), EVERY_6H),
    "uneven incidents": lambda: (World(month_of, **incidents(BOUNDARY + 2.3 * DAY)), NEAR),
    "late incidents": lambda: (World(late, **incidents(BOUNDARY - 3.3 * DAY)), NEAR_6H),
    "hourly": lambda: (World(month_of), every(HOUR, BOUNDARY - 2 * DAY, BOUNDARY + 2 * DAY)),
    "rolling by the day": lambda: (World(rolling_days), NEAR),
    "a day without": lambda: (World(month_of), without(NEAR_6H, BOUNDARY + 4 * DAY, BOUNDARY + 5 * DAY)),
    "three days without": lambda: (World(month_of), without(NEAR_6H, BOUNDARY - 1.4 * DAY, BOUNDARY + 1.6 * DAY)),
    "late, three days without": lambda: (World(late), without(NEAR, BOUNDARY - 1.4 * DAY, BOUNDARY + 1.6 * DAY)),
    "a correction": lambda: (World(month_of, **corrected(BOUNDARY + 4.5 * DAY)), NEAR_6H),
    "an early correction": lambda: (World(month_of, **corrected(BOUNDARY - 3.5 * DAY)), NEAR_6H),
    "a stated month": lambda: (World(month_of, **incidents(BOUNDARY + 2.3 * DAY), states_window=True), NEAR),
    "a stated rolling window": lambda: (World(rolling_days, states_window=True), NEAR_6H),
}
EXACT_PERCENT = {
    "calm": 85,
    "incidents": 70,
    "hourly": 50,
    "late incidents": 40,
    "a day without": 60,
    "three days without": 40,
}


def asked_at(moments: list[datetime]) -> list[datetime]:
    """Give some of the readings' moments, and some at odd minutes after one."""
    few = moments[9 :: len(moments) // (4 if len(moments) > 120 else 2)]
    return [*few[::2], *(one + timedelta(minutes=47, seconds=11) for one in few[1::2]), moments[-1]]


@pytest.mark.parametrize("variant", VARIANTS)
async def test_no_answer_of_a_month_says_more_than_is_true(variant, tmp_path):
    world, moments = VARIANTS[variant]()
    kinds = await lived(world, tmp_path / "usage.db", moments, asked_at(moments), twice=7)
    refused, whole = kinds.answers.pop("refused"), kinds.whole_days
    assert {kind: (len(found), found[:2]) for kind, found in kinds.wrong.items()} == {}
    assert kinds.answers.total() >= refused
    assert whole["exact"] * 100 >= EXACT_PERCENT.get(variant, 0) * (whole.total() - whole["refused"])


async def answered(desk: Desk, period: str = "current", **words: Any) -> UsageReport:
    return await usage_by_key(desk, UsageQuery(period=period, top_endpoints=0, **words))


async def record_at(clock: Clock, *desks: Desk, moments: list[datetime]) -> None:
    for clock.now in moments:
        for desk in desks:
            await desk.source.record(NOW_AT_ONCE)


async def test_an_hour_of_which_recording_saw_the_end_only_is_not_called_complete(tmp_path):
    world, clock = World(month_of), Clock(FIRST)
    first = FIRST + timedelta(hours=9, minutes=30)
    async with a_desk(world, clock, tmp_path / "usage.db") as desk:
        await record_at(clock, desk, moments=[first, first + 0.5 * HOUR, first + 1.5 * HOUR, first + 2.5 * HOUR])
        answer = await answered(desk, start="2026-10-18T09:00Z", end="2026-10-18T12:00Z")
    true = world.count("key_shop", (seconds(FIRST + 9 * HOUR), seconds(FIRST + 12 * HOUR)))
    said = {row.key_id: row.request_count for row in answer.keys}["key_shop"]
    assert said < true
    assert answer.complete is False or answer.bounds
    assert "2026-10-18 09:30" in answer.summary


async def test_two_recorders_in_one_second_do_not_lose_what_a_revoked_key_used(tmp_path):
    at = BOUNDARY + 5 * DAY
    world, clock = World(month_of, revoked={"key_left": at + 90 * HOUR / 60}), Clock(FIRST)
    async with a_desk(world, clock, tmp_path / "usage.db") as one, a_desk(world, clock, tmp_path / "usage.db") as other:
        await record_at(clock, one, other, moments=[at, at + HOUR, at + 2 * HOUR])
        clock.now += timedelta(seconds=5)
        first, second = await answered(one), await answered(other)
    left = world.count("key_left", (seconds(BOUNDARY), seconds(at + HOUR)))
    assert [answer.unattributed and answer.unattributed.revoked for answer in (first, second)] == [left, left]


async def test_looking_back_shows_nothing_that_was_not_known_then(tmp_path):
    world, clock = World(month_of, **incidents(BOUNDARY - 3 * DAY)), Clock(FIRST)
    async with a_desk(world, clock, tmp_path / "usage.db") as desk:
        await record_at(clock, desk, moments=every(6 * HOUR, FIRST, BOUNDARY))
    then = FIRST + 4 * DAY
    clock.now = then
    async with a_desk(world, clock, tmp_path / "usage.db", looking_back=True) as desk:
        current, week = await answered(desk), await answered(desk, f"{then - DAY:%Y-%m-%d}..{then + 2 * DAY:%Y-%m-%d}")
        with pytest.raises(NoDataError):
            await answered(desk, f"{then + 2 * DAY:%Y-%m-%d}")
    assert {row.key_id: row.name for row in current.keys}["key_bill"] == NAMES["key_bill"]
    assert week.data_to == then
    assert week.totals.request_count == sum(world.count(key, (seconds(then - DAY), seconds(then))) for key in NAMES)


async def test_until_the_counter_of_a_month_starts_again_current_says_that_it_may_hold_the_month_before(tmp_path):
    world, clock = World(late), Clock(FIRST)
    async with a_desk(world, clock, tmp_path / "usage.db") as desk:
        await record_at(clock, desk, moments=every(6 * HOUR, BOUNDARY - DAY, BOUNDARY + HOUR))
        clock.now = BOUNDARY + 3 * HOUR
        answer = await answered(desk)
    said, true = (
        answer.totals.request_count,
        sum(world.count(key, (seconds(BOUNDARY), seconds(clock.now))) for key in NAMES),
    )
    assert said > 50 * true
    assert any("period before" in note or "not started again" in note for note in (answer.summary, *answer.notes))


async def test_the_day_on_which_a_key_was_revoked_is_not_told_as_exact(tmp_path):
    world, clock = World(month_of, revoked={"key_left": BOUNDARY + 4.2 * DAY}), Clock(FIRST)
    async with a_desk(world, clock, tmp_path / "usage.db") as desk:
        await record_at(clock, desk, moments=every(6 * HOUR, BOUNDARY + 2 * DAY, BOUNDARY + 8 * DAY))
        answer = await answered(desk, f"{BOUNDARY + 4 * DAY:%Y-%m-%d}")
        own = await key_details(desk, KeyQuery(key="key_left", period=f"{BOUNDARY + 4 * DAY:%Y-%m-%d}"))
    true = world.count("key_left", (seconds(BOUNDARY + 4 * DAY), seconds(BOUNDARY + 5 * DAY)))
    assert answer.unattributed.revoked < true
    assert answer.bounds
    assert "at least" in answer.summary
    assert own.keys[0].last_activity <= moment(world.last("key_left", seconds(clock.now)))


async def test_a_new_month_makes_no_request_of_an_idle_key_and_no_sure_endpoint(tmp_path):
    world, clock = World(month_of), Clock(FIRST)
    async with a_desk(world, clock, tmp_path / "usage.db") as desk:
        await record_at(clock, desk, moments=every(6 * HOUR, BOUNDARY - 2 * DAY, BOUNDARY + 2 * DAY))
        by_key = await answered(desk, f"{BOUNDARY - DAY:%Y-%m-%d}")
        by_path = await answered(desk, f"{BOUNDARY - DAY:%Y-%m-%d}", group_by="endpoint")
    span = (seconds(BOUNDARY - DAY), seconds(BOUNDARY))
    (path,) = [row for row in by_path.groups if row.name == PATHS[0]]
    assert path.request_count < sum(world.count(key, span, PATHS[0]) for key in NAMES)
    assert path.name in by_path.bounds.rows
    assert {row.key_id: row.last_activity for row in by_key.keys}["key_idle"] is None


async def test_in_the_first_hour_of_a_billing_period_current_is_answered(tmp_path):
    world, clock = World(month_of), Clock(FIRST)
    async with a_desk(world, clock, tmp_path / "usage.db") as desk:
        await record_at(clock, desk, moments=[BOUNDARY - HOUR, BOUNDARY + 0.5 * HOUR])
        answer = await answered(desk)
    true = sum(world.count(key, (seconds(BOUNDARY), seconds(clock.now))) for key in NAMES)
    assert answer.totals.request_count == true


async def test_where_the_endpoints_of_lost_requests_are_unknown_a_filter_by_endpoint_is_not_exact(tmp_path):
    world, clock = World(month_of), Clock(FIRST)
    async with a_desk(world, clock, tmp_path / "usage.db") as desk:
        await record_at(clock, desk, moments=every(6 * HOUR, BOUNDARY - 2 * DAY, BOUNDARY + 2 * DAY))
        answer = await answered(desk, f"{BOUNDARY - DAY:%Y-%m-%d}", endpoint="whois")
    span = (seconds(BOUNDARY - DAY), seconds(BOUNDARY))
    assert answer.totals.request_count < sum(world.count(key, span, PATHS[1]) for key in NAMES)
    assert answer.bounds
