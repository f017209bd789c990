"""Cells of a few keys are found in two ways; the buckets of every store are in test_store_contract.py."""

from store_builders import HOUR_S, KEY_IDS, a_window, epoch, of, to

from edgedns_mcp.domain import cells as reference
from edgedns_mcp.models import Cell
from edgedns_mcp.store import cells, series, spans


def test_the_cells_of_a_few_keys_are_the_same_however_they_are_looked_for(database):
    """Where many moments end a span, all are gone through instead of looking each key up at each moment."""
    first = epoch("2026-10-01")
    some = [
        Cell(first + 7 * at, first + 7 * at + 3 * HOUR_S, KEY_IDS[at % 3], "/v1/a", "live", 1, 0, first + 7 * at)
        for at in range(spans.MOST_SEEKS // 2)
    ]
    database.write(lambda tx: cells.apply(to(tx), some))
    window = a_window("2026-10-01T01:00", "2026-10-02")
    for key_ids in (KEY_IDS[:1], KEY_IDS[:3]):
        found = database.read(lambda tx, key_ids=key_ids: series.cells(of(tx), window, key_ids))
        assert found == reference.inside(some, window, key_ids)
