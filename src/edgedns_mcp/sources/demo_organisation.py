"""The organisation behind the demo source: its keys and their hour cells, seeded, with planted incidents.

Everything follows from `now`'s UTC day: the noise of a key belongs to the absolute day, the stories to days from today.
`STORIES` is the known answer: which key does what, when, and whether that deserves a finding.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from math import exp, sqrt
from random import Random
from typing import NamedTuple

from edgedns_mcp.domain.cells import DAY_S, HOUR_S
from edgedns_mcp.models import Cell, Environment, Key

HISTORY_DAYS = 120


class Story(NamedTuple):
    """What `key_ids` do from day `first` to day `last`, both included and counted from today (0)."""

    kind: str
    key_ids: tuple[str, ...]
    first: int
    last: int
    innocent: bool
    what: str

    def covers(self, key_id: str, day: int) -> bool:
        """Tell whether the story is going on for this key on this day."""
        return self.first <= day <= self.last and key_id in self.key_ids


class _Habit(NamedTuple):
    """How a day's requests fall on hours (parts that sum to 1), weekdays (factors, Monday first) and by chance."""

    hours: tuple[float, ...]
    weekdays: tuple[float, ...]
    swing: float = 0.12


class _Plan(NamedTuple):
    """One key's identity and character; `daily` is its usual number of requests, `errors` their failing share."""

    key_id: str
    name: str
    environment: Environment
    team: str
    last_four: str
    age_days: int
    daily: int
    errors: float
    habit: _Habit
    paths: tuple[str, ...]


class _Day(NamedTuple):
    """What one key is about to do on one day, stories included."""

    plan: _Plan
    start: int
    offset: int
    environment: Environment
    volume: float
    paths: tuple[str, ...]


def _parts(*weights: int) -> tuple[float, ...]:
    return tuple(weight / sum(weights) for weight in weights)


def _percent(**percents: int) -> tuple[str, ...]:
    # A path repeated as often as its percentage says makes a random slot a weighted choice.
    return tuple(_PATHS[name] for name, percent in percents.items() for _ in range(percent))


_PATHS = {
    "propagation": "/v1/dns/propagation",
    "dnssec": "/v1/dns/dnssec",
    "hygiene": "/v1/dns/zone-hygiene",
    "whois": "/v1/domain/whois",
    "ssl": "/v1/domain/ssl",
    "chain": "/v1/domain/cert-chain",
    "ct": "/v1/domain/ct-monitor",
    "threat": "/v1/domain/threat",
    "shadow": "/v1/domain/shadow-domains",
    "reputation": "/v1/ip/reputation",
    "privacy": "/v1/ip/privacy",
    "geolocation": "/v1/ip/geolocation",
    "ip_whois": "/v1/ip/whois",
    "posture": "/v1/security/email-posture",
    "spf": "/v1/security/spf",
    "score": "/v1/score/security",
}
_FRAUD = _percent(reputation=55, geolocation=25, privacy=14, threat=6)
_BOTS = _percent(reputation=60, privacy=30, ip_whois=10)
_EMAIL = _percent(posture=50, spf=38, threat=12)
_CERTS = _percent(ssl=62, chain=26, ct=12)
_SELLERS = _percent(whois=48, threat=22, score=18, ssl=12)
_LEADS = _percent(whois=72, posture=28)
_SIGNUPS = _percent(posture=70, spf=28, whois=2)
_HARVEST = _percent(whois=94, posture=4, spf=2)
_DNS = _percent(propagation=64, dnssec=26, hygiene=10)
_ZONES = _percent(hygiene=70, dnssec=30)
_INTEL = _percent(threat=40, reputation=24, shadow=14, ct=10, ip_whois=8, score=4)

