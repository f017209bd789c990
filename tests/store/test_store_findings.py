"""What was done about findings is kept: who knows of them until when, and which address was told."""

from contextlib import closing
from itertools import chain

import pytest
from hypothesis import given
from store_builders import a_cell, a_key, a_window, cell_batches, epoch, of, to, windows

from edgedns_mcp.store import cells, findings, keys, series
from edgedns_mcp.store.database import Database

ONE, OTHER = "7b1da5b90c", "aa5bfcfb4b"
THEN = epoch("2026-10-01")
HERE, THERE = b"here", b"there"


def known(database, now=THEN, name=""):
    return database.read(lambda tx: findings.acknowledged(of(tx, name), now))


def acknowledge(database, finding_id, until, name=""):
    database.write(lambda tx: findings.acknowledge(to(tx, name), finding_id, until))


def claim(database, *finding_ids, address=HERE, name=""):
    return database.write(lambda tx: findings.claim(to(tx, name), finding_ids, address, THEN))


def release(database, *finding_ids, address=HERE, name=""):
    database.write(lambda tx: findings.release(to(tx, name), finding_ids, address))


def test_a_finding_is_hidden_until_its_moment(database):
    acknowledge(database, ONE, THEN + 60)
    acknowledge(database, OTHER, THEN + 10)
    assert known(database) == {ONE: THEN + 60, OTHER: THEN + 10}
    assert known(database, THEN + 10) == {ONE: THEN + 60}
    assert known(database, THEN + 60) == {}


def test_a_later_word_about_a_finding_takes_the_place_of_the_earlier_one(database):
    acknowledge(database, ONE, THEN + 60)
    acknowledge(database, ONE, THEN + 5)
    assert known(database) == {ONE: THEN + 5}


def test_an_address_is_told_of_a_finding_once(database):
    assert claim(database, ONE) == [ONE]
    assert claim(database, OTHER, ONE) == [OTHER]
    assert claim(database, OTHER, ONE) == []
    assert claim(database, ONE, OTHER, address=THERE) == [ONE, OTHER]


def test_what_could_not_be_told_may_be_told_again(database):
    claim(database, ONE, OTHER)
    claim(database, ONE, address=THERE)
    release(database, ONE)
    assert claim(database, ONE, OTHER) == [ONE]
    assert claim(database, ONE, address=THERE) == []


def test_accounts_know_nothing_of_each_other(database):
    acknowledge(database, ONE, THEN + 60, name="acme")
    claim(database, ONE, name="acme")
    assert known(database, name="globex") == {}
    assert claim(database, ONE, name="globex") == [ONE]
    release(database, ONE, name="globex")
    assert claim(database, ONE, name="acme") == []
    assert known(database, name="acme") == {ONE: THEN + 60}


def test_what_was_done_about_findings_outlives_the_process(path):
    with closing(Database.open(path)) as database:
        acknowledge(database, ONE, THEN + 60)
        claim(database, ONE)
    with closing(Database.open(path)) as database:
        assert known(database) == {ONE: THEN + 60}
        assert claim(database, ONE) == []


@given(some=cell_batches, window=windows)
def test_environments_are_those_of_the_cells_on_the_days_of_the_window(some, window):
    """Hours count for the whole UTC day, other cells where they reach into the window."""
    with closing(Database.open(None)) as database:
        for batch in some:
            database.write(lambda tx, batch=batch: cells.apply(to(tx), batch))
        found = database.read(lambda tx: series.environments(of(tx), window))
    start, end = int(window.start.timestamp()), int(window.end.timestamp())
    expected: dict[str, set[str]] = {}
    for cell in chain(*some):
        first, until = start, end
        if is_hour(cell):
            first, until = start // 86_400 * 86_400, -(-end // 86_400) * 86_400
        if cell.start < until and cell.end > first and (cell.requests or is_hour(cell)):
            expected.setdefault(cell.key_id, set()).add(cell.environment)
    assert {key_id: set(where) for key_id, where in found.items()} == expected


def is_hour(cell):
    return cell.bound == "exact" and cell.start % 3600 == 0 and cell.end - cell.start == 3600


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (("2026-10-01", "2026-10-02"), {"key_1": {"live"}}),
        (("2026-10-01T23:00", "2026-10-02T01:00"), {"key_1": {"live", "test"}, "key_2": {"unknown"}}),
        (("2026-10-03", "2026-10-04"), {"key_1": {"test"}}),
        (("2026-10-05", "2026-10-06"), {}),
    ],
)
def test_a_key_was_seen_where_its_cells_say(database, window, expected):
    day = a_cell("2026-10-03T00:00", end=epoch("2026-10-04"), environment="test")
    some = [
        a_cell(),
        a_cell("2026-10-02T10:00", environment="test"),
        a_cell("2026-10-02T10:00", key_id="key_2", environment="unknown"),
        day,
    ]
    database.write(lambda tx: (keys.put_keys(to(tx), [a_key()]), cells.apply(to(tx), some)))
    assert database.read(lambda tx: series.environments(of(tx), a_window(*window))) == expected
