"""Events into cells, cells into sums."""

import itertools
from collections import Counter

import pytest
from domain_builders import a_window, an_event, epoch, events, hours, tallies, utc
from hypothesis import given
from hypothesis import strategies as st

from edgedns_mcp.domain import cells
from edgedns_mcp.models import Cell, Event, Span, Tally, Window

windows = st.tuples(hours, hours).map(sorted).map(lambda ends: Window(start=ends[0], end=ends[1], period="test"))


def judged(requests: list[Event], window: Window) -> dict[str, Tally]:
    """Count by looking at every event again, the slowest way there is."""
    start, end = window.start.timestamp(), window.end.timestamp()
    found = {}
    for key_id in {event.key_id for event in requests if event.at < end}:
        mine = [event for event in requests if event.key_id == key_id and event.at < end]
        inside = [event for event in mine if event.at >= start]
        errors = sum(event.status >= 400 for event in inside)
        found[key_id] = Tally(len(inside), errors, max(event.at for event in mine))
    return found


def test_a_request_becomes_a_cell_of_its_utc_hour():
    assert cells.cells_of([an_event("2026-10-05T10:15:00")]) == [
        Cell(
            start=epoch("2026-10-05T10:00"),
            end=epoch("2026-10-05T11:00"),
            key_id="key_1",
            endpoint="/v1/resolve",
            environment="live",
            requests=1,
            errors=0,
            last_activity=epoch("2026-10-05T10:15"),
        )
    ]


def test_a_request_on_the_hour_belongs_to_the_hour_that_begins():
    (cell,) = cells.cells_of([an_event("2026-10-05T10:00:00")])
    assert (cell.start, cell.end) == (epoch("2026-10-05T10:00"), epoch("2026-10-05T11:00"))


def test_status_400_is_the_first_error():
    (cell,) = cells.cells_of(an_event(status=status) for status in (200, 304, 399, 400, 404, 500))
    assert (cell.requests, cell.errors) == (6, 3)


def test_hour_key_endpoint_and_environment_keep_cells_apart():
    different = [
        an_event(),
        an_event("2026-10-05T11:15:00"),
        an_event(key_id="key_2"),
        an_event(endpoint="/v1/whois"),
        an_event(environment="test"),
    ]
    assert len(cells.cells_of(different * 2)) == 5


@given(events(), st.randoms())
def test_the_order_of_events_does_not_matter(requests, random):
    shuffled = requests.copy()
    random.shuffle(shuffled)
    assert sorted(cells.cells_of(shuffled)) == sorted(cells.cells_of(requests))


@given(events())
def test_no_request_is_lost_or_counted_twice(requests):
    made = cells.cells_of(requests)
    assert sum(cell.requests for cell in made) == len(requests)
    assert sum(cell.errors for cell in made) == sum(event.status >= 400 for event in requests)
    assert all(cell.start <= cell.last_activity < cell.end == cell.start + 3600 for cell in made)
    assert len({cell[:5] for cell in made}) == len(made)


@given(events(), windows)
def test_totals_agree_with_looking_at_every_request_again(requests, window):
    assert cells.totals(cells.cells_of(requests), window) == judged(requests, window)


@given(events(), st.randoms(), windows)
def test_the_order_of_cells_does_not_matter(requests, random, window):
    made = cells.cells_of(requests)
    expected = cells.totals(made, window)
    random.shuffle(made)
    assert cells.totals(made, window) == expected


@given(events(), st.lists(hours, min_size=2, max_size=5))
def test_totals_over_tiling_windows_add_up(requests, edges):
    made, edges = cells.cells_of(requests), sorted(edges)
    parts, whole = Counter(), Counter()
    for start, end in itertools.pairwise(edges):
        for key_id, tally in cells.totals(made, Window(start=start, end=end, period="part")).items():
            parts.update({(key_id, "requests"): tally.requests, (key_id, "errors"): tally.errors})
    for key_id, tally in cells.totals(made, Window(start=edges[0], end=edges[-1], period="whole")).items():
        whole.update({(key_id, "requests"): tally.requests, (key_id, "errors"): tally.errors})
    assert parts == whole