_EVERY_DAY = (1.0,) * 7
_STEADY = _Habit(_parts(*(1,) * 24), _EVERY_DAY)
_NIGHTLY = _Habit(_parts(0, 3, 5, 5, 3, 1, *(0,) * 18), _EVERY_DAY)
_MONDAYS = _Habit(_NIGHTLY.hours, (1.0, *(0.0,) * 6))
_OFFICE = _Habit(
    _parts(*(0,) * 7, 1, 3, 5, 6, 6, 4, 5, 6, 6, 5, 3, 1, *(0,) * 5), (1.0, 1.06, 1.08, 1.04, 0.9, 0.22, 0.18)
)
_BURSTY = _OFFICE._replace(swing=1.1)
_SHOPPERS = _Habit(
    _parts(2, 1, 1, 1, 1, 2, 3, 4, 5, 6, 6, 6, 6, 5, 5, 5, 6, 6, 7, 8, 8, 7, 5, 3),
    (0.95, 0.95, 0.97, 1.0, 1.1, 1.15, 1.05),
)

_PLANS = (
    _Plan("key_0b7d31", "checkout-api", "live", "storefront", "Qd7R", 610, 1150, 0.013, _SHOPPERS, _FRAUD),
    _Plan("key_1e52c8", "checkout-api", "test", "storefront", "m3Xa", 610, 130, 0.026, _NIGHTLY, _FRAUD),
    _Plan("key_25fa90", "cart-bots", "live", "storefront", "9KtV", 455, 1500, 0.011, _SHOPPERS, _BOTS),
    _Plan("key_2c08e4", "signup-email", "live", "storefront", "wZ41", 388, 520, 0.018, _SHOPPERS, _EMAIL),
    _Plan("key_33b6d7", "signup-email", "test", "storefront", "hB8u", 388, 110, 0.028, _NIGHTLY, _EMAIL),
    _Plan("key_3a91f5", "certificate-watch", "live", "storefront", "Ty2p", 290, 260, 0.010, _STEADY, _CERTS),
    _Plan("key_41d07e", "seller-vetting", "live", "storefront", "c6Lf", 233, 480, 0.022, _OFFICE, _SELLERS),
    _Plan("key_4f9a2c", "gift-cards", "live", "storefront", "J0sN", 171, 180, 0.015, _SHOPPERS, _FRAUD),
    _Plan("key_562be1", "payments-fraud", "live", "payments", "e5Gk", 702, 1900, 0.010, _SHOPPERS, _FRAUD),
    _Plan("key_5d83c6", "payments-fraud", "test", "payments", "P7yd", 702, 110, 0.025, _OFFICE, _FRAUD),
    _Plan("key_64e719", "settlement-batch", "live", "payments", "r1Mv", 540, 150, 0.012, _NIGHTLY, _SELLERS),
    _Plan("key_6b0f42", "dispute-enrichment", "live", "payments", "X9ac", 240, 0, 0.0, _STEADY, _SELLERS),
    _Plan("key_72c9a5", "newsletter-signup", "live", "growth", "4fWq", 326, 100, 0.015, _STEADY, _SIGNUPS),
    _Plan("key_79148d", "lead-enrichment", "live", "growth", "Ue3h", 265, 420, 0.020, _OFFICE, _LEADS),
    _Plan("key_80d6b3", "lead-enrichment", "test", "growth", "n8Ro", 265, 0, 0.0, _OFFICE, _LEADS),
    _Plan("key_875e0f", "campaign-research", "live", "growth", "S2jz", 198, 230, 0.024, _BURSTY, _LEADS),
    _Plan("key_8ea374", "uptime-probe", "live", "platform", "a6Cx", 830, 1400, 0.010, _STEADY, _DNS),
    _Plan("key_95f1d8", "rollout-check", "test", "platform", "F5tg", 214, 1650, 0.014, _STEADY, _DNS),
    _Plan("key_9c4b26", "zone-review", "live", "platform", "k0Eb", 477, 400, 0.012, _MONDAYS, _ZONES),
    _Plan("key_a387e9", "legacy-migrator", "live", "platform", "V3mi", 915, 60, 0.020, _STEADY, _DNS),
    _Plan("key_aad05c", "registrar-sync", "live", "platform", "y7Hs", 3, 0, 0.0, _STEADY, _DNS),
    _Plan("key_b16e93", "threat-feed", "live", "security", "D4wu", 569, 900, 0.017, _STEADY, _INTEL),
    _Plan("key_b8f24a", "phishing-desk", "live", "security", "o1Zn", 348, 12, 0.025, _OFFICE, _INTEL),
    _Plan("key_bf35d0", "brand-monitor", "live", "security", "G8qe", 421, 950, 0.016, _STEADY, _INTEL),
    _Plan("key_c6a918", "incident-response", "live", "security", "b2Lp", 403, 0, 0.0, _STEADY, _INTEL),
    _Plan("key_cd7e61", "vendor-risk", "live", "security", "R6vy", 12, 90, 0.021, _OFFICE, _SELLERS),
)

