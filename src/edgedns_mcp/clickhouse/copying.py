"""A copy of one organisation's usage from the embedded database: batch by batch, and compared at the end.

A day of hours is a batch, and so are the spans that end within a day; one that changed takes the place of the earlier
one, and one that is gone is emptied. So a copy that broke off goes on, and one that is repeated brings what is new. A
quick one looks at the latest days, and at all only where the sums tell that more has changed.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from hashlib import blake2b
from itertools import repeat
from typing import NamedTuple

from edgedns_mcp.clickhouse import batches, inventory, ledger
from edgedns_mcp.clickhouse.batches import Batch
from edgedns_mcp.clickhouse.connection import Cluster
from edgedns_mcp.domain.cells import HOUR_S
from edgedns_mcp.domain.usages import moment
from edgedns_mcp.errors import SourceError
from edgedns_mcp.models import Cell, Key, Window
from edgedns_mcp.models.work import Far, Tell, counted, tell_nobody
from edgedns_mcp.store import accounts, coverage, keys, sheets, spans, sums
from edgedns_mcp.store import ledger as imports
from edgedns_mcp.store.accounts import Account
from edgedns_mcp.store.database import Database, Result
from edgedns_mcp.store.sheets import ENVIRONMENT_OF

OURS = "local:"  # how the names of our batches begin
KEYS = f"{OURS}keys"
EVER = Window(start=moment(0), end=datetime(2200, 1, 1, tzinfo=UTC), period="all")
LATEST = int(EVER.end.timestamp())
OBSERVED = f"{OURS}observed"
PASSES = 3  # over a database that is filled meanwhile
LATEST_DAYS = 2  # which live events reach
_COPIED = """attempt GLOBAL IN (
    SELECT argMax(attempt, (committed_at, attempt)) FROM $ledger
    WHERE org = {org:String} AND startsWith(batch, {ours:String}) GROUP BY batch
)"""
_BY_KEY = f"""
    SELECT key_id, sum(requests) AS used, sum(errors) AS wrong FROM (
        SELECT key_id, requests, errors FROM $key_day WHERE org = {{org:String}} AND {_COPIED}
        UNION ALL SELECT key_id, requests, errors FROM $span WHERE org = {{org:String}} AND {_COPIED}
    ) GROUP BY key_id HAVING used <> 0 OR wrong <> 0
