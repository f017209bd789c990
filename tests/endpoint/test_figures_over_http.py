"""The figures over HTTP: EdgeDNS's fields and order, every active key, and the account's whole beside."""

from datetime import UTC, datetime, timedelta

import pytest
from endpoint_builders import BY_KEY, NOW, USAGE, an_event, counts

from edgedns_mcp.domain.cells import DAY_S
from edgedns_mcp.models import Cell
from edgedns_mcp.store import accounts, cells

IDLE = {"request_count": 0, "endpoint_distribution": {}, "error_count": 0, "last_activity": None}


def test_the_body_is_edgedns_own_and_nothing_else(ours):
    secret = ours.a_key()
    ours.a_key("search", environment="test")
    ours.post(
        [
            an_event(endpoint="/v1/dns/dnssec?name=a.example", status=404),
            an_event(timestamp="2026-11-22T14:59:59Z"),
            an_event(endpoint="https://api.example/v1/domain/whois", status=399),
        ],
        secret,
    )
    answer = ours.get(BY_KEY, secret)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.json() == {
        "keys": [
            {
                "key_id": "key_payments-api",
                "name": "payments-api",
                "environment": "live",
                "request_count": 3,
                "endpoint_distribution": {"/v1/dns/dnssec": 2, "/v1/domain/whois": 1},
                "error_count": 1,
                "last_activity": "2026-11-22T14:59:59Z",
            },
            {"key_id": "key_search", "name": "search", "environment": "test", **IDLE},
        ],
        "total_keys": 2,
    }


def test_keys_are_ordered_by_requests_then_by_name_and_id(ours):
    for name, key_id in (("b", "key_2"), ("b", "key_1"), ("a", "key_3"), ("z", "key_4")):
        secret = ours.a_key(name, key_id=key_id)
    ours.post([an_event(key_id="key_4")], secret)
    listed = [row["key_id"] for row in ours.get(BY_KEY, secret).json()["keys"]]
    assert listed == ["key_4", "key_3", "key_1", "key_2"]


def test_revoked_and_future_keys_are_not_listed_and_expired_ones_are(ours):
    secret = ours.a_key("reader")
    ours.a_key("revoked", revoked_at=NOW - timedelta(seconds=1))
    ours.a_key("future", created_at=NOW + timedelta(days=1))
    ours.a_key("expired", expires_at=NOW - timedelta(days=1))
    assert counts(ours, secret) == {"expired": 0, "reader": 0}


def test_use_of_no_active_key_is_in_the_account_total_alone(ours):
    secret = ours.a_key()
    ours.a_key("gone", revoked_at=NOW - timedelta(days=1))
    ours.post(
        [
            an_event(),
            an_event(key_id="key_gone"),
            an_event(key_id="key_of_nobody", status=500),
            an_event(key_id=None),
            an_event(key_id="-"),
        ],
        secret,
    )
    assert counts(ours, secret) == {"payments-api": 1}
    told = ours.get(USAGE, secret).json()
    assert (told["total_requests"], told["total_errors"], told["attributed_requests"]) == (5, 1, 1)
    assert told["unattributed"] == {"request_count": 4, "revoked": 1, "unknown_key": 1, "no_key": 2}


@pytest.mark.parametrize(
    ("period", "requests"), [("", 2), ("?period=current", 2), ("?period=7d", 1), ("?period=30d", 3)]
)
def test_a_period_is_the_billing_period_or_the_last_days_up_to_the_full_hour(ours, period, requests):
    secret = ours.a_key()
    moments = ("2026-10-31T23:59:59Z", "2026-11-01T00:00:00Z", "2026-11-15T15:00:00Z", "2026-11-22T15:00:00Z")
    assert ours.post([an_event(timestamp=at) for at in moments], secret).json()["accepted"] == 4
    assert counts_of(ours, secret, period) == requests


def test_the_running_hour_counts_once_it_is_over(endpoint, clock):
    secret = endpoint.a_key()
    endpoint.post([an_event(timestamp="2026-11-22T15:30:00Z")], secret)
    assert counts_of(endpoint, secret, "") == 0
    clock.now += timedelta(minutes=30)
    assert counts_of(endpoint, secret, "") == 1


def test_within_the_first_hour_of_a_billing_period_nothing_has_happened_in_it(endpoint, clock):
    secret = endpoint.a_key()
    endpoint.post([an_event()], secret)
    clock.now = clock.now.replace(month=12, day=1, hour=0)
    (row,) = endpoint.get(BY_KEY, secret).json()["keys"]
    assert (row["request_count"], row["last_activity"]) == (0, "2026-11-22T14:10:00Z")
    told = endpoint.get(USAGE, secret).json()
    assert (told["window_start"], told["window_end"]) == ("2026-12-01T00:00:00Z", "2026-12-01T00:00:00Z")


def test_where_the_window_cuts_a_count_the_figure_is_the_lower_one(endpoint):
    secret = endpoint.a_key()
    day = int(NOW.timestamp()) // DAY_S * DAY_S - 7 * DAY_S  # the last seven days begin in it
    counted = [Cell(day, day + DAY_S, "key_payments-api", "/v1/dns/dnssec", "live", 9, 1, day)]
    endpoint.write(lambda tx: cells.apply(accounts.find(tx, "local"), counted))
    assert counts_of(endpoint, secret, "?period=7d") == 0
    assert counts_of(endpoint, secret, "?period=30d") == 9


def test_the_account_total_says_which_part_of_the_window_was_observed(ours):
    secret = ours.a_key()
    nothing = ours.get(USAGE, secret).json()
    assert (nothing["data_from"], nothing["data_to"], nothing["complete"]) == (None, None, False)
    ours.post([an_event()], secret)
    told = ours.get(USAGE, secret).json()
    assert (told["period"], told["window_start"]) == ("current", "2026-11-01T00:00:00Z")
    assert (told["window_end"], told["complete"]) == ("2026-11-22T15:00:00Z", False)
    assert (told["data_from"], told["data_to"]) == ("2026-11-22T14:10:00Z", "2026-11-22T14:10:00Z")


def test_an_answer_does_not_wait_for_a_long_write(endpoint):
    secret = endpoint.a_key()
    endpoint.post([an_event()], secret)
    meanwhile = endpoint.write(lambda tx: (tx.run("DELETE FROM sheet"), counts_of(endpoint, secret, ""))[1])
    assert meanwhile == 1


def test_a_window_that_was_observed_whole_is_complete(endpoint, clock):
    secret = endpoint.a_key()
    endpoint.post([an_event(timestamp="2026-10-31T23:00:00Z")], secret)
    for hours in range(0, 24 * 23, 24):
        clock.now = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(hours=hours)
        endpoint.post([], secret)
    assert endpoint.get(USAGE, secret).json()["complete"] is True


@pytest.mark.parametrize("path", [BY_KEY, USAGE])
@pytest.mark.parametrize(
    "query", ["period=90d", "period=", "Period=7d", "limit=10", "period=7d&period=7d", "period=7d&x=", "period=7D"]
)
def test_any_other_parameter_is_refused(shared, path, query):
    answer = shared.get(f"{path}?{query}", shared.a_key(account="parameters"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "VALIDATION_ERROR")
    assert answer.json()["error"]["details"] == {"parameter": "period"}


def counts_of(endpoint, secret, period):
    (row,) = endpoint.get(BY_KEY + period, secret).json()["keys"]
    assert sum(row["endpoint_distribution"].values()) == row["request_count"]
    return row["request_count"]
