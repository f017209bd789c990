"""Ten thousand real requests: every figure is what an independent count of the same file gives."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from intake_builders import Desk

from edgedns_mcp.models import Window
from edgedns_mcp.store import accounts, sums
from edgedns_mcp.store.database import Database

LOG = Path(__file__).parents[3] / "shared" / "data" / "access.log"
MAY = {"May": 5}

pytestmark = pytest.mark.skipif(not LOG.exists(), reason="the real log is not beside this checkout")


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("real")
    desk = Desk(Database.open(folder / "usage.db"), folder)
    desk.done = desk.take(LOG, "key_id=remote_addr")
    yield desk
    desk.database.close()


@pytest.fixture(scope="module")
def counted():
    """Count by splitting at quotes and blanks: (address, path, status, epoch seconds) of every line."""
    rows = []
    for line in LOG.read_text(encoding="utf-8", errors="replace").splitlines():
        before, request, behind = line.split('"')[:3]
        clock, offset = before.split("[")[1].split("]")[0].split(" ")
        day, month, rest = clock.split("/")
        year, hour, minute, second = rest.split(":")
        assert offset == "+0000"
        at = datetime(int(year), MAY[month], int(day), int(hour), int(minute), int(second), tzinfo=UTC)
        path = request.split(" ", 1)[1].rsplit(" ", 1)[0].split("?")[0].split("#")[0]
        rows.append((before.split(" ")[0], path, int(behind.split(" ")[1]), int(at.timestamp())))
    return rows


def test_every_line_is_a_request(desk, counted):
    assert (desk.done.lines, desk.done.requests, desk.done.rejected) == (10_000, 10_000, 0)
    assert len(counted) == 10_000


def test_every_count_error_count_and_last_activity_is_right(desk, counted):
    requests, errors, last = Counter(), Counter(), {}
    for address, _, status, at in counted:
        requests[address] += 1
        errors[address] += status >= 400
        last[address] = max(at, last.get(address, 0))
    found = desk.totals()
    assert {key_id: tally.requests for key_id, tally in found.items()} == requests
    assert {key_id: tally.errors for key_id, tally in found.items()} == errors
    assert {key_id: tally.last_activity for key_id, tally in found.items()} == last


def test_every_endpoint_of_the_busiest_addresses_is_right(desk, counted):
    requests = Counter(address for address, *_ in counted)
    for busy, _ in requests.most_common(5):
        found = {path: tally.requests for path, tally in desk.endpoints(busy).items()}
        assert found == Counter(path for address, path, *_ in counted if address == busy)


def test_every_hour_is_right(desk, counted):
    first, last = min(row[3] for row in counted), max(row[3] for row in counted)
    hours = range(first - first % 3600, last + 1, 3600)
    expected = Counter(row[3] - row[3] % 3600 for row in counted)
    found = Counter()
    for hour in hours:
        ends = (datetime.fromtimestamp(at, UTC) for at in (hour, hour + 3600))
        window = Window(start=next(ends), end=next(ends), period="an hour")
        counted = desk.database.read(lambda tx, window=window: sums.totals(accounts.find(tx, "local"), window))
        found[hour] = sum(tally.requests for tally in counted.values())
    assert +found == expected
    assert desk.observed() == [(first, last)]


def test_a_second_import_changes_nothing(desk):
    before = desk.everything()
    assert desk.take(LOG, "key_id=remote_addr").requests == 0
    assert desk.everything() == before