SURGE_TEAM = "storefront"
_SURGING = tuple(plan.key_id for plan in _PLANS if plan.team == SURGE_TEAM)
_UNUSED = tuple(plan.key_id for plan in _PLANS if not plan.daily)

LEAK = Story("leaked key", ("key_72c9a5",), -3, -2, False, "about 100 a day, then 10,000+, nearly all /v1/domain/whois")
SLEEP = Story("dormant key", ("key_a387e9",), -75, -3, True, "not one request for 73 days")
WAKING = Story("woken key", ("key_a387e9",), -2, 0, False, "back to its old 60 a day after the sleep")
MISPLACED = Story("test key in production", ("key_95f1d8",), -10, 0, False, "seen in live; 1,650 a day all along")
ERROR_BURST = Story("error burst", ("key_562be1",), -1, -1, False, "about 35 % errors from 10:00Z to 16:00Z")
MONTH_END = Story("month end", ("key_64e719",), -HISTORY_DAYS, 0, True, "x8 on the last two days of every month")
SURGE = Story("team surge", _SURGING, -9, -9, True, "every key of the storefront team x2.2 on one day")
GROWTH = Story("growth", ("key_79148d",), -HISTORY_DAYS, 0, True, "0.5 % more every day")
REVOKED = Story("revoked key", ("key_bf35d0",), -HISTORY_DAYS, 0, True, "950 a day until the last past 12th, 10:00Z")
YOUNG = Story("young key", ("key_cd7e61",), -12, 0, True, "created 12 days ago: too little history to judge")
NEVER_USED = Story("never used", _UNUSED, -HISTORY_DAYS, 0, True, "no request at all; one of the four is 3 days old")
STORIES = (LEAK, SLEEP, WAKING, MISPLACED, ERROR_BURST, MONTH_END, SURGE, GROWTH, REVOKED, YOUNG, NEVER_USED)

LEAK_FACTOR = 128.0
MONTH_END_FACTOR = 8.0
SURGE_FACTOR = 2.2
DAILY_GROWTH = 1.005
BURST_HOURS = range(10, 16)
BURST_ERRORS = 0.35
REVOCATION_DAY = 12
REVOCATION_HOUR = 10

LUMP = 30  # requests that share one endpoint within an hour, so that quiet hours make few cells
MAX_LUMPS = 6
UNIFORM_TO_SIGMA = sqrt(3)  # half the width of a uniform distribution whose standard deviation is 1


def keys(now: datetime) -> tuple[Key, ...]:
    """Give every key of the organisation, the revoked one included."""
    today = _midnight(now)
    return tuple(
        Key(
            key_id=plan.key_id,
            name=plan.name,
            environment=plan.environment,
            team=plan.team,
            last_four=plan.last_four,
            created_at=_created_at(plan, today),
            revoked_at=_revoked_at(plan, today),
        )
        for plan in _PLANS
    )


def cells(now: datetime) -> list[Cell]:
    """Give the hour cells of the last 120 days and of today's finished hours, sorted.

    A finished hour reads the same however late in the same UTC day it is asked for.
    """
    today = _midnight(now)
    return sorted(cell for plan in _PLANS if plan.daily for cell in _life(plan, today, now))


