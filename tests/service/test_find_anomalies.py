"""What find_anomalies says: of the demo, of findings that somebody knows of, of filters, and where nothing can be said.

golden/anomalies.txt and golden/anomalies.json are what `edgedns-mcp anomalies --source demo --as-of` the time of these
tests prints, without and with --json.
"""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest
from faces import a_desk

from edgedns_mcp.errors import ConfigurationError, NoDataError, QuestionError
from edgedns_mcp.models import AnomalyQuery, Cell, Key, Plan
from edgedns_mcp.render.findings import anomaly_words
from edgedns_mcp.service.anomalies import acknowledge, find_anomalies, is_at_least
from edgedns_mcp.service.desk import Desk
from edgedns_mcp.sources import demo_organisation as organisation
from edgedns_mcp.sources.demo_organisation import STORIES
from edgedns_mcp.sources.local import LocalSource
from edgedns_mcp.store import accounts, cells, coverage
from edgedns_mcp.store.database import Database
from edgedns_mcp.store.keys import put_keys

GOLDEN = Path(__file__).parent / "golden"
NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)  # a Friday
BEGIN = NOW.replace(hour=0) - timedelta(days=100)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
(KIND_OF_STORY) = {
    organisation.LEAK: "spike",
    organisation.WAKING: "dormant",
    organisation.MISPLACED: "environment",
    organisation.ERROR_BURST: "error_burst",
}


def of_demo(**query):
    return asyncio.run(find_anomalies(a_desk(), AnomalyQuery(**query)))


def kinds_by_key(answer) -> set[tuple[str, str]]:
    return {(one.key_id, one.kind) for one in answer.findings}


def usually(key_id: str, mean: int = 100, *, days: int = 100, hour: int = 10, seed: int = 1, **more) -> list[Cell]:
    """Draw a cell for each day; `more` are fields of the cells, or a count for a day (d-1 is yesterday)."""
    draw = Random(seed)
    some = {name: more.pop(name) for name in [*more] if name.startswith("d-")}
    fields = {"endpoint": "/v1/whois", "environment": "live", "errors": 1} | more
    counts = {f"d-{day}": round(mean * draw.gauss(1, 0.1)) for day in range(days, 0, -1)} | some
    return [a_cell(int(name[2:]), count, key_id=key_id, hour=hour, **fields) for name, count in counts.items() if count]


def a_cell(days_ago: int, requests: int, *, hour: int = 10, key_id="id_alpha", **fields) -> Cell:
    at = int((NOW.replace(hour=hour) - timedelta(days=days_ago)).timestamp())
    fields = {"endpoint": "/v1/whois", "environment": "live", "errors": 0} | fields
    return Cell(start=at, end=at + 3600, key_id=key_id, requests=requests, last_activity=at, **fields)


class Asking:
    """An organisation of keys alpha, beta ... with these cells, and its desk; the clock may be put forward."""

    def __init__(self, path, some, *, zone="UTC", keys=("alpha", "beta"), plans=(), observed=((BEGIN, NOW),)):
        self.now = NOW
        described = [one if isinstance(one, Key) else a_named(one) for one in keys]
        database = Database.open(path)
        database.write(lambda tx: self._fill(accounts.made(tx, "local"), described, some, observed))
        database.close()
        source = LocalSource(path, now=lambda: self.now, because="a test")
        self.desk = Desk(source, lambda: self.now, ZoneInfo(zone), 1, 60, plans=plans)

    def _fill(self, account, described, some, observed):
        put_keys(account, described)
        cells.apply(account, some)
        for first, last in observed:
            coverage.observe(account, "test", int(first.timestamp()), int(last.timestamp()))

    def ask(self, **query):
        return asyncio.run(find_anomalies(self.desk, AnomalyQuery(**query)))

    def acknowledge(self, finding_id, until):
        asyncio.run(acknowledge(self.desk, finding_id, until))

    def close(self):
        asyncio.run(self.desk.source.aclose())


def a_named(name: str, **more) -> Key:
    return Key(**{"key_id": f"id_{name}", "name": f"{name}-api", "environment": "live", "team": "payments", **more})


