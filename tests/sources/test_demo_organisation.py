"""The demo organisation tells the stories it promises, whatever day it is opened on."""

from calendar import monthrange
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from statistics import median

import pytest

from edgedns_mcp.models import Cell, Key
from edgedns_mcp.sources import demo_organisation as demo

NOWS = (
    datetime(2026, 11, 22, 15, tzinfo=UTC),
    datetime(2026, 3, 1, 0, 30, tzinfo=UTC),
    datetime(2026, 8, 12, 9, tzinfo=UTC),
)
LEAKED = "key_72c9a5"
SLEEPER = "key_a387e9"
MISPLACED = "key_95f1d8"
FAILING = "key_562be1"
MONTH_END = "key_64e719"
GROWING = "key_79148d"
REVOKED = "key_bf35d0"
YOUNG = "key_cd7e61"
UNUSED = {"key_6b0f42", "key_80d6b3", "key_aad05c", "key_c6a918"}
STOREFRONT = {key.key_id for key in demo.keys(NOWS[0]) if key.team == "storefront"}


@pytest.fixture(params=NOWS, ids=lambda now: f"{now:%Y-%m-%dT%H:%MZ}")
def now(request: pytest.FixtureRequest) -> datetime:
    return request.param


@cache
def cells(now: datetime) -> tuple[Cell, ...]:
    return tuple(demo.cells(now))


def of(now: datetime, key_id: str) -> list[Cell]:
    return [cell for cell in cells(now) if cell.key_id == key_id]


def day(now: datetime, cell: Cell) -> int:
    return (datetime.fromtimestamp(cell.start, UTC).date() - now.date()).days


def requests(found: Iterable[Cell]) -> int:
    return sum(cell.requests for cell in found)


def error_share(found: Iterable[Cell]) -> float:
    found = list(found)
    return sum(cell.errors for cell in found) / requests(found)


def per_day(now: datetime, key_id: str) -> Counter[int]:
    """Requests of the key per day, counted from today (0)."""
    days: Counter[int] = Counter()
    for cell in of(now, key_id):
        days[day(now, cell)] += cell.requests
    return days


def key(now: datetime, key_id: str) -> Key:
    return next(key for key in demo.keys(now) if key.key_id == key_id)


def test_the_stories_name_the_keys_that_live_them():
    assert {story.kind: set(story.key_ids) for story in demo.STORIES} == {
        "leaked key": {LEAKED},
        "dormant key": {SLEEPER},
        "woken key": {SLEEPER},
        "test key in production": {MISPLACED},
        "error burst": {FAILING},
        "month end": {MONTH_END},
        "team surge": STOREFRONT,
        "growth": {GROWING},
        "revoked key": {REVOKED},
        "young key": {YOUNG},
        "never used": UNUSED,
    }


def test_only_the_four_incidents_deserve_a_finding():
    assert {(story.kind, story.first, story.last) for story in demo.STORIES if not story.innocent} == {
        ("leaked key", -3, -2),
        ("woken key", -2, 0),
        ("test key in production", -10, 0),
        ("error burst", -1, -1),
    }


def test_the_leaked_key_makes_a_hundred_a_day_and_ten_thousand_on_two_days(now: datetime):
    days = per_day(now, LEAKED)
    usual = [days[at] for at in range(-120, 0) if at not in (-3, -2)]
    assert min(days[-3], days[-2]) >= 10_000
    assert 90 <= median(usual) <= 110
    assert max(usual) < 200


def test_the_leaked_key_spikes_on_an_endpoint_it_hardly_used(now: datetime):
    spike = [cell for cell in of(now, LEAKED) if day(now, cell) in (-3, -2)]
    before = [cell for cell in of(now, LEAKED) if day(now, cell) < -3]
    for found, low, high in ((spike, 0.85, 1.0), (before, 0.001, 0.05)):
        assert low <= requests(cell for cell in found if cell.endpoint == "/v1/domain/whois") / requests(found) <= high


def test_the_sleeper_is_silent_for_73_days_and_wakes_two_days_ago(now: datetime):
    used = sorted(at for at, count in per_day(now, SLEEPER).items() if count and at < 0)
    assert used == [*range(-120, -75), -2, -1]


def test_a_test_key_is_steady_among_the_top_five_of_the_last_four_weeks(now: datetime):
    recent: Counter[str] = Counter()
    for cell in cells(now):
        recent[cell.key_id] += cell.requests if -28 <= day(now, cell) < 0 else 0
    days = per_day(now, MISPLACED)
    assert MISPLACED in dict(recent.most_common(5))
    assert all(1_200 <= days[at] <= 2_200 for at in range(-120, 0))