def test_a_key_idle_in_the_window_still_tells_its_last_request():
    before = an_event("2026-09-30T23:59:59")
    assert cells.totals(cells.cells_of([before]), a_window("2026-10-01", "2026-10-02")) == {
        "key_1": Tally(0, 0, epoch("2026-09-30T23:59:59"))
    }


def test_a_request_after_the_window_is_unknown_to_it():
    inside, after = an_event("2026-10-01T10:00"), an_event("2026-10-02T00:00")
    window = a_window("2026-10-01", "2026-10-02")
    assert cells.totals(cells.cells_of([after]), window) == {}
    assert cells.totals(cells.cells_of([after, inside]), window)["key_1"].last_activity == inside.at


def test_a_day_cell_that_the_window_cuts_is_not_split_and_tells_no_later_moment():
    day = Cell(
        epoch("2026-10-01"), epoch("2026-10-02"), "key_1", "/v1/resolve", "live", 24, 2, epoch("2026-10-01T20:00")
    )
    until_noon = a_window("2026-10-01", "2026-10-01T12:00")
    tally = cells.totals([day], until_noon).get("key_1", cells.NOTHING)
    assert tally == Tally(0, 0, None, slack=24)
    from_noon = a_window("2026-10-01T12:00", "2026-10-02")
    assert cells.totals([day], from_noon) == {"key_1": Tally(0, 0, day.last_activity, slack=24)}
    assert cells.totals([day], a_window("2026-10-01", "2026-10-02")) == {"key_1": Tally(24, 2, day.last_activity)}


@given(events(), windows, st.sampled_from(("", "resolve", "/V1/", "whois", "health", "nowhere")))
def test_an_endpoint_filter_counts_only_paths_that_contain_it_whatever_the_case(requests, window, endpoint):
    wanted = [event for event in requests if endpoint.lower() in event.endpoint.lower()]
    assert cells.totals(cells.cells_of(requests), window, endpoint) == judged(wanted, window)


@given(events(), windows)
def test_the_endpoints_of_a_key_sum_to_its_total(requests, window):
    made = cells.cells_of(requests)
    by_key = cells.totals(made, window)
    by_endpoint = cells.endpoints(made, window, ["key_1", "key_3"])
    assert set(by_endpoint) <= {"key_1"}
    one = cells.add(by_endpoint.get("key_1", {}).values())
    assert one[:2] == by_key.get("key_1", cells.NOTHING)[:2]
    assert all(tally.requests for paths in by_endpoint.values() for tally in paths.values())


def test_endpoints_of_a_key_are_told_apart():
    made = cells.cells_of([an_event(), an_event(), an_event(endpoint="/v1/whois", status=500), an_event(key_id="k2")])
    assert cells.endpoints(made, a_window(), {"key_1"}) == {
        "key_1": {
            "/v1/resolve": Tally(2, 0, an_event().at),
            "/v1/whois": Tally(1, 1, an_event().at),
        }
    }


def test_adding_nothing_gives_nothing():
    assert cells.add([]) == cells.NOTHING == Tally(0, 0, None)


def test_one_unknown_error_count_makes_the_sum_unknown_but_not_the_requests():
    for order in ([Tally(1, None, 5), Tally(2, 1, 9)], [Tally(2, 1, 9), Tally(1, None, 5), Tally(0, 0, None)]):
        assert cells.add(order) == Tally(3, None, 9)


@given(st.lists(tallies(), max_size=6), st.integers(0, 6))
def test_tallies_may_be_added_in_parts(some, cut):
    assert cells.add((cells.add(some[:cut]), cells.add(some[cut:]))) == cells.add(some)
    assert cells.add(reversed(some)) == cells.add(some)


def test_the_later_of_two_moments_is_the_known_one_where_one_is_unknown():
    assert cells.latest(3, 8) == cells.latest(8, 3) == 8
    assert cells.latest(None, 8) == cells.latest(8, None) == 8
    assert cells.latest(0, None) == 0
    assert cells.latest(None, None) is None


