"""What bodies beside the counters are read, and which are refused whole because they can be read in several ways."""

import json
from datetime import UTC, datetime

import pytest
from asking import KEY
from fake_edgedns import dated
from hypothesis import given
from hypothesis import strategies as st

from edgedns_mcp.errors import UnavailableError
from edgedns_mcp.models import KeyDates
from edgedns_mcp.sources.account_body import (
    ENDS,
    IDS,
    OTHER_NAMES,
    QUOTAS,
    STARTS,
    TOTALS,
    Stated,
    account_total_of,
    key_dates_of,
)

NOW = datetime(2026, 11, 10, 9, 30, tzinfo=UTC)
CREATED = datetime(2026, 1, 15, 9, tzinfo=UTC)
USED = datetime(2026, 11, 9, 8, 15, 30, tzinfo=UTC)
EXPIRES = datetime(2027, 6, 30, 12, tzinfo=UTC)
ROWS = [dated(), dated("key_2", last_used_at=..., expires_at="2027-06-30T14:00:00+02:00")]
DATES = (KeyDates("key_1", CREATED, None, USED), KeyDates("key_2", CREATED, EXPIRES, None))


def dates_of(body):
    return key_dates_of(json.dumps(body).encode(), NOW)


def total_of(body):
    return account_total_of(json.dumps(body).encode(), NOW)


@pytest.mark.parametrize(
    "body",
    [{"keys": ROWS}, {"data": ROWS}, {"data": {"keys": ROWS}}, ROWS, {"keys": ROWS, "has_more": True, "next": "abc"}],
    ids=["keys", "data", "keys in data", "a bare list", "the first page"],
)
def test_a_list_of_keys_tells_when_each_was_made_expires_and_was_last_used(body):
    assert dates_of(body) == DATES


def test_a_key_is_known_by_its_id_under_either_name():
    assert dates_of([dated(key_id="key_1", id=...), dated("key_2", key_id="key_2")])[1].key_id == "key_2"


def test_a_secret_in_an_id_is_cut_to_its_last_four():
    assert dates_of([dated(KEY)])[0].key_id == f"...{KEY[-4:]}"


@pytest.mark.parametrize("its", [None, ""])
def test_a_field_of_a_similar_name_that_says_nothing_is_no_reason_to_doubt(its):
    assert dates_of([dated(last_used_at=None, last_used_ip=its, created_by="ci")]) == (
        DATES[0]._replace(last_used_at=None),
    )


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({}, "no list of keys"),
        ({"keys": {"key_1": dated()}}, "no list of keys"),
        ({"result": {"keys": [dated()]}}, "no list of keys"),
        ({"keys": [dated()], "data": [dated()]}, "more than one list of keys"),
        ({"keys": ["key_1"]}, "a key that is no object"),
        ([dated(id=...)], "a key without an id"),
        ([dated(id=7)], "a key without an id"),
        ([dated(key_id="key_2")], "a key with two ids"),
        ([dated(), dated()], "the same key more than once"),
        ([dated(created_at=...)], "a key without created_at"),
        (
            [dated(created_at=..., createdAt="2026-01-15T09:00:00Z")],
            "a key without created_at, but with something like it",
        ),
        ([dated(created_at=1_700_000_000)], "a key whose created_at is no time"),
        ([dated(created_at="2026-01-15")], "a key whose created_at is no time"),
        ([dated(created_at="2026-13-15T09:00:00Z")], "a key whose created_at is no time"),
        (
            [dated(expires_at=..., expiry="2027-01-15T09:00:00Z")],
            "a key without expires_at, but with something like it",
        ),
        ([dated(last_used_at=..., lastUsed=3)], "a key without last_used_at, but with something like it"),
        ([dated(last_used_at=True)], "a key whose last_used_at is no time"),
        ([dated(created_at="2026-11-10T10:00:00Z")], "dates of a key that contradict each other"),
        ([dated(last_used_at="2026-11-10T10:00:00Z")], "dates of a key that contradict each other"),
        ([dated(last_used_at="2025-11-10T10:00:00Z")], "dates of a key that contradict each other"),
        ([dated(expires_at="2025-11-10T10:00:00Z")], "dates of a key that contradict each other"),
    ],
)
def test_a_list_that_is_not_plain_is_refused_whole(body, why):
    with pytest.raises(UnavailableError) as refused:
        dates_of(body)
    assert str(refused.value) == f"EdgeDNS's answer has {why}, so nothing of it is used"


START = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"total_requests": 12345}, Stated(12345, None, None)),
        ({"data": {"request_count": 5.0}}, Stated(5, None, None)),
        ({"usage": {"requests": 5, "quota": {"limit": 1000, "used_percent": 0.5}}}, Stated(5, 1000, None)),
        ({"total_requests": 5, "monthly_quota": 50_000, "quota": {"limit": 50_000}}, Stated(5, 50_000, None)),
        ({"total_requests": 5, "requests": {"dns": 3, "ip": 2}, "daily": [1, 4]}, Stated(5, None, None)),
        ({"period": "current", "total_requests": 5, "requests": 5}, Stated(5, None, None)),
        (
            {"period": {"start": "2026-11-01T00:00:00Z", "end": "2026-12-01T00:00:00Z"}, "requests": 5},
            Stated(5, None, START),
        ),
        ({"period_start": "2026-11-01T00:00:00Z", "total_requests": 0}, Stated(0, None, START)),
        ({"total_requests": 5, "quota": None, "limit": 100}, Stated(5, None, None)),
    ],
)
def test_a_total_is_read_with_the_quota_where_that_is_stated(body, expected):
    assert total_of(body) == expected


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({}, "no total of requests"),
        ([5], "no total of requests"),
        ({"result": {"total_requests": 5}}, "no total of requests"),
        ({"total": 5}, "no total of requests"),
        ({"total_requests": [5]}, "no total of requests"),
        ({"total_requests": 5, "data": {"total_requests": 6}}, "different totals of requests"),
        ({"total_requests": 5, "requests": 6}, "different totals of requests"),
        ({"total_requests": "5"}, "a total_requests that is no whole number from 0 up"),
        ({"total_requests": 5.5}, "a total_requests that is no whole number from 0 up"),
        ({"total_requests": -5}, "a total_requests that is no whole number from 0 up"),
        ({"total_requests": True}, "a total_requests that is no whole number from 0 up"),
        ({"total_requests": float("inf")}, "a total_requests that is no whole number from 0 up"),
        ({"total_requests": 2**53 + 1}, "a total_requests that is no whole number from 0 up"),
        ({"total_requests": 5, "quota": {"limit": -1}}, "a limit that is no whole number from 0 up"),
        ({"total_requests": 5, "monthly_quota": "unlimited"}, "a monthly_quota that is no whole number from 0 up"),
        ({"total_requests": 5, "plan_limit": 1000, "quota": {"limit": 50_000}}, "different quotas"),
        ({"total_requests": 5, "quota_limit": 0}, "a quota of 0"),
        ({"total_requests": 5, "period": "30d"}, "another period than the current one"),
        ({"total_requests": 5, "period_end": "2026-11-01T00:00:00Z"}, "another period than the current one"),
        ({"total_requests": 5, "period_start": "2026-12-01T00:00:00Z"}, "another period than the current one"),
        (
            {"requests": 5, "period_start": "2026-11-01T00:00:00Z", "start": "2026-11-02T00:00:00Z"},
            "another period than the current one",
        ),
    ],
)
def test_a_total_that_is_not_plain_is_refused_whole(body, why):
    with pytest.raises(UnavailableError) as refused:
        total_of(body)
    assert str(refused.value) == f"EdgeDNS's answer has {why}, so nothing of it is used"


@pytest.mark.parametrize("read", [account_total_of, key_dates_of])
@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b'{"total_requests": 5, "total_requests": 6}', "an object that has the same field twice"),
        (b'{"keys": [{"id": "a", "id": "b"}]}', "an object that has the same field twice"),
        (b"[" + b"[]," * 300_000 + b"[]]", "too many values"),
    ],
)
def test_what_can_be_read_in_two_ways_or_fills_the_memory_is_refused(read, body, why):
    with pytest.raises(UnavailableError) as refused:
        read(body, NOW)
    assert str(refused.value) == f"EdgeDNS's answer has {why}, so nothing of it is used"


NAMES = st.sampled_from(
    [
        *IDS,
        *OTHER_NAMES,
        *TOTALS,
        *QUOTAS,
        *STARTS,
        *ENDS,
        "keys",
        "data",
        "usage",
        "quota",
        "limit",
        "period",
        "createdAt",
    ]
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["current", "2026-11-09T08:15:30Z", "key_1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


@given(JSON | st.dictionaries(NAMES, JSON, max_size=4))
def test_any_json_is_read_or_refused_in_words(body):
    for read in (dates_of, total_of):
        try:
            read(body)
        except UnavailableError as refused:
            assert str(refused).startswith("EdgeDNS's answer has ")  # noqa: PT017 - not every body is refused


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused_in_words(body):
    for read in (key_dates_of, account_total_of):
        try:
            read(body, NOW)
        except UnavailableError as refused:
            assert str(refused).startswith("EdgeDNS's answer has ")  # noqa: PT017 - not every body is refused
