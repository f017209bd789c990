"""A batch counts whole or not at all, once, whatever breaks off, comes twice or is not yet merged."""

import itertools
from contextlib import closing, suppress
from time import time

import pytest
from clickhouse_builders import PATIENCE_S, ClickHouseHeld, a_cluster
from contract_builders import everything
from store_builders import KEY_IDS, PATHS, a_cell, a_window, epoch, expected

from edgedns_mcp.clickhouse import batches, cleaning, inventory, ledger, schema, upkeep
from edgedns_mcp.clickhouse.batches import Batch
from edgedns_mcp.clickhouse.connection import Cluster
from edgedns_mcp.clickhouse.schema import Shape
from edgedns_mcp.domain.cells import cells_of
from edgedns_mcp.errors import SourceError, StoreError, UnavailableError
from edgedns_mcp.models import Event, Key

NUMBERS = itertools.count()
WINDOW = a_window("2026-10-01T05:00", "2026-10-04T13:00")
HOURS = [a_cell(f"2026-10-0{day}T{hour:02}:00", requests=hour + 1) for day in (1, 2, 3) for hour in (4, 12, 20)]
SPAN = a_cell("2026-10-02T10:20", end=epoch("2026-10-02T10:40"), requests=7)
CELLS = [*HOURS, SPAN]
EVENTS = [
    Event(epoch("2026-10-01") + 7 * number, KEY_IDS[number % 3], PATHS[number % 3], (200, 404)[number % 2], "live")
    for number in range(300)
]


@pytest.fixture
def held(cluster):
    return ClickHouseHeld(cluster, f"batches {next(NUMBERS)}")


@pytest.fixture
def sound(front):
    """The front in good order, before and after."""
    yield front
    front.trouble = lambda statement: None


@pytest.fixture
def over_http(sound):
    with closing(a_cluster(sound.url)) as cluster:
        yield ClickHouseHeld(cluster, f"batches {next(NUMBERS)}")


def found(held):
    return held.ask(lambda view: everything(view, WINDOW))


def send(held, name="one", digest="a", **content):
    return batches.commit(held.cluster.asking(), held._org, Batch(name, digest, **content))


def test_single_requests_are_summed_as_the_reference_sums_them(held):
    assert send(held, events=EVENTS, cells=HOURS)
    assert found(held) == expected([*cells_of(EVENTS), *HOURS], WINDOW)


def test_a_batch_that_is_sent_again_counts_once(held):
    assert [send(held, cells=CELLS) for _ in range(3)] == [True, False, False]
    assert found(held) == expected(CELLS, WINDOW)


def test_one_of_the_same_name_takes_the_place_of_the_earlier_one(held):
    send(held, cells=CELLS)
    send(held, digest="b", cells=HOURS)
    assert found(held) == expected(HOURS, WINDOW)
    send(held, digest="c")
    assert found(held) == expected([], WINDOW)


def test_two_writers_of_one_batch_at_once_count_once(held):
    """Both looked into the ledger before the other one was done."""
    send(held, cells=CELLS)
    send(held, digest="not yet seen", cells=CELLS)
    assert found(held) == expected(CELLS, WINDOW)


def inserting(table, trouble):
    return lambda statement: trouble if statement.startswith(f"INSERT INTO `edgedns`.`{table}`") else None


@pytest.mark.parametrize("trouble", ["gone", "unheard"], ids=["before it is written", "after it, unheard"])
@pytest.mark.parametrize("table", ["cell_hour", "span", "coverage", "ledger"])
def test_a_writer_that_breaks_off_at_any_step_and_tries_again_counts_once(over_http, sound, table, trouble):
    content = {"cells": CELLS, "observed": [("import", (epoch("2026-10-01"), epoch("2026-10-04")))]}
    send(over_http, name="other", cells=HOURS)
    sound.trouble = inserting(table, trouble)
    with pytest.raises(UnavailableError):
        send(over_http, **content)
    sound.trouble = lambda statement: None
    is_committed = (table, trouble) == ("ledger", "unheard")
    assert found(over_http) == expected([*HOURS, *(CELLS if is_committed else ())], WINDOW)
    assert send(over_http, **content) is not is_committed
    assert found(over_http) == expected([*HOURS, *CELLS], WINDOW)


@pytest.mark.parametrize("table", ["cell_hour", "span", "ledger"])
def test_what_the_client_sends_again_because_no_answer_came_never_counts_twice(over_http, sound, table):
    sent = []

    def once(statement):
        sent.append(inserting(table, "unheard")(statement))
        return sent[-1] if sent.count("unheard") == 1 else None

    sound.trouble = once
    with suppress(SourceError):
        send(over_http, cells=CELLS)
    assert sent.count("unheard") == 2
    send(over_http, cells=CELLS)
    assert found(over_http) == expected(CELLS, WINDOW)


