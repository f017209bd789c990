"""Token buckets: how often somebody may, and when again."""

import pytest

from edgedns_mcp.domain.token_buckets import MOST_NAMES, Buckets


class Tick:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def tick():
    return Tick()


def test_a_minute_s_worth_may_come_at_once_and_the_next_when_it_is_due(tick):
    buckets = Buckets(6, tick)
    assert [buckets.take("a") for _ in range(8)] == [0.0] * 6 + [10.0] * 2
    tick.now += 9
    assert buckets.take("a") == pytest.approx(1.0)
    tick.now += 1
    assert [buckets.take("a"), buckets.take("a")] == [0.0, 10.0]


def test_a_pause_fills_a_bucket_and_never_above_its_brim(tick):
    buckets = Buckets(2, tick)
    buckets.take("a")
    tick.now += 3600
    assert [buckets.take("a") for _ in range(3)] == [0.0, 0.0, 30.0]


def test_each_name_has_a_bucket_of_its_own(tick):
    buckets = Buckets(1, tick)
    assert [buckets.take("a"), buckets.take("b"), buckets.take("a")] == [0.0, 0.0, 60.0]


def test_what_was_charged_on_credit_is_paid_back(tick):
    buckets = Buckets(60, tick)
    for _ in range(70):
        buckets.charge("a")
    assert buckets.wait_s("a") == pytest.approx(11.0)


def test_zero_is_no_limit(tick):
    buckets = Buckets(0, tick)
    assert {buckets.take("a") for _ in range(100)} == {0.0}


def test_a_flood_of_names_does_not_fill_the_memory(tick):
    buckets = Buckets(1, tick)
    for name in range(MOST_NAMES + 5):
        buckets.charge(name)
    assert len(buckets._buckets) == MOST_NAMES
    assert (buckets.wait_s(0), buckets.wait_s(MOST_NAMES)) == (0.0, 60.0)