def test_cells_are_inside_a_window_that_they_reach_into():
    window = Window(start=utc("2026-10-01"), end=utc("2026-10-02"), period="x")
    start, end = epoch("2026-10-01"), epoch("2026-10-02")

    def a_cell(first: int, last: int, key_id: str = "key_1") -> Cell:
        return Cell(first, last, key_id, "", "live", 1, 0, first)

    into, out = a_cell(start - 1, start + 1), a_cell(end - 1, end + 1)
    beside = [a_cell(start - 2, start), a_cell(end, end + 1), a_cell(start, end, "key_2")]
    assert cells.inside([out, *beside, into], window, {"key_1"}) == [into, out]


@pytest.mark.parametrize(
    ("requests", "bound", "slack"), [(1, "exact", 1), (0, "lower", None)], ids=["one request", "perhaps some"]
)
def test_use_of_an_endpoint_that_is_not_known_may_be_of_any(requests, bound, slack):
    window = a_window("2026-10-01", "2026-10-02")
    start = epoch("2026-10-01")
    known = Cell(start, start + 3600, "key_1", "/v1/dns", "live", 5, 0, start)
    unknown = known._replace(endpoint="", requests=requests, bound=bound)
    found = cells.totals([known, unknown], window, "dns")
    assert [(one.requests, one.slack) for one in found.values()] == [(5, slack)]


def test_no_use_of_an_endpoint_that_is_not_known_is_no_use_of_any():
    start = epoch("2026-10-01")
    failed = Cell(start, start + 3600, "key_1", "", "live", 0, 1, start)
    assert cells.totals([failed], a_window("2026-10-01", "2026-10-02"), "dns") == {}


def span_of(start: int, end: int, requests=5, errors=1, bound="exact") -> Cell:
    return Cell(start, end, "key_1", "/a", "live", requests, errors, None, bound)


def test_a_series_keeps_apart_what_reaches_a_second_over_an_edge():
    edges = [0, 3_600, 7_200]
    within, over = span_of(1_800, 3_600), span_of(1_800, 3_601)
    assert cells.series([within], edges) == ({"key_1": (5, 0)}, {"key_1": (1, 0)}, [])
    assert cells.series([over], edges) == ({}, {}, [Span(1_800, 3_601, "key_1", 5, 1, "exact")])


def test_a_series_keeps_a_lower_bound_of_nothing_and_no_exact_count_of_it():
    edges = [0, 3_600]
    assert cells.series([span_of(0, 60, 0, 0)], edges) == ({}, {}, [])
    assert cells.series([span_of(0, 60, 0, 0, "lower")], edges) == ({}, {}, [Span(0, 60, "key_1", 0, 0, "lower")])


def test_requests_of_no_known_endpoint_may_be_of_the_one_that_is_asked_for():
    start, end = epoch("2026-10-01"), epoch("2026-10-01T01:00")
    cell = Cell(start, end, "key_1", "", "live", 5, 0, start)
    assert cells.totals([cell], a_window(), "resolve") == {"key_1": Tally(0, 0, None, 5)}
    named = cell._replace(endpoint="/v1/resolve", requests=2)
    assert cells.endpoints([cell, named], a_window(), ["key_1"])["key_1"] == {"/v1/resolve": Tally(2, 0, start, 5)}


def test_a_series_sums_what_reaches_over_an_edge_by_its_ends_in_the_order_of_keys():
    over = span_of(1_800, 5_400)
    found = cells.series(
        [over._replace(key_id="key_2", start=1_700), over, over._replace(endpoint="/b")], [0, 3_600, 7_200]
    )
    assert found.apart == [
        Span(1_800, 5_400, "key_1", 10, 2, "exact"),
        Span(1_700, 5_400, "key_2", 5, 1, "exact"),
    ]


def test_a_series_leaves_out_what_ends_with_its_first_edge_or_begins_with_its_last():
    assert cells.series([span_of(0, 3_600), span_of(7_200, 7_260)], [3_600, 7_200]) == ({}, {}, [])
    assert cells.series([span_of(3_600, 3_660, 5, 0)], [3_600, 7_200]) == ({"key_1": (5,)}, {"key_1": (0,)}, [])


def test_what_may_belong_to_a_tally_adds_to_its_slack():
    assert cells.unsure(Tally(1, 0, None, 2), Tally(3, 1, None, 4)) == Tally(1, 0, None, 9)
    assert cells.unsure(Tally(1, 0, None, 2), Tally(3, 1, None, None)).slack is None
