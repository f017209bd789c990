"""Counts are statements: repeated they do not add, and two that contradict each other do not both count."""

import json

import pytest
from intake_builders import epoch, of

from edgedns_mcp.errors import IntakeError
from edgedns_mcp.intake.rejects import Reject
from edgedns_mcp.models import Tally
from edgedns_mcp.store import coverage

DAY = epoch("2026-10-05T00:00:00")
H, D = 3600, 86_400


def counts(*rows, header="key_id,date,requests,errors,endpoint,environment"):
    return [header, *rows]


def take(desk, *rows, name="counts.csv", **more):
    return desk.take(desk.log(*counts(*rows, **more), name=name), log_format="auto")


def span_rows(desk):
    asked = (
        "SELECT end - length_s, end, requests, errors, is_lower FROM span WHERE requests > 0 OR is_lower ORDER BY end"
    )
    return desk.database.read(lambda tx: tx.rows(asked))


def test_a_day_a_span_and_an_hour_count_as_they_are_stated(desk):
    header = "key_id,date,hour,start,end,requests,errors"
    done = take(
        desk,
        "a,2026-10-05,,,,100,7",
        "b,,2026-10-05T10,,,5,",
        "c,,,2026-10-01,2026-10-03T12:00:00Z,50,0",
        "d,,1791194400,,,9,1",
        header=header,
    )
    assert (done.requests, done.keys, done.rejected) == (164, {"a", "b", "c", "d"}, 0)
    assert span_rows(desk) == [(DAY - 4 * D, DAY - 36 * H, 50, 0, 0), (DAY, DAY + D, 100, 7, 0)]
    assert desk.totals() == {
        "a": Tally(100, 7, DAY),
        "b": Tally(5, 0, DAY + 10 * H),
        "c": Tally(50, 0, DAY - 4 * D),
        "d": Tally(9, 1, DAY + 10 * H),
    }
    assert desk.observed() == [(DAY - 4 * D, DAY - 36 * H), (DAY, DAY + D)]


def test_json_states_counts_as_well_as_csv(desk):
    line = json.dumps(
        {"key_id": "a", "date": "2026-10-05", "requests": 3, "endpoint": "/v1/x?y", "last_activity": DAY + 5}
    )
    assert desk.take(desk.log(line), log_format="auto").requests == 3
    assert desk.endpoints("a") == {"/v1/x": Tally(3, 0, DAY + 5)}


def test_the_same_statement_from_another_file_repeats_and_does_not_add(desk):
    take(desk, "a,2026-10-05,100,7,,", "a,2026-10-06,50,,,")
    done = take(desk, "a,2026-10-06,50,,,", "a,2026-10-07,1,,,", name="next.csv")
    assert (done.requests, done.rejected, desk.requests()) == (1, 0, 151)


def test_within_one_file_too(desk):
    assert take(desk, "a,2026-10-05,100,7,,", "a,2026-10-05,100,7,,").requests == 100


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("a,2026-10-05,101,7,,", "other figures than stated before"),
        ("a,2026-10-05,100,8,,", "other figures than stated before"),
        ("a,2026-10-05,1,,/v1/whois,", "a total beside figures of single endpoints"),
        ("b,2026-10-05,1,,,", "a total beside figures of single endpoints"),
    ],
)
@pytest.mark.parametrize("apart", [True, False])
def test_a_statement_that_contradicts_another_is_a_reject(desk, row, why, apart):
    known = ["a,2026-10-05,100,7,,", "b,2026-10-05,9,,/v1/whois,live"]
    if apart:
        take(desk, *known)
    done = take(desk, *([] if apart else known), row, "c,2026-10-05,1,,/v1/dns,", name="next.csv")
    assert done.first_rejects == [Reject(2 if apart else 4, why)]
    assert desk.requests() == 110