@pytest.fixture
def organised(tmp_path):
    made = []

    def make(some, **more):
        made.append(Asking(tmp_path / f"usage{len(made)}.db", some, **more))
        return made[-1]

    yield make
    for one in made:
        one.close()


LEAKING = [*usually("id_alpha", **{"d-2": 5_000}), *usually("id_beta", 300, seed=2)]


def test_the_default_answer_of_the_demo_reads_like_this():
    answer = of_demo()
    assert anomaly_words(answer) + "\n" == (GOLDEN / "anomalies.txt").read_text(encoding="utf-8")
    assert json.loads(answer.model_dump_json()) == json.loads((GOLDEN / "anomalies.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("period", ["7d", "14d", "30d", "2026-11", "2026-11-19..2026-11-22"])
@pytest.mark.parametrize("sensitivity", ["strict", "normal", "keen"])
def test_each_planted_incident_is_found_and_nothing_innocent(period, sensitivity):
    answer = of_demo(period=period, sensitivity=sensitivity)
    assert kinds_by_key(answer) == {(story.key_ids[0], kind) for story, kind in KIND_OF_STORY.items()}
    assert {story for story in STORIES if not story.innocent} == set(KIND_OF_STORY)


def test_month_ends_growth_and_the_surge_are_no_findings_when_they_are_asked_about():
    for period in ("2026-10-29..2026-11-01", "2026-09-29..2026-10-02", "2026-11-13"):
        assert of_demo(period=period, sensitivity="keen", kind="spike").findings == ()


def test_an_incident_has_its_days_whatever_part_of_it_is_asked_about():
    (whole,) = of_demo(key="newsletter-signup").findings
    (second_day,) = of_demo(key="newsletter-signup", period="2026-11-20").findings
    assert second_day == whole
    assert (whole.start, whole.end) == (datetime(2026, 11, 19, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC))
    assert (whole.request_count, whole.worst_count) == (25_623, 14_261)
    assert of_demo(key="newsletter-signup", period="2026-11-21").findings == ()


def test_findings_have_the_same_names_in_every_window():
    names = [
        {one.finding_id: (one.key_id, one.start) for one in of_demo(period=period).findings}
        for period in ("7d", "14d", "30d", "90d")
    ]
    assert names[0] == names[1] == names[2] == {name: of for name, of in names[3].items() if name in names[0]}
    assert len(names[0]) == 4


def test_by_hours_an_incident_is_told_to_the_hour():
    answer = of_demo(bucket="hour", period="2026-11-21", kind="error_burst")
    (burst,) = answer.findings
    assert (burst.start.hour, burst.end.hour, burst.key_id) == (10, 16, "key_562be1")
    assert "from Sat 2026-11-21 10:00 to Sat 2026-11-21 16:00" in burst.what
    leak = next(one for one in of_demo(bucket="hour").findings if one.kind == "spike")
    assert (leak.start, leak.end) == (datetime(2026, 11, 19, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC))
    assert "The worst hour had 634" in leak.what


def test_the_days_are_those_of_the_zone():
    desk = a_desk(timezone="Asia/Kolkata")
    answer = asyncio.run(find_anomalies(desk, AnomalyQuery(kind="spike", period="2026-11-19..2026-11-21")))
    (leak,) = answer.findings
    assert leak.start == datetime(2026, 11, 18, 18, tzinfo=UTC)  # the full hour that holds the midnight
    assert leak.end == datetime(2026, 11, 21, 18, tzinfo=UTC)
    assert "from Thu 2026-11-19 to Sat 2026-11-21" in leak.what
    assert leak.request_count > 25_000
    assert answer.timezone == "Asia/Kolkata"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"kind": "spike"}, {"key_72c9a5"}),
        ({"kind": "silence"}, set()),
        ({"team": "Platform"}, {"key_95f1d8", "key_a387e9"}),
        ({"environment": "test"}, {"key_95f1d8"}),
        ({"name_contains": "fraud"}, {"key_562be1"}),
        ({"key": "legacy-migrator"}, {"key_a387e9"}),
        ({"key": "key_72c9a5"}, {"key_72c9a5"}),
        ({"key": "a6Cx"}, set()),
        ({"team": "platform", "kind": "dormant"}, {"key_a387e9"}),
    ],
)
def test_filters_choose_among_keys_and_kinds(query, expected):
    answer = of_demo(**query)
    assert {one.key_id for one in answer.findings} == expected
    told = ", ".join(f"{name}={value}" for name, value in answer_order(query))
    assert answer.filters == told


