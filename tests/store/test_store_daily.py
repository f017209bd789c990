"""The calls that are made once a day are made at most once, and the totals that they told are found by their time."""

from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_builders import a_key, epoch, of, to, utc

from edgedns_mcp.models import AccountTotal, KeyDates
from edgedns_mcp.store import daily, keys
from edgedns_mcp.store.daily import Call, Outcome
from edgedns_mcp.store.database import Database
from edgedns_mcp.store.forgetting import forget_before

DAY_S = 86_400
MIDNIGHT = epoch("2026-10-05")
CALL, OTHERS = Call("v1/keys", "a fingerprint"), Call("v1/keys", "another one")


def claim(database, call=CALL, now=MIDNIGHT, since=MIDNIGHT, name=""):
    return database.write(lambda tx: daily.claim(to(tx, name), call, now, since))


def settle(database, call, outcome):
    database.write(lambda tx: daily.settle(to(tx), call, outcome))


def last(database, call=CALL):
    return database.read(lambda tx: daily.last(of(tx), call))


def a_total(taken_at="2026-10-05T12:00", requests=120, keys_requests=100):
    return AccountTotal(taken_at=utc(taken_at), requests=requests, keys_requests=keys_requests, quota=1000)


def keep(database, *totals):
    for one in totals:
        database.write(lambda tx, one=one: daily.keep_total(to(tx), one))


def total(database, since, before):
    return database.read(lambda tx: daily.total(of(tx), epoch(since), epoch(before)))


def test_a_call_is_noted_before_it_is_made(database):
    assert claim(database)
    assert last(database) == Outcome(MIDNIGHT, False, "Asked, and no answer was noted")
    assert not claim(database, now=MIDNIGHT + 60)


def test_a_new_day_a_failure_of_another_api_key_and_another_account_allow_it_again(database):
    assert claim(database)
    assert claim(database, OTHERS, MIDNIGHT + 60)
    assert claim(database, name="acme")
    assert claim(database, now=MIDNIGHT + DAY_S, since=MIDNIGHT + DAY_S)


def test_an_answer_counts_for_every_api_key_of_the_account(database):
    settle(database, CALL, Outcome(MIDNIGHT + 5, True, "2 of 2 keys"))
    assert not claim(database, OTHERS, MIDNIGHT + 60)
    assert last(database, OTHERS) == Outcome(MIDNIGHT + 5, True, "2 of 2 keys")
    settle(database, CALL, Outcome(MIDNIGHT + 9, False, "no"))
    assert last(database, OTHERS) is None


def test_a_note_of_a_clock_that_was_a_year_ahead_does_not_silence_a_call_for_a_year(database):
    claim(database, now=MIDNIGHT + 365 * DAY_S)
    assert claim(database, now=MIDNIGHT)


@given(st.lists(st.tuples(st.integers(0, 4 * DAY_S), st.sampled_from([CALL, OTHERS]), st.booleans()), max_size=30))
def test_however_it_is_claimed_each_day_has_at_most_one_call_of_each_api_key(turns):
    with closing(Database.open(None)) as database:
        made, answered = set(), set()
        for offset, call, is_good in sorted(turns):
            day, now = offset // DAY_S, MIDNIGHT + offset
            may = claim(database, call, now, MIDNIGHT + day * DAY_S)
            assert may == ((day, call) not in made and day not in answered)
            if may:
                made.add((day, call))
                settle(database, call, Outcome(now, is_good, "told"))
                answered |= {day} if is_good else set()


def test_the_newest_total_of_a_time_is_given(database):
    first, second = a_total(), a_total("2026-10-06T12:00", 150)
    keep(database, second, first)
    assert total(database, "2026-10-01", "2026-11-01") == second
    assert total(database, "2026-10-01", "2026-10-06T12:00") == first
    assert total(database, "2026-10-07", "2026-11-01") is None


@pytest.mark.parametrize(("requests", "rest"), [(120, 20), (100, 0), (99, None)])
def test_a_rest_is_never_below_nothing(requests, rest):
    assert a_total(requests=requests).unattributed == rest


def test_forgetting_the_past_forgets_its_totals(database):
    keep(database, a_total(), a_total("2026-10-06T12:00", 150))
    forget_before(database, epoch("2026-10-06") // DAY_S)
    assert total(database, "2026-10-01", "2026-10-06") is None
    assert total(database, "2026-10-01", "2026-11-01").requests == 150


def test_what_is_seen_of_a_key_leaves_its_dates_and_its_team(database):
    dates = KeyDates("key_1", utc("2026-01-15"), utc("2027-01-15"), utc("2026-10-05"))
    database.write(lambda tx: keys.put_keys(to(tx), [a_key(team="payments", cost_center="CC-410")]))
    database.write(lambda tx: keys.date_keys(to(tx), [dates, dates._replace(key_id="key_of_nobody")]))
    database.write(lambda tx: keys.see_keys(to(tx), [a_key(name="renamed", environment="test"), a_key("key_2")]))
    first, second = database.read(lambda tx: keys.list_keys(of(tx)))
    assert first == a_key(
        name="renamed",
        environment="test",
        team="payments",
        cost_center="CC-410",
        created_at=dates.created_at,
        expires_at=dates.expires_at,
        last_used_at=dates.last_used_at,
    )
    assert second == a_key("key_2")