@pytest.mark.parametrize("table", ["cell_hour", "span"])
def test_a_block_that_arrives_twice_is_found_before_it_counts(over_http, sound, table):
    sound.trouble = inserting(table, "twice")
    with pytest.raises(SourceError, match="holds other sums than were sent, so nothing of this batch counts"):
        send(over_http, cells=CELLS)
    sound.trouble = lambda statement: None
    assert found(over_http) == expected([], WINDOW)
    assert send(over_http, cells=CELLS)
    assert found(over_http) == expected(CELLS, WINDOW)


def test_parts_that_are_not_merged_give_the_sums_of_merged_ones(held):
    asking = held.cluster.asking()
    for table in ("cell_hour", "cell_day", "key_day", "key"):
        asking.run(f"SYSTEM STOP MERGES ${table}")
    try:
        for number, cell in enumerate(CELLS * 3):
            send(held, name=f"{number}", cells=[cell])
            inventory.put(asking, held._org, [Key(key_id="key_1", name=f"name {number}")])
        unmerged = found(held), held.ask(lambda view: list(view.keys()))
    finally:
        for table in ("cell_hour", "cell_day", "key_day", "key"):
            asking.run(f"SYSTEM START MERGES ${table}")
    for table in ("cell_hour", "cell_day", "key_day", "span", "key"):
        asking.run(f"OPTIMIZE TABLE ${table} FINAL")
    assert unmerged == (expected(CELLS * 3, WINDOW), [Key(key_id="key_1", name=f"name {3 * len(CELLS) - 1}")])
    assert (found(held), held.ask(lambda view: list(view.keys()))) == unmerged


def test_a_question_sees_one_state_however_much_is_written_meanwhile(held):
    send(held, cells=CELLS)
    snapshot = ledger.snapshot(held.cluster.asking(), held._org)
    send(held, name="later", cells=HOURS)
    send(held, name="replaced", cells=HOURS)
    requests = sum(cell.requests for cell in CELLS)
    assert snapshot.stored().requests == requests
    assert snapshot.is_still()


def test_a_commit_of_the_past_that_turns_up_late_is_noticed(held):
    send(held, cells=CELLS)
    snapshot = ledger.snapshot(held.cluster.asking(), held._org)
    held.cluster.asking().run(
        "INSERT INTO $ledger SELECT org, 'late', digest, attempt, committed_at - 5, requests, rejected FROM $ledger "
        "WHERE org = {org:String}",
        {"org": held._org},
    )
    assert not snapshot.is_still()


def test_what_was_replaced_an_hour_ago_is_deleted_and_nothing_changes(held):
    send(held, cells=HOURS)
    send(held, digest="b", cells=CELLS, events=EVENTS)
    state, before = held.ask(lambda view: view.state), found(held)
    held.cluster.asking().run(
        "INSERT INTO $span SELECT * REPLACE (attempt + 1 AS attempt) FROM $span WHERE org = {org:String}",
        {"org": held._org},
    )  # as a write leaves it that broke off
    assert cleaning.clean(held.cluster.asking(), time()) == 0
    assert [len(found) for found in attempts(held)] == [1, 2, 2, 2, 2, 2]
    assert cleaning.clean(held.cluster.asking(), time() + cleaning.KEPT_S + 1) >= 2
    assert [len(found) for found in attempts(held)] == [1, 1, 1, 1, 1, 1]
    assert (found(held), held.ask(lambda view: view.state)) == (before, state)
    assert before == expected([*CELLS, *cells_of(EVENTS)], WINDOW)


def attempts(held):
    """List of each table whose rows it has."""
    of_ours = "FROM ${} WHERE org = {{org:String}}"
    return [
        held.cluster.asking().rows(f"SELECT DISTINCT attempt {of_ours.format(table)}", {"org": held._org})
        for table in ("event", "cell_hour", "cell_day", "key_day", "span", "ledger")
    ]


def test_key_days_are_made_of_the_cells_of_a_database_that_has_none(front):
    with closing(Cluster([front.url], Shape("older"), patience_s=PATIENCE_S)) as cluster:
        asking = cluster.asking()
        asking.run("DROP DATABASE IF EXISTS older")
        asking.run(schema.database(cluster.shape))
        for statement in schema.migrations(cluster.shape)[0].makes:
            asking.run(statement)
        asking.run("INSERT INTO $version (version) SELECT 1")
        held = ClickHouseHeld(cluster, "older")
        for insert in batches.inserts("older", 5 << 20, Batch("one", "a", CELLS, EVENTS), batches.by_kind(CELLS)):
            asking.insert(insert)
        asking.run("INSERT INTO $ledger SELECT 'older', 'one', 'a', {attempt:UInt64}, 1, 1, 0", {"attempt": 5 << 20})
        with pytest.raises(StoreError, match="older than this program; run edgedns-mcp clickhouse migrate"):
            found(held)
        assert [upkeep.migrate(asking), upkeep.migrate(asking)] == [1, 2]
        assert found(held) == expected([*CELLS, *cells_of(EVENTS)], WINDOW)
        assert send(held, name="two", cells=HOURS)
        assert found(held) == expected([*CELLS, *cells_of(EVENTS), *HOURS], WINDOW)
