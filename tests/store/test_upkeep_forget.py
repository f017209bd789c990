"""Forgetting: the figures that are left are exact, and of what was forgotten no byte is left."""

from contextlib import closing
from itertools import chain

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from store_builders import (
    KEY_IDS,
    PATHS,
    a_cell,
    a_key,
    a_reading,
    a_window,
    cell_batches,
    epoch,
    everything,
    expected,
    of,
    opened,
    stored,
    to,
    windows,
)

from edgedns_mcp.domain.counters import Known, Seen, Snapshot
from edgedns_mcp.errors import StoreError
from edgedns_mcp.models import Tally
from edgedns_mcp.store import accounts, cells, coverage, keys, readings, snapshots, stated, sums
from edgedns_mcp.store.coverage import Unread
from edgedns_mcp.store.database import Database
from edgedns_mcp.store.forgetting import forget_before, forget_key, known_keys
from edgedns_mcp.store.readings import Kept

DAY_S = 86_400
SECRET_ID, SECRET_NAME, SECRET_PATH = "key_of_the_secret_project", "the-secret-project", "/v1/secret-path"
ALL_TIME = a_window("1970-01-01", "2100-01-01")
days = st.integers(-1, 6)


def put(database, some, name=""):
    for batch in some:
        database.write(lambda tx, batch=batch: cells.apply(to(tx, name), batch))


def everything_in(database, window):
    return database.read(lambda tx: everything(tx, window))


@given(some=cell_batches, late=cell_batches, key_id=st.sampled_from(KEY_IDS[:2]), window=windows)
@example(some=[[a_cell()]], late=[[a_cell()]], key_id="key_1", window=a_window())
def test_what_is_left_after_forgetting_a_key_counts_as_in_the_reference(some, late, key_id, window):
    made = [cell for cell in chain(*some) if cell.key_id != key_id]
    gone = sum(cell.requests for cell in chain(*some)) - sum(cell.requests for cell in made)
    with closing(Database.open(None)) as database:
        put(database, some)
        assert forget_key(database, key_id).requests == gone
        assert everything_in(database, window) == expected(made, window)
        assert key_id not in {named.key_id for named in known_keys(database)}
        put(database, late)
        assert everything_in(database, window) == expected([*made, *chain(*late)], window)


