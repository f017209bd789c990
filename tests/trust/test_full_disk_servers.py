"""A full or failing disk under an endpoint and a recorder: nothing is acknowledged but what is kept, once."""

import os
from contextlib import closing

import pytest
from charged_usage import a_use, add
from endpoint_builders import an_event, running
from fake_edgedns import a_body, a_key, ok
from faulty_disk import FAULTS, faulty_disk
from homes import upstream
from operations import OBSERVED, Home, holds_what_it_sums
from small_disks import mounted, read_only, room
from stored_cells import stored_rows

from edgedns_mcp.models import Reading
from edgedns_mcp.store.database import Database

ALL = bool(os.environ.get("SOAK_SWEEPS"))
BATCH = 5
ROOMS = range(60) if ALL else range(0, 60, 6)
CALLS = range(1, 25) if ALL else range(1, 25, 3)
ROOM_FOR_A_READING = 60  # blocks, more than one needs
KEY = "edns_live_" + "disk" * 8
PATHS = {f"/v1/{number}" + "x" * 300: 100 + number for number in range(30)}
COUNTERS = ok(a_body(a_key("key_a", sum(PATHS.values()), 0, endpoint_distribution=PATHS, last_activity=None)))


def a_batch(number):
    """Make a batch, the same at each call, with paths that need room of their own."""
    at = f"2026-11-{1 + number % 20:02}T{number % 24:02}:10:00Z"
    return [an_event(timestamp=at, endpoint=f"/v1/{number}/{place}" + "x" * 200) for place in range(BATCH)]


def sent(endpoint, secret, number):
    return endpoint.post(a_batch(number), secret, **{"Idempotency-Key": f"batch-{number}"})


def all_sent_again(endpoint, secret, numbers, acknowledged):
    """Send everything once more; nothing that was acknowledged is new, and all the rest is taken now."""
    for number in numbers:
        answer = sent(endpoint, secret, number)
        assert answer.status_code == 200, answer.text
        assert answer.json()["duplicate"] >= (number in acknowledged), number
    assert endpoint.read(stored_rows) == BATCH * len(numbers)


def refused_whole(answer):
    """Check that a batch was refused in a sentence; a server that cannot even look at the key says so as well."""
    assert answer.status_code == 503, answer.text
    assert answer.headers["Retry-After"]
    said = answer.json()["error"]
    assert (said["code"], said["message"]) == (
        "SERVICE_UNAVAILABLE",
        "The database cannot answer now, and nothing was changed. Send the same request again.",
    )


def test_an_endpoint_on_a_full_disk_acknowledges_nothing_that_it_has_not_kept(tmp_path, caplog):
    with mounted(tmp_path / "disk") as disk, running(disk / "usage.db", rate_limit=0) as endpoint:
        secret, acknowledged = endpoint.a_key(), set()
        for number in ROOMS:
            with room(disk, number % 30 // 2):
                answer = sent(endpoint, secret, number)
            if answer.status_code == 200:
                acknowledged.add(number)
            else:
                refused_whole(answer)
        assert 0 < len(acknowledged) < len(ROOMS)
        all_sent_again(endpoint, secret, ROOMS, acknowledged)
    assert "is full, nothing was changed" in caplog.text
    print(f"{len(ROOMS)} batches, {len(ROOMS) - len(acknowledged)} refused")


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_an_endpoint_acknowledges_nothing_while_a_write_or_a_sync_fails(tmp_path, fault):
    with faulty_disk(tmp_path / "first.db") as disk, running(tmp_path / "usage.db", rate_limit=0) as endpoint:
        secret, acknowledged = endpoint.a_key(), set()
        for number in CALLS:
            disk.fail(fault, number)
            answer = sent(endpoint, secret, number)
            disk.mend()
            if answer.status_code == 200:
                acknowledged.add(number)
            else:
                refused_whole(answer)
            assert endpoint.read(stored_rows) == BATCH * len(acknowledged), number
        assert 0 < len(acknowledged) < len(CALLS)
        all_sent_again(endpoint, secret, CALLS, acknowledged)
    assert holds_what_it_sums(tmp_path / "usage.db")


def test_an_endpoint_on_a_disk_that_may_only_be_read_is_refused_in_one_sentence(tmp_path):
    with mounted(tmp_path / "disk") as disk:
        home = Home(disk)
        add(home.database, [a_use("2026-11-20T10", 7)], (), OBSERVED)
        with read_only(disk):
            code, _, told = home.run("endpoint", "--port", "0")
        assert code == 1
        assert told == (
            f"The database {home.database} lies where nothing may be written, and can be read there only while a "
            "process that may write has it open; read a copy that edgedns-mcp backup made.\n"
        )


def readings_in(path):
    """Give the requests that each kept reading states, and what the cells hold."""
    with closing(Database.open(path)) as database:
        bodies, rows = database.read(
            lambda tx: (tx.rows("SELECT body FROM reading ORDER BY reading_no"), stored_rows(tx))
        )
    stated = [sum(key.requests for key in Reading.model_validate_json(body).keys) for (body,) in bodies]
    return stated, rows


def test_a_recorder_on_a_full_disk_keeps_a_reading_whole_or_not_at_all(tmp_path):
    with mounted(tmp_path / "disk") as disk, upstream(COUNTERS) as edgedns:
        home, refused = Home(disk / "home"), 0
        home.folder.mkdir()
        for blocks in range(0, ROOM_FOR_A_READING, 1 if ALL else 12):
            home.database.unlink(missing_ok=True)
            with room(disk, blocks):
                code, _, told = home.run("record", EDGEDNS_API_KEY=KEY, EDGEDNS_BASE_URL=edgedns.url)
            assert len(readings_in(home.database)[0]) == (code == 0), told
            assert code == 0 or ("is full, nothing was changed" in told and told.count("\n") == 1), told
            refused += code != 0
            if code != 0:
                assert home.run("record", EDGEDNS_API_KEY=KEY, EDGEDNS_BASE_URL=edgedns.url)[0] == 0
            assert readings_in(home.database) == ([sum(PATHS.values())], 0)
        assert refused > 0
