"""Export: every cell, exactly, and in no more memory than a row needs."""

import csv
import io
import tracemalloc
from contextlib import closing
from datetime import datetime
from itertools import chain

from hypothesis import example, given
from store_builders import a_cell, a_key, cell_batches, of, to

from edgedns_mcp.models import Cell
from edgedns_mcp.store import cells, keys
from edgedns_mcp.store.database import Database
from edgedns_mcp.store.exporting import export_counts, export_keys

MANY, SOME_BYTES = 4_000, 200_000


def put(database, some, name=""):
    database.write(lambda tx: cells.apply(to(tx, name), some))


def exported(database, write=export_counts):
    file = io.StringIO()
    count = database.read(lambda tx: write(of(tx), file))
    rows = list(csv.DictReader(io.StringIO(file.getvalue())))
    assert count == len(rows)
    return rows


def cell_of(row):
    start, end, last = (
        int(datetime.fromisoformat(row[name]).timestamp()) for name in ("start", "end", "last_activity")
    )
    figures = int(row["requests"]), int(row["errors"]), last, row["bound"]
    return Cell(start, end, row["key_id"], row["endpoint"], row["environment"], *figures)


def merged(some):
    """Add cells of one place, as the store does."""
    found = {}
    for cell in some:
        place = cell._replace(requests=0, errors=0, last_activity=0)
        had = found.get(place, place)
        found[place] = cell._replace(
            requests=had.requests + cell.requests,
            errors=had.errors + cell.errors,
            last_activity=max(had.last_activity, cell.last_activity),
        )
    return sorted(found.values())


@given(some=cell_batches)
@example(some=[[a_cell(requests=0, errors=0)], [a_cell(endpoint="/health")]])
def test_every_cell_of_any_length_and_bound_is_exported(some):
    with closing(Database.open(None)) as database:
        for batch in some:
            put(database, batch)
        put(database, [a_cell()], "others")
        assert sorted(map(cell_of, exported(database))) == merged(chain(*some))


@given(some=cell_batches)
@example(some=[[a_cell(key_id="key_2")], [a_cell()]])
@example(some=[[a_cell(endpoint="/v1/whois")], [a_cell(endpoint="/health")]])
def test_the_same_cells_are_the_same_text_whatever_came_first(some):
    with closing(Database.open(None)) as database, closing(Database.open(None)) as other:
        for batch in some:
            put(database, batch)
        for batch in reversed(some):
            put(other, batch[::-1])
        assert exported(database) == exported(other)


def test_names_with_commas_quotes_and_lines_are_kept(database):
    strange = 'a,"b"\n=c'
    put(database, [a_cell(key_id=strange, endpoint="/v1/ä,b")])
    (row,) = exported(database)
    assert (row["key_id"], row["endpoint"]) == (strange, "/v1/ä,b")


def test_an_export_holds_no_more_than_a_row(database):
    put(database, [a_cell(key_id=f"key_{number:0100}") for number in range(MANY)])

    class Nowhere(io.StringIO):
        def write(self, text):
            return len(text)

    tracemalloc.start()
    try:
        assert database.read(lambda tx: export_counts(of(tx), Nowhere())) == MANY
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < SOME_BYTES


def test_without_an_inventory_the_keys_found_in_the_data_are_exported(database):
    put(database, [a_cell(), a_cell(key_id="")])
    assert [row["key_id"] for row in exported(database, export_keys)] == ["key_1"]
    database.write(lambda tx: keys.put_keys(to(tx), [a_key("key_2", team="payments")]))
    assert [(row["key_id"], row["team"]) for row in exported(database, export_keys)] == [("key_2", "payments")]