def test_the_busy_test_key_is_seen_in_live_for_ten_days(now: datetime):
    found = of(now, MISPLACED)
    assert key(now, MISPLACED).environment == "test"
    assert {cell.environment for cell in found if day(now, cell) >= -10} == {"live"}
    assert {cell.environment for cell in found if day(now, cell) < -10} == {"test"}


def test_every_other_key_is_seen_where_it_belongs(now: datetime):
    declared = {key.key_id: key.environment for key in demo.keys(now)}
    assert {cell.key_id for cell in cells(now) if cell.environment != declared[cell.key_id]} == {MISPLACED}


def test_a_deploy_lets_a_third_of_the_requests_fail_for_six_hours_yesterday(now: datetime):
    hours: dict[int, list[Cell]] = {}
    for cell in of(now, FAILING):
        hours.setdefault(cell.start, []).append(cell)
    failing = sorted(start for start, found in hours.items() if error_share(found) > 0.2)
    ten = int((now.replace(hour=10, minute=0) - timedelta(days=1)).timestamp())
    assert failing == [ten + hour * 3600 for hour in range(6)]
    assert 0.30 <= error_share(cell for start in failing for cell in hours[start]) <= 0.40
    assert 0.005 <= error_share(cell for cell in of(now, FAILING) if cell.start not in failing) <= 0.015


def test_the_burst_brings_errors_and_not_more_requests(now: datetime):
    days = per_day(now, FAILING)
    assert days[-1] < 1.5 * median(days[at] for at in range(-30, -1))


def test_the_settlement_batch_is_eight_times_larger_on_the_last_two_days_of_a_month(now: datetime):
    def ends_a_month(at: int) -> bool:
        date = now.date() + timedelta(days=at)
        return date.day > monthrange(date.year, date.month)[1] - 2

    days = per_day(now, MONTH_END)
    usual = median(days[at] for at in range(-120, 0) if not ends_a_month(at))
    large = {at for at in range(-120, 0) if days[at] > 3 * usual}
    assert large == {at for at in range(-120, 0) if ends_a_month(at)}
    assert 6.5 <= median(days[at] for at in large) / usual <= 9.5


@pytest.mark.parametrize("key_id", sorted(STOREFRONT))
def test_every_storefront_key_doubles_on_the_surge_day(now: datetime, key_id: str):
    days = per_day(now, key_id)
    assert 1.6 <= days[-9] / median(days[-9 - 7 * week] for week in range(1, 13)) <= 2.8


def test_the_storefront_makes_2_2_times_its_usual_day_and_the_rest_does_not(now: datetime):
    storefront, rest = Counter[int](), Counter[int]()
    for member in (key.key_id for key in demo.keys(now) if key.key_id != REVOKED):
        (storefront if member in STOREFRONT else rest).update(per_day(now, member))
    surge, other = (days[-9] / median(days[-9 - 7 * week] for week in range(1, 13)) for days in (storefront, rest))
    assert surge == pytest.approx(2.2, abs=0.15)
    assert other < 1.3


def test_lead_enrichment_grows_by_half_a_percent_a_day(now: datetime):
    days = per_day(now, GROWING)
    last, before = (sum(days[at] for at in range(first, first + 28)) for first in (-28, -112))
    assert last / before == pytest.approx(1.005**84, rel=0.1)


@pytest.mark.parametrize(
    ("now", "revoked_at"),
    [
        (NOWS[0], datetime(2026, 11, 12, 10, tzinfo=UTC)),
        (NOWS[1], datetime(2026, 2, 12, 10, tzinfo=UTC)),
        (NOWS[2], datetime(2026, 7, 12, 10, tzinfo=UTC)),
        (datetime(2026, 5, 13, tzinfo=UTC), datetime(2026, 5, 12, 10, tzinfo=UTC)),
        (datetime(2027, 1, 12, 23, tzinfo=UTC), datetime(2026, 12, 12, 10, tzinfo=UTC)),
    ],
)
def test_one_key_works_until_it_is_revoked_on_the_twelfth(now: datetime, revoked_at: datetime):
    assert key(now, REVOKED).revoked_at == revoked_at
    assert max(cell.end for cell in of(now, REVOKED)) == int(revoked_at.timestamp())
    last = (revoked_at.date() - now.date()).days
    assert all(700 <= per_day(now, REVOKED)[at] <= 1_300 for at in range(last - 28, last))


def test_the_young_key_has_no_use_before_it_was_created(now: datetime):
    created = key(now, YOUNG).created_at
    assert created is not None
    assert (created.date() - now.date()).days == -12
    assert min(cell.start for cell in of(now, YOUNG)) >= created.timestamp()
    assert requests(of(now, YOUNG)) > 400