def test_overlapping_times_of_one_key_are_a_reject(desk):
    header = "key_id,start,end,requests"
    take(desk, "a,2026-10-05,2026-10-07,10", header=header)
    rows = (
        "a,2026-10-04,2026-10-06,1",
        "a,2026-10-07,2026-10-08,2",
        "a,2026-10-05,2026-10-06,3",
        "b,2026-10-05,2026-10-06,4",
    )
    done = take(desk, *rows, header=header, name="next.csv")
    assert done.first_rejects == [
        Reject(2, "figures of a time that overlaps one stated before"),
        Reject(4, "figures of a time that overlaps one stated before"),
    ]
    assert (done.requests, desk.requests()) == (6, 16)


def test_environments_and_endpoints_are_apart(desk):
    done = take(desk, "a,2026-10-05,1,,/x,live", "a,2026-10-05,2,,/x,test", "a,2026-10-05,3,,/y,live")
    assert (done.requests, done.rejected) == (6, 0)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("a,2026-10-05,1,2,,", "more errors than requests"),
        ("a,2026-10-05,-1,,,", "a number out of range in requests"),
        ("a,2026-10-05,1.5,,,", "no readable requests"),
        ("a,2026-10-05,,,,", "no readable requests"),
        ("a,2026-10-05,9999999999999999,,,", "a number out of range in requests"),
        ("a,2026-10-05T10:00,1,,,", "a date that is no whole day"),
        ("a,,1,,,", "no date, hour or start"),
        ("a,yesterday,1,,,", "no readable timestamp"),
    ],
)
def test_a_figure_that_cannot_be_right_is_a_reject(desk, row, why):
    done = take(desk, "a,2026-10-05,5,,,", row)
    assert (done.requests, done.first_rejects) == (5, [Reject(3, why)])


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("a,2026-10-05T10:30,2026-10-05T11:00,1,,", "a time that is no full hour"),
        ("a,2026-10-05,2026-10-05,1,,", "an end that is not after its start"),
        ("a,2026-10-05,,1,,", "no readable timestamp"),
        ("a,2026-10-05,2026-10-06,1,2026-10-06,", "a last activity outside its time"),
        ("a,2026-10-05,2026-10-06,1,,upper", "a bound that is neither exact nor lower"),
    ],
)
def test_a_time_that_cannot_be_right_is_a_reject(desk, row, why):
    header = "key_id,start,end,requests,last_activity,bound"
    done = take(desk, "b,2026-10-05,2026-10-06,5,,", row, header=header)
    assert (done.requests, done.first_rejects) == (5, [Reject(3, why)])


def test_a_lower_bound_stays_one(desk):
    take(desk, "a,2026-10-05,2026-10-06,5,lower", header="key_id,start,end,requests,bound")
    assert span_rows(desk) == [(DAY, DAY + D, 5, 0, 1)]


def test_a_key_without_use_is_known_and_its_time_observed(desk):
    done = take(desk, "a,2026-10-05,0,,,", "b,2026-10-05,1,,,")
    assert (done.requests, done.keys) == (1, {"a", "b"})
    assert desk.database.read(lambda tx: tx.rows("SELECT key_id FROM key ORDER BY key_id")) == [("a",), ("b",)]


def test_where_a_refused_line_would_have_stood_is_noted(desk):
    take(desk, "a,2026-10-05,5,,,", "a,2026-10-05,6,,,", "a,x,7,,,", "a,2026-10-08,8,,,")
    unread = desk.database.read(lambda tx: coverage.unread(of(tx), 0, 2**40))
    assert unread == [(DAY, DAY + D - 1, 1), (DAY, DAY + 3 * D, 1)]


def test_strict_stops_at_a_contradiction_and_imports_nothing(desk):
    path = desk.log(*counts("a,2026-10-05,5,,,", "a,2026-10-05,6,,,"))
    with pytest.raises(IntakeError, match=r"^Line 3 cannot be read \(other figures than stated before\); "):
        desk.take(path, log_format="counts", strict=True)
    assert desk.requests() == 0


def test_a_second_import_of_the_file_changes_nothing(desk):
    path = desk.log(*counts("a,2026-10-05,5,,,", "a,2026-10-05,6,,,"))
    desk.take(path, log_format="counts")
    before = desk.everything()
    assert desk.take(path, log_format="counts").known_lines == 3
    assert desk.everything() == before