def _midnight(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _created_at(plan: _Plan, today: datetime) -> datetime:
    office_hours_s = 8 * HOUR_S + int(plan.key_id.removeprefix("key_"), 16) % (9 * HOUR_S)
    return today - timedelta(days=plan.age_days) + timedelta(seconds=office_hours_s)


def _revoked_at(plan: _Plan, today: datetime) -> datetime | None:
    if plan.key_id not in REVOKED.key_ids:
        return None
    month = today if today.day > REVOCATION_DAY else today.replace(day=1) - timedelta(days=1)
    return month.replace(day=REVOCATION_DAY, hour=REVOCATION_HOUR)


def _life(plan: _Plan, today: datetime, now: datetime) -> Iterator[Cell]:
    born = int(_created_at(plan, today).timestamp())
    gone = int((_revoked_at(plan, today) or now).timestamp())
    last = gone - gone % HOUR_S
    for offset in range(-min(HISTORY_DAYS, plan.age_days), 1):
        for cell in _cells_of_day(_day(plan, today, offset)):
            if born <= cell.start < last:
                yield cell


def _day(plan: _Plan, today: datetime, offset: int) -> _Day:
    date = today + timedelta(days=offset)
    return _Day(
        plan=plan,
        start=int(date.timestamp()),
        offset=offset,
        environment="live" if MISPLACED.covers(plan.key_id, offset) else plan.environment,
        volume=plan.daily * plan.habit.weekdays[date.weekday()] * _factor(plan.key_id, date, offset),
        paths=_HARVEST if LEAK.covers(plan.key_id, offset) else plan.paths,
    )


def _factor(key_id: str, date: datetime, offset: int) -> float:
    if SLEEP.covers(key_id, offset):
        return 0.0
    if LEAK.covers(key_id, offset):
        return LEAK_FACTOR
    if SURGE.covers(key_id, offset):
        return SURGE_FACTOR
    if GROWTH.covers(key_id, offset):
        return DAILY_GROWTH**offset
    ends_a_month = (date + timedelta(days=2)).month != date.month
    return MONTH_END_FACTOR if ends_a_month and MONTH_END.covers(key_id, offset) else 1.0


def _cells_of_day(day: _Day) -> Iterator[Cell]:
    seed = f"{day.plan.key_id}:{day.start // DAY_S}"
    draw = Random(seed).random  # noqa: S311 - a demo needs repeatable numbers, not secret ones
    swing = 0.0 if SURGE.covers(day.plan.key_id, day.offset) else day.plan.habit.swing
    volume = day.volume * exp(swing * (2 * draw() - 1))
    for hour, part in enumerate(day.plan.habit.hours):
        requests = _around(volume * part, draw) if part and volume else 0
        if requests:
            yield from _cells_of_hour(day, hour, requests, draw)


def _around(expected: float, draw: Callable[[], float]) -> int:
    """Draw a count with Poisson-like spread; its mean is `expected` exactly."""
    width = min(1.0, UNIFORM_TO_SIGMA / sqrt(expected))
    return int(expected * (1 + width * (2 * draw() - 1)) + draw())


def _cells_of_hour(day: _Day, hour: int, requests: int, draw: Callable[[], float]) -> Iterator[Cell]:
    start = day.start + hour * HOUR_S
    failing = BURST_ERRORS if _is_bursting(day, hour) else day.plan.errors
    for path, count in _split(day.paths, requests, draw).items():
        errors = int(count * failing * (0.75 + draw() / 2) + draw())
        last = start + HOUR_S - 1 - int((HOUR_S - 1) * draw() / count)
        yield Cell(start, start + HOUR_S, day.plan.key_id, path, day.environment, count, errors, last)


def _is_bursting(day: _Day, hour: int) -> bool:
    return hour in BURST_HOURS and ERROR_BURST.covers(day.plan.key_id, day.offset)


def _split(paths: tuple[str, ...], requests: int, draw: Callable[[], float]) -> dict[str, int]:
    lumps = min(MAX_LUMPS, 1 + requests // LUMP)
    counts: dict[str, int] = defaultdict(int)
    for lump in range(lumps):
        counts[paths[int(draw() * len(paths))]] += (requests + lump) // lumps
    return counts