"""  # noqa: S608 - our own constants


class Copied(NamedTuple):
    """What a copy did."""

    written: int  # batches
    keys: int
    requests: int  # on both sides


class Copy:
    """One copy of one organisation, from `database` to `cluster`."""

    def __init__(self, database: Database, cluster: Cluster, org: str) -> None:
        self._database = database
        self._cluster = cluster
        self._org = org
        self._written = 0

    def run(self, tell: Tell = tell_nobody, *, quick: bool = False) -> Copied:
        """Copy what ClickHouse does not have, and compare the sums of each key.

        A quick one takes days before the latest as they are, where those sums are equal.

        Raises:
            SourceError: ClickHouse does not take it, or the two sides differ at the end.
            StoreError: the database cannot be read.
        """
        ledger.snapshot(self._cluster.asking(), self._org)  # the tables are there
        self._written = 0
        for only_latest in (*repeat(True, int(quick)), *repeat(False, PASSES)):
            listed = self._read(_listed)
            self._pass(listed, tell, only_latest=only_latest)
            ours, theirs = self._read(_sums), self._theirs()
            if ours == theirs:
                return Copied(self._written, len(listed), sum(used for used, _ in ours.values()))
        raise SourceError(
            f"The database {self._database.where} and ClickHouse at {self._cluster.where} hold other sums; if the "
            "database is being filled, run edgedns-mcp copy again."
        )

    def _pass(self, listed: list[Key], tell: Tell, *, only_latest: bool) -> None:
        known = ledger.known(self._cluster.asking(), self._org, OURS)
        makers = self._read(_makers)
        since = self._read(sheets.days).stop - LATEST_DAYS
        wanted = [name for name in makers if not (only_latest and name in known and _is_before(name, since))]
        self._put_keys(listed, known)
        for name in counted(wanted, Far("Copied", 0, len(wanted), "batches"), tell):
            self._put(self._read(partial(makers[name], name)), known)
        for name in known.keys() - makers.keys() - {KEYS}:
            self._put(Batch(name, ""), known)

    def _put(self, batch: Batch, known: dict[str, str]) -> None:
        if known.get(batch.name) != batch.digest:
            self._written += batches.commit(self._cluster.asking(), self._org, batch)

    def _put_keys(self, listed: list[Key], known: dict[str, str]) -> None:
        batch = Batch(KEYS, _digest(listed))
        if known.get(batch.name) == batch.digest:
            return
        asking = self._cluster.asking()
        had = inventory.listed(ledger.snapshot(asking, self._org))
        inventory.put(asking, self._org, listed, {key.key_id for key in had} - {key.key_id for key in listed})
        self._put(batch, known)

    def _read(self, question: Callable[[Account], Result]) -> Result:
        return self._database.read(lambda tx: question(accounts.find(tx, "local", self._org)))

    def _theirs(self) -> dict[str, tuple[int, int]]:
        rows = self._cluster.asking().rows(_BY_KEY, {"org": self._org, "ours": OURS})
        return {key_id: (used, wrong) for key_id, used, wrong in rows}


def _is_before(name: str, day: int) -> bool:
    return name != OBSERVED and int(name.rsplit(":", 1)[1]) < day


def _makers(account: Account) -> dict[str, Callable[[str, Account], Batch]]:
    """Name every batch, with what makes it; what was observed comes last, so it never tells of what is not there."""
    days = {f"{OURS}day:{day}": partial(_hours, day) for day in sheets.days(account)}
    ends = {f"{OURS}spans:{day}": partial(_spans, day) for day in spans.end_days(account)}
    return {**days, **ends, OBSERVED: _observed}


def _hours(day: int, name: str, account: Account) -> Batch:
    return _batch(name, _cells(day, account))


def _spans(day: int, name: str, account: Account) -> Batch:
    return _batch(name, spans.ended_on(account, day))


def _batch(name: str, cells: Iterable[Cell]) -> Batch:
    found = list(cells)
    return Batch(name, _digest(found), found)


def _cells(day: int, account: Account) -> Iterator[Cell]:
    paths = dict(account.tx.rows("SELECT endpoint_no, path FROM endpoint"))
    for heading, key_id, sheet in sheets.between(account, day, day + 1):
        for hour, _, endpoint_no, kind, requests, errors, last_s in sheet.rows(heading):
            at = hour * HOUR_S
            place = key_id, paths[endpoint_no], ENVIRONMENT_OF[kind]
            yield Cell(at, at + HOUR_S, *place, requests, errors, at + last_s)


def _observed(name: str, account: Account) -> Batch:
    feeds, unread = coverage.by_feed(account), coverage.unread(account, 0, LATEST)
    rejected = imports.rejected_lines(account)
    return Batch(name, _digest([*feeds, *unread, rejected]), observed=feeds, unread=unread, rejected=rejected)


def _listed(account: Account) -> list[Key]:
    return list(keys.list_keys(account)) if keys.has_inventory(account) else []


def _sums(account: Account) -> dict[str, tuple[int, int]]:
    found = sums.totals(account, EVER)
    every = {key_id: (tally.requests, tally.errors or 0) for key_id, tally in found.items()}
    return {key_id: both for key_id, both in every.items() if any(both)}


def _digest(rows: Iterable[object]) -> str:
    """Give a digest of rows, whatever the order that the database has them in."""
    digest = blake2b(digest_size=16)
    for row in sorted(map(repr, rows)):
        digest.update(row.encode(errors="replace"))
    return digest.hexdigest()
