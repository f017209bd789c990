"""A copy brings the same answers, goes on where it broke off, and brings what changed."""

import itertools
from contextlib import closing

import pytest
from clickhouse_builders import ClickHouseHeld, a_cluster
from contract_builders import everything
from store_builders import KEY_IDS, a_cell, a_key, a_window, epoch, of, to, utc

from edgedns_mcp.clickhouse.copying import Copy
from edgedns_mcp.errors import UsageError
from edgedns_mcp.models.work import tell_nobody
from edgedns_mcp.sources.stored import StoreView
from edgedns_mcp.store import cells, coverage, keys
from edgedns_mcp.store.coverage import Unread
from edgedns_mcp.store.database import Database

NUMBERS = itertools.count()
DAYS = [a_cell(f"2026-10-{day:02}T10:00", key_id=KEY_IDS[day % 2], requests=day) for day in range(1, 8)]
SPANS = [
    a_cell("2026-10-02", end=epoch("2026-10-03"), last_activity=epoch("2026-10-02")),
    a_cell("2026-09-20T10:20", end=epoch("2026-10-02T10:40"), bound="lower"),
]
BATCHES = len(DAYS) + 1 + 2  # both spans ended on one day; what was observed, and the keys


@pytest.fixture
def org():
    return f"copied {next(NUMBERS)}"


@pytest.fixture
def base(org):
    with closing(Database.open(None)) as database:
        database.write(lambda tx: fill(to(tx, org)))
        yield database


def fill(account):
    keys.put_keys(account, [a_key(), a_key("key_2", revoked_at=utc("2026-10-05"), allowed_environments=("live",))])
    cells.apply(account, [*DAYS, *SPANS])
    coverage.observe(account, "import", epoch("2026-09-20"), epoch("2026-10-07T11:00"))
    coverage.note_unread(account, [Unread(epoch("2026-10-02"), epoch("2026-10-03"), 3)])


def asked(view):
    window = a_window("2026-10-02T05:00", "2026-10-06T11:00")
    return everything(view, window, "who"), list(view.keys()), view.coverage(window), view.observed()


def both(base, cluster, org):
    now = utc("2026-11-22T10:30:15")
    ours = base.read(lambda tx: asked(StoreView(of(tx, org), "local", now)))
    return ours, ClickHouseHeld(cluster, org).ask(asked)


def copied(base, cluster, org, tell=tell_nobody, **how):
    return Copy(base, cluster, org).run(tell, **how)


def test_a_copy_gives_the_same_answers(base, cluster, org):
    done = copied(base, cluster, org)
    assert (done.keys, done.requests) == (2, sum(cell.requests for cell in (*DAYS, *SPANS)))
    ours, theirs = both(base, cluster, org)
    assert theirs == ours


def test_a_copy_that_is_repeated_writes_nothing(base, cluster, org):
    assert copied(base, cluster, org).written == BATCHES
    assert copied(base, cluster, org).written == 0


def test_what_changed_takes_the_place_of_what_was(base, cluster, org):
    copied(base, cluster, org)
    base.write(lambda tx: cells.apply(to(tx, org), [a_cell("2026-10-03T22:00", requests=5)]))
    base.write(lambda tx: keys.put_keys(to(tx, org), [a_key(name="renamed")]))
    assert copied(base, cluster, org).written == 2
    ours, theirs = both(base, cluster, org)
    assert theirs == ours


def test_a_quick_copy_looks_at_the_latest_days_and_at_all_where_the_sums_differ(base, cluster, org):
    looked_at = []
    copied(base, cluster, org)
    base.write(lambda tx: cells.apply(to(tx, org), [a_cell("2026-10-07T22:00", requests=5)]))
    done = copied(base, cluster, org, lambda far: looked_at.append(far.size), quick=True)
    assert (done.written, {*looked_at}) == (1, {2 + 1})  # two days, and what was observed
    base.write(lambda tx: cells.apply(to(tx, org), [a_cell("2026-10-02T22:00", requests=5)]))
    assert copied(base, cluster, org, quick=True).written == 1
    ours, theirs = both(base, cluster, org)
    assert theirs == ours


def test_what_is_gone_here_is_gone_there(base, cluster, org):
    copied(base, cluster, org)
    base.write(lambda tx: tx.run("DELETE FROM sheet WHERE day = ?", (epoch("2026-10-01") // 86_400,)))
    base.write(lambda tx: tx.run("DELETE FROM key WHERE key_id = 'key_2' AND key_no NOT IN (SELECT key_no FROM sheet)"))
    base.write(lambda tx: cells.rebuild_sums(to(tx, org)))
    copied(base, cluster, org)
    ours, theirs = both(base, cluster, org)
    assert theirs == ours


class StopError(Exception):
    pass


def test_a_copy_that_broke_off_goes_on(base, cluster, org):
    def stop(far):
        if far.done == 4:
            raise StopError

    with pytest.raises(StopError):
        copied(base, cluster, org, stop)
    with pytest.raises(UsageError, match="holds no usage"):
        ClickHouseHeld(cluster, org).ask(asked)  # what was observed comes last: no data is not zero
    rest = copied(base, cluster, org)
    assert rest.written == BATCHES - 1 - 4  # the keys came first, then four days
    ours, theirs = both(base, cluster, org)
    assert theirs == ours


def test_each_organisation_is_copied_for_itself(base, cluster, org):
    base.write(lambda tx: cells.apply(to(tx, "another"), [a_cell(requests=1_000)]))
    copied(base, cluster, org)
    ours, theirs = both(base, cluster, org)
    assert theirs == ours


def test_tables_that_are_not_there_are_told_before_anything_is_read(base, address, org):
    with closing(a_cluster(address)) as cluster, pytest.raises(UsageError, match="run edgedns-mcp clickhouse init"):
        copied(base, type(cluster)([address], cluster.shape._replace(database="nowhere")), org)
