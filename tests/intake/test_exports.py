"""An export is read back as it was, whatever its cells are."""

from contextlib import closing
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from edgedns_mcp.intake.importer import import_stream
from edgedns_mcp.intake.plan import Plan
from edgedns_mcp.intake.stream import opened
from edgedns_mcp.models import Cell, Window
from edgedns_mcp.store import accounts, cells, sums
from edgedns_mcp.store.database import Database
from edgedns_mcp.store.exporting import export_counts

FIRST = 1_790_812_800  # 2026-10-01T00:00:00Z
ODD_SPAN = Cell(FIRST + 754, FIRST + 9_001, "key_1", "", "unknown", 40, 2, FIRST + 8_000)
some_cells = st.lists(
    st.builds(
        lambda start, length, key_id, path, bound: Cell(
            FIRST + start, FIRST + start + length, key_id, path, "live", 9, 1, FIRST + start + length - 1, bound
        ),
        st.integers(0, 200_000) | st.integers(0, 48).map(lambda hour: hour * 3600),
        st.sampled_from((3600, 86_400, 61, 7_777)),
        st.sampled_from(("key_1", "key_2", "")),
        st.sampled_from(("/v1/whois", "/v1/dns", "")),
        st.sampled_from(("exact", "lower")),
    ),
    min_size=1,
    max_size=6,
)
windows = st.tuples(st.integers(-2, 80), st.integers(0, 60)).map(
    lambda pair: Window(
        start=datetime.fromtimestamp(FIRST + pair[0] * 3600, UTC),
        end=datetime.fromtimestamp(FIRST + (pair[0] + pair[1]) * 3600, UTC),
        period="asked",
    )
)


def answers(database, window):
    def asked(tx):
        account = accounts.find(tx, "local")
        return sums.totals(account, window), sums.endpoints(account, window, ["key_1", "key_2", ""])

    return database.read(asked)


@given(some=some_cells, window=windows)
def test_what_was_exported_answers_alike_where_it_is_imported(tmp_path_factory, some, window):
    folder = tmp_path_factory.mktemp("export")
    with closing(Database.open(None)) as one, closing(Database.open(None)) as other:
        one.write(lambda tx: cells.apply(accounts.made(tx, "local"), [ODD_SPAN, *some]))
        with (folder / "usage.csv").open("w", newline="") as file:
            one.read(lambda tx: export_counts(accounts.find(tx, "local"), file))
        with opened(folder / "usage.csv") as stream:
            done = import_stream(other, stream, Plan(), folder / "rejects")
        assert (done.rejected, done.requests) == (0, sum(cell.requests for cell in [ODD_SPAN, *some]))
        assert answers(other, window) == answers(one, window)
        with opened(folder / "usage.csv") as stream:
            assert import_stream(other, stream, Plan(), folder / "rejects").requests == 0