def test_four_keys_were_never_used_and_all_others_were(now: datetime):
    assert {key.key_id for key in demo.keys(now)} - {cell.key_id for cell in cells(now)} == UNUSED


def test_there_are_25_active_keys_and_a_revoked_one_in_five_teams(now: datetime):
    keys = demo.keys(now)
    assert [key.key_id for key in keys if key.revoked_at] == [REVOKED]
    assert len(keys) == 26
    assert {key.team for key in keys} == {"storefront", "payments", "growth", "platform", "security"}


def test_every_key_is_described_and_can_be_told_apart(now: datetime):
    keys = demo.keys(now)
    assert len({key.key_id for key in keys}) == len({key.last_four for key in keys}) == len(keys)
    assert all(len(key.last_four) == 4 and key.environment in ("live", "test") for key in keys)
    assert all(key.created_at is not None and key.created_at < now for key in keys)


def test_live_and_test_twins_share_a_name(now: datetime):
    environments = {(key.name, key.environment) for key in demo.keys(now)}
    twins = [name for name, count in Counter(name for name, _ in environments).items() if count == 2]
    assert len(twins) == len(demo.keys(now)) - len({key.name for key in demo.keys(now)}) == 4


def test_a_month_holds_what_a_pro_plan_would_carry(now: datetime):
    for first in (-120, -90, -60, -30):
        month = requests(cell for cell in cells(now) if first <= day(now, cell) < first + 30)
        assert 250_000 <= month <= 450_000


def test_each_key_fails_at_one_to_three_percent(now: datetime):
    for used in (key for key in demo.keys(now) if key.key_id not in UNUSED | {FAILING}):
        assert 0.005 <= error_share(of(now, used.key_id)) <= 0.045


def test_each_used_key_calls_two_to_six_endpoints(now: datetime):
    paths = {key.key_id: {cell.endpoint for cell in of(now, key.key_id)} for key in demo.keys(now)}
    assert all(2 <= len(paths[key_id]) <= 6 for key_id in paths if key_id not in UNUSED)


def test_office_keys_rest_at_night_and_at_weekends(now: datetime):
    weekend = [cell for cell in of(now, GROWING) if datetime.fromtimestamp(cell.start, UTC).weekday() >= 5]
    assert all(7 <= cell.start // 3600 % 24 < 19 for cell in of(now, GROWING))
    assert 0 < requests(weekend) < 0.12 * requests(of(now, GROWING))


def test_every_cell_is_a_finished_hour_of_the_last_120_days(now: datetime):
    full_hour = now.replace(minute=0)
    first = full_hour.replace(hour=0) - timedelta(days=120)
    assert all(cell.end == cell.start + 3600 and cell.start % 3600 == 0 for cell in cells(now))
    assert min(cell.start for cell in cells(now)) == int(first.timestamp())
    assert max(cell.end for cell in cells(now)) == int(full_hour.timestamp())


def test_every_cell_has_requests_no_surplus_errors_and_activity_inside_its_hour(now: datetime):
    assert all(0 <= cell.errors <= cell.requests > 0 for cell in cells(now))
    assert all(cell.start <= cell.last_activity < cell.end for cell in cells(now))


def test_cells_are_sorted_unique_and_few(now: datetime):
    found = cells(now)
    assert list(found) == sorted(found)
    assert len({(cell.start, cell.key_id, cell.endpoint, cell.environment) for cell in found}) == len(found)
    assert 40_000 <= len(found) <= 90_000


def test_asking_twice_gives_the_same_answer(now: datetime):
    assert demo.cells(now) == list(cells(now))


def test_a_finished_hour_reads_the_same_later_in_the_day(now: datetime):
    later = now.replace(hour=23, minute=59, second=59)
    assert cells(later)[: len(cells(now))] == cells(now)
    assert demo.keys(later) == demo.keys(now)


def test_a_day_without_a_story_reads_the_same_next_week(now: datetime):
    moving = {LEAKED, SLEEPER, MISPLACED, FAILING, GROWING, REVOKED, YOUNG}
    next_week = now + timedelta(days=7)

    def background(asked: datetime) -> list[Cell]:
        quiet = [cell for cell in cells(asked) if cell.key_id not in moving and -113 <= day(now, cell) < 0]
        return [cell for cell in quiet if cell.key_id not in STOREFRONT or day(now, cell) not in (-9, -2)]

    assert background(next_week) == background(now)


def test_the_time_zone_of_now_changes_nothing():
    elsewhere = NOWS[0].astimezone(tz=datetime.strptime("+0900", "%z").tzinfo)
    assert demo.cells(elsewhere) == list(cells(NOWS[0]))