@given(some=cell_batches, late=cell_batches, day=days, window=windows)
def test_what_is_left_after_forgetting_the_past_counts_as_in_the_reference(some, late, day, window):
    cut = epoch("2026-10-01") + day * DAY_S
    made = [cell for cell in chain(*some) if cell.end > cut]
    with closing(Database.open(None)) as database:
        put(database, some)
        done = forget_before(database, cut // DAY_S)
        assert done.requests == sum(cell.requests for cell in chain(*some)) - sum(cell.requests for cell in made)
        assert everything_in(database, window) == expected(made, window)
        put(database, late)
        assert everything_in(database, window) == expected([*made, *chain(*late)], window)


def a_database_with_a_secret(database):
    """Fill every table that can hold a key: a secret one, another, and the same secret one elsewhere."""
    secret = a_key(SECRET_ID, name=SECRET_NAME, team="secret-team")
    other = a_key("key_2", name="search-api", replaced_by=SECRET_ID)
    hour = a_cell(key_id=SECRET_ID, endpoint=SECRET_PATH)
    day = a_cell("2026-10-02", key_id=SECRET_ID, end=epoch("2026-10-03"), last_activity=epoch("2026-10-02"))

    def filled(tx):
        ours = to(tx)
        keys.put_keys(ours, [secret, other])
        cells.apply(ours, [hour, day, a_cell(key_id="key_2")])
        stated.state(ours, [(1, day)])
        counters = [(at, SECRET_ID, Snapshot(epoch(f"2026-10-0{at}"), at * 10, 0)) for at in (4, 5)]
        snapshots.take(ours, counters)
        cells.apply(to(tx, "others"), [hour])
        theirs = accounts.made(tx, "edgedns", "acme")
        reading = a_reading()
        named = reading.keys[0].model_copy(update={"key": secret})
        both = reading.model_copy(update={"keys": (*reading.keys, named), "gone": (named,)})
        readings.keep(theirs, Kept(reading=both, credential="digest"))
        seen = {key.key.key_id: Seen(at=both.taken_at, counters=key) for key in both.keys}
        readings.learn(theirs, Known(began=both.taken_at, taken_at=both.taken_at, since=both.taken_at, keys=seen))

    database.write(filled)


def bytes_of(path):
    return b"".join(each.read_bytes() for each in path.parent.iterdir() if each.is_file())


def test_no_byte_of_a_forgotten_key_is_left(path):
    with opened(path) as database:
        a_database_with_a_secret(database)
        put(database, [[a_cell(f"2026-10-{day:02}T10:00", key_id=SECRET_ID)] for day in range(6, 20)])
        words = [word.encode() for word in (SECRET_ID, SECRET_NAME, SECRET_PATH, "secret-team")]
        assert all(word in bytes_of(path) for word in words)
        done = forget_key(database, SECRET_ID)
        assert (done.requests, done.is_erased) == (10 + 10 + 10 + 10 + 14 * 10, True)
        assert [word for word in words if word in bytes_of(path)] == []
        left = database.read(lambda tx: sums.totals(of(tx), ALL_TIME))
        assert {key_id: tally.requests for key_id, tally in left.items()} == {"key_2": 10}
    assert [word for word in words if word in bytes_of(path)] == []


def test_what_others_have_stays_when_a_key_is_forgotten(database):
    a_database_with_a_secret(database)
    forget_key(database, SECRET_ID)
    assert database.read(lambda tx: keys.list_keys(of(tx))) == [a_key("key_2", name="search-api")]

    def recorded(tx):
        account = accounts.find(tx, "edgedns", "acme")
        return readings.last(account).reading, readings.known(account)

    reading, known = database.read(recorded)
    assert reading == a_reading()
    assert set(known.keys) == {"key_1"}
    assert known_keys(database) == [("key_1", {"payments-api"}), ("key_2", {"search-api"})]


def test_a_key_is_known_by_every_name_it_had(database):
    def renamed(tx):
        account = accounts.made(tx, "edgedns", "acme")
        keys.put_keys(account, [a_key(name="billing-api")])
        readings.keep(account, Kept(reading=a_reading(), credential="digest"))

    database.write(renamed)
    assert known_keys(database) == [("key_1", {"payments-api", "billing-api"})]


def test_requests_without_a_key_are_no_key(database):
    put(database, [[a_cell(key_id="")]])
    assert known_keys(database) == []


def test_old_pages_that_another_process_reads_go_when_it_is_done(path, monkeypatch):
    monkeypatch.setattr("edgedns_mcp.store.database.BUSY_MS", 50)
    with opened(path) as database, opened(path) as reader:
        a_database_with_a_secret(database)

        def during(tx):
            tx.value("SELECT count(*) FROM key")
            return forget_key(database, SECRET_ID).is_erased

        assert reader.read(during) is False
        assert forget_key(database, SECRET_ID).is_erased is True
        assert SECRET_ID.encode() not in bytes_of(path)


def test_bytes_that_cannot_be_erased_now_are_told_with_the_way_to_erase_them_later(path, monkeypatch):
    monkeypatch.setattr("edgedns_mcp.store.database.BUSY_MS", 50)
    with opened(path) as database, opened(path) as other:
        a_database_with_a_secret(database)

        def another_begins_to_write(*_):
            other._connection.execute("BEGIN IMMEDIATE")
            return 0

        database._connection.set_wal_hook(another_begins_to_write)
        with pytest.raises(StoreError, match=r"could not be erased; .* run edgedns-mcp forget --before 1970-01-01\."):
            forget_key(database, SECRET_ID)
        database._connection.set_wal_hook(None)
        other._connection.execute("ROLLBACK")
        assert SECRET_ID not in {named.key_id for named in known_keys(database)}
        assert forget_before(database, 0).is_erased
        assert SECRET_ID.encode() not in bytes_of(path)


def the_past(database):
    """Fill every table with something before, over and after midnight of 3 October."""
    hours = [a_cell(f"2026-10-0{day}T10:00", key_id=f"key_{day}") for day in (1, 2, 3, 4)]
    over = a_cell("2026-10-02T12:00", end=epoch("2026-10-03T12:00"), key_id="key_5", endpoint=PATHS[0])

    def filled(tx):
        account = to(tx)
        cells.apply(account, [*hours, over])
        coverage.observe(account, "import", epoch("2026-09-01"), epoch("2026-09-02"))
        coverage.observe(account, "import", epoch("2026-10-01T10:00"), epoch("2026-10-04T10:30"))
        unread = [Unread(at, at + 3600, 1) for at in (epoch("2026-10-01"), epoch("2026-10-04"))]
        coverage.note_unread(account, unread)
        for day in (2, 4):
            readings.keep(account, Kept(reading=a_reading(f"2026-10-0{day}T10:00"), credential="digest"))

    database.write(filled)


def test_answers_begin_where_the_past_was_forgotten(database):
    the_past(database)
    cut = epoch("2026-10-03")
    done = forget_before(database, cut // DAY_S)
    assert (done.requests, done.kept_spans, done.is_erased) == (20, 1, True)

    def left(tx):
        account = of(tx)
        return (
            coverage.stretches(account),
            [one.start for one in coverage.unread(account, 0, epoch("2027-01-01"))],
            readings.count(tx),
            {key_id: tally.requests for key_id, tally in sums.totals(account, ALL_TIME).items()},
        )

    assert database.read(left) == (
        [(cut, epoch("2026-10-04T10:30"))],
        [epoch("2026-10-04")],
        1,
        {"key_3": 10, "key_4": 10, "key_5": 10},
    )


def test_keys_of_the_inventory_stay_and_keys_found_in_the_past_go(database):
    the_past(database)
    database.write(lambda tx: keys.put_keys(to(tx), [a_key("key_1")]))
    forget_before(database, epoch("2026-10-03") // DAY_S)
    assert [named.key_id for named in known_keys(database)] == ["key_1", "key_3", "key_4", "key_5"]


def test_the_next_counter_still_counts_from_the_last_one_before_the_day(database):
    def counted(at, total):
        line = (1, "key_1", Snapshot(epoch(at), total, 0))
        return database.write(lambda tx: snapshots.take(to(tx), [line])).requests

    assert [counted("2026-10-01", 10), counted("2026-10-02", 30)] == [0, 20]
    assert forget_before(database, epoch("2026-10-03") // DAY_S).requests == 20
    assert counted("2026-10-04", 37) == 7
    window = a_window("2026-10-02", "2026-10-04")
    assert database.read(lambda tx: sums.totals(of(tx), window))["key_1"][:2] == Tally(7, 0, None)[:2]


@pytest.mark.parametrize("day", [1, 40_000])
def test_a_day_before_or_after_all_data_is_a_day_like_any_other(database, day):
    the_past(database)
    done = forget_before(database, day)
    assert done.requests == (50 if day > 1 else 0)
    assert stored(database) == 50 - done.requests


@pytest.mark.parametrize(
    "forget",
    [lambda database: forget_key(database, "key_1"), lambda database: forget_before(database, 40_000)],
    ids=["a key", "the past"],
)
def test_a_new_key_inherits_nothing_of_a_forgotten_one(database, forget):
    put(database, [[a_cell()]])
    forget(database)
    put(database, [[a_cell("2026-10-05T10:00", key_id="key_2", endpoint=PATHS[0])]])
    found = database.read(lambda tx: sums.endpoints(of(tx), ALL_TIME, ["key_2"]))
    assert {path: tally.requests for path, tally in found["key_2"].items()} == {PATHS[0]: 10}


def test_forgetting_twice_changes_nothing_more(database):
    the_past(database)
    forget_before(database, epoch("2026-10-03") // DAY_S)
    again = forget_before(database, epoch("2026-10-03") // DAY_S)
    assert (again.requests, again.kept_spans, stored(database)) == (0, 1, 30)