def answer_order(query):
    order = ("environment", "team", "name_contains", "key", "kind")
    return sorted(query.items(), key=lambda item: order.index(item[0]))


def test_the_most_severe_are_listed_and_all_are_counted():
    answer = of_demo(limit=2)
    assert [one.severity for one in answer.findings] == ["critical", "critical"]
    assert answer.finding_count == 4
    assert "Findings 4, of them listed 2" in anomaly_words(answer)
    assert answer.summary == of_demo().summary


def test_no_sign_is_not_a_proof_and_says_what_was_tested():
    answer = of_demo(team="security", kind="spike")
    assert answer.findings == ()
    assert answer.summary == (
        "DEMO: No sign in what was tested from 2026-11-15 15:00 to 2026-11-22 15:00 UTC; usage figures cannot prove a "
        "key safe. Tested were 2 of 4 keys."
    )
    assert [one.model_dump() for one in answer.tested] == [
        {
            "kind": "spike",
            "keys": 2,
            "untested_keys": 2,
            "why": "1 never used, 1 young (7 to 21 days) against its record only",
        }
    ]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"period": "2025-01-01..2026-11-01"}, "longer than a year by days, the most that is searched"),
        ({"period": "2026-10-01..2026-11-05", "bucket": "hour"}, "longer than 31 days by hours"),
        ({"team": "nobody"}, "There is no team 'nobody'; the teams are growth, payments, platform, security, storefr"),
        ({"key": "nobody-at-all"}, "No key has the id, name, last four or part 'nobody-at-all'"),
        ({"period": "sometimes"}, "sometimes"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused_with_what_can(query, message):
    with pytest.raises(QuestionError, match=message):
        of_demo(**query)


def test_a_year_and_a_month_of_hours_are_not_too_long():
    assert of_demo(period="2025-11-22..2026-11-21", kind="spike").finding_count >= 1
    assert of_demo(period="2026-10", bucket="hour", kind="spike").finding_count == 0


def test_before_there_were_data_there_is_nothing_to_say():
    with pytest.raises(NoDataError, match="There is no data for the history of 2026-01"):
        of_demo(period="2026-01")


def test_a_whole_secret_is_cut_and_never_repeated():
    secret = "edns_live_" + "Zx9" * 10
    answer = of_demo(key=f"{secret}4fWq")
    assert answer.summary.startswith("A whole API key was pasted into this chat: rotate it now")
    assert answer.filters == "key=4fWq"
    assert kinds_by_key(answer) == {("key_72c9a5", "spike")}
    assert secret[:20] not in anomaly_words(answer) + answer.model_dump_json()


def test_the_demo_keeps_no_acknowledgement():
    with pytest.raises(ConfigurationError, match="The demo keeps nothing"):
        asyncio.run(acknowledge(a_desk(), "7b1da5b90c", NOW))


def test_an_acknowledged_finding_is_hidden_and_counted_until_its_time(organised):
    some = organised(LEAKING)
    (leak,) = some.ask().findings
    some.acknowledge(leak.finding_id, NOW + timedelta(days=1))
    hidden = some.ask()
    assert (hidden.findings, hidden.finding_count, hidden.acknowledged_count) == ((), 0, 1)
    assert hidden.summary.startswith("No sign in what was tested")
    assert hidden.summary.endswith("1 known finding hidden.")
    some.now = NOW + timedelta(days=1) - timedelta(seconds=1)
    assert some.ask().acknowledged_count == 1
    some.now = NOW + timedelta(days=1)
    assert (some.ask().findings[0].finding_id, some.ask().acknowledged_count) == (leak.finding_id, 0)


def test_a_new_finding_of_the_same_key_still_shows(organised):
    some = organised([*usually("id_alpha", **{"d-40": 5_000, "d-2": 9_000}), *usually("id_beta", seed=2)])
    old, new = sorted(some.ask(period="60d").findings, key=lambda one: one.start)
    assert (old.key_id, old.kind) == (new.key_id, new.kind)
    some.acknowledge(old.finding_id, NOW + timedelta(days=365))
    answer = some.ask(period="60d")
    assert ([one.finding_id for one in answer.findings], answer.acknowledged_count) == ([new.finding_id], 1)


@pytest.mark.parametrize("finding_id", ["", "7b1da5b90", "7b1da5b90c0", "7B1DA5B90C", "newsletter", "7b1da5b90c\n"])
def test_what_is_no_finding_id_is_refused(organised, finding_id):
    with pytest.raises(QuestionError, match="That is no finding_id"):
        organised(LEAKING).acknowledge(finding_id, NOW)


def test_a_severity_is_at_least_another(organised):
    answer = organised(LEAKING).ask()
    assert [is_at_least(answer, bar) for bar in ("low", "critical")] == [True, True]
    assert not is_at_least(answer.model_copy(update={"findings": ()}), "low")
    lesser = of_demo(kind="error_burst")
    assert [is_at_least(lesser, bar) for bar in ("low", "medium", "high", "critical")] == [True, True, False, False]


def test_a_key_in_the_wrong_environment_is_one_finding_however_long_it_lasts(organised):
    stray = [a_cell(day, 3, environment="test", hour=11) for day in range(80, 0, -1)]
    some = organised([*usually("id_alpha"), *stray])
    (one,) = some.ask(kind="environment").findings
    assert one == some.ask(kind="environment", period="60d").findings[0]
    assert (one.start, one.wrong_environments, one.request_count) == (BEGIN + 20 * DAY, {"test": 240}, 240)
    assert one.what.startswith("alpha-api is meant for live, but made requests elsewhere from ")


@pytest.mark.parametrize(
    "allowed", [{"allowed_environments": ("test",)}, {"environment": "test", "allowed_environments": ("live",)}]
)
def test_an_allowed_environment_is_not_wrong(organised, allowed):
    some = [*usually("id_alpha"), a_cell(2, 3, environment="test", hour=11)]
    assert organised(some, keys=(a_named("alpha", **allowed),)).ask().findings == ()
    assert kinds_by_key(organised(some, keys=("alpha",)).ask()) == {("id_alpha", "environment")}


def test_the_environment_in_an_id_is_where_a_key_belongs(organised):
    key = Key(key_id="edns_test_ab12", name="edns_test_ab12")
    (one,) = organised(usually("edns_test_ab12"), keys=(key,)).ask(kind="environment").findings
    assert one.wrong_environments == {"live": one.request_count}


def test_new_endpoints_are_a_shift_and_old_ones_are_not(organised):
    new = [a_cell(day, 90, endpoint="/v1/export", hour=12) for day in (3, 2)]
    (one,) = organised([*usually("id_alpha"), *new]).ask().findings
    assert (one.kind, one.new_endpoints) == ("endpoint_shift", {"/v1/export": 180})
    assert one.what.startswith("alpha-api called endpoints from Tue 2026-11-17 to Wed 2026-11-18 that it had not")
    before = [a_cell(day, 90, endpoint="/v1/export", hour=12) for day in (70, 3, 2)]
    assert organised([*usually("id_alpha"), *before]).ask().findings == ()


def test_a_key_whose_paths_hold_ids_has_no_new_endpoints(organised):
    ids = [a_cell(2, 2, endpoint=f"/v1/zones/{number}", hour=12) for number in range(51)]
    assert organised([*usually("id_alpha"), *ids]).ask(kind="endpoint_shift").findings == ()
    assert organised([*usually("id_alpha"), *ids[1:]]).ask(kind="endpoint_shift").finding_count == 1


def test_silence_is_told_and_a_retired_key_may_be_silent(organised):
    quiet = usually("id_alpha", **{"d-1": 0, "d-2": 0, "d-3": 0})
    (one,) = organised(quiet, keys=("alpha",)).ask().findings
    assert (one.kind, one.request_count, one.ratio) == ("silence", 0, 0.0)
    assert one.start == NOW.replace(hour=0) - 3 * DAY
    assert one.what.startswith("alpha-api stopped calling on Tue 2026-11-17, though it had called every day; ")
    then = NOW - 4 * DAY
    for retired in ({"revoked_at": then}, {"expires_at": then}, {"replaced_by": "id_beta"}):
        assert organised(quiet, keys=(a_named("alpha", **retired),)).ask().findings == (), retired
    assert organised(quiet, keys=(a_named("alpha", revoked_at=NOW - DAY / 2),)).ask().finding_count == 1


def test_silence_is_not_missing_data(organised):
    quiet = usually("id_alpha", **{"d-1": 0, "d-2": 0, "d-3": 0})
    until = NOW.replace(hour=0) - 3 * DAY - HOUR
    assert organised(quiet, observed=((BEGIN, until),), keys=("alpha",)).ask(period="14d").findings == ()


def test_a_rotation_is_no_spike_of_the_successor(organised):
    taken_over = {f"d-{day}": 0 for day in range(10, 0, -1)}
    tried_out = {f"d-{day}": 5 for day in range(60, 10, -1)} | {f"d-{day}": 0 for day in range(100, 60, -1)}
    some = [*usually("id_alpha", 1_000, **taken_over), *usually("id_beta", 1_000, seed=2, **tried_out)]
    rotated = organised(some, keys=(a_named("alpha", replaced_by="id_beta"), "beta"))
    assert rotated.ask(period="14d").findings == ()
    assert ("id_beta", "spike") in kinds_by_key(organised(some).ask(period="14d"))


def test_a_rotation_is_no_shift_to_new_endpoints(organised):
    before, since = ({f"d-{day}": 0 for day in days} for days in (range(100, 5, -1), range(5, 0, -1)))
    some = [*usually("id_alpha", **since), *usually("id_beta", **before)]
    rotated = organised(some, keys=(a_named("alpha", replaced_by="id_beta"), "beta"))
    assert rotated.ask(period="14d").findings == ()
    leak = [*some, a_cell(2, 5_000, key_id="id_beta", hour=12)]
    (spike,) = organised(leak, keys=(a_named("alpha", replaced_by="id_beta"), "beta")).ask().findings
    assert (spike.key_id, spike.kind, spike.new_endpoints) == ("id_beta", "spike", {})


def test_planned_times_hide_their_spikes_and_are_counted(organised):
    start = int((NOW - 3 * DAY).timestamp())
    plans = [Plan(start, start + 2 * 86_400, "id_alpha")]
    answer = organised(LEAKING, plans=plans).ask()
    assert (answer.findings, answer.planned_keys) == ((), 1)
    assert organised(LEAKING, plans=[plans[0]._replace(who="id_beta")]).ask().finding_count == 1


def test_today_is_searched_too(organised):
    some = organised([*usually("id_alpha"), a_cell(0, 5_000)])
    (one,) = some.ask().findings
    assert (one.kind, one.worst_count, one.end) == ("spike", 5_000, NOW)
    assert one.what.startswith("alpha-api made 5000 requests on Fri 2026-11-20.")


def test_a_key_without_an_inventory_is_searched(organised):
    answer = organised(LEAKING, keys=()).ask()
    assert kinds_by_key(answer) == {("id_alpha", "spike")}
    assert answer.findings[0].team == "unassigned"


def test_nothing_can_be_tested_without_history(organised):
    some = organised([a_cell(1, 5), a_cell(2, 5)], observed=((NOW - 3 * DAY, NOW),), keys=("alpha",))
    answer = some.ask(kind="spike")
    assert answer.summary.endswith("No key could be tested.")
    assert answer.tested[0].why == "1 with less than 7 days of history"


def test_a_long_answer_is_shortened_in_both_channels_and_says_so(organised):
    keys = [f"name-{number:03}-{'x' * 60}" for number in range(100)]
    some = [cell for name in keys for cell in usually(f"id_{name}", days=40, **{"d-2": 5_000})]
    described = [a_named(name, team=name) for name in keys]
    answer = organised(some, keys=described).ask(limit=100)
    assert answer.finding_count == 100
    assert 10 < len(answer.findings) < 100
    assert max(len(anomaly_words(answer)), len(answer.model_dump_json())) <= 40_000
    assert "The list was shortened to fit; ask for one key or one kind." in answer.notes


def test_guessed_teams_are_told(organised):
    keys = (a_named("alpha", team=""), "beta")
    assert any("read from the first part" in note for note in organised(LEAKING, keys=keys).ask().notes)
    assert organised(LEAKING).ask().notes == ()
