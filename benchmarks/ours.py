"""Our own findings on a made-up organisation: its counts in a real database, the question through the service."""

import gc
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import NamedTuple
from zoneinfo import ZoneInfo

import anyio
from lab_counters import Counted
from organisation_lab import LabKey, Organisation
from score import Finding

from edgedns_mcp.__main__ import COLLECTED_AFTER
from edgedns_mcp.domain.counters import Snapshot as Stated
from edgedns_mcp.intake.fields import ENVIRONMENTS
from edgedns_mcp.models import AnomalyQuery, AnomalyReport, Cell, FindingRow, Key
from edgedns_mcp.service.anomalies import find_anomalies
from edgedns_mcp.service.desk import Desk
from edgedns_mcp.settings import load
from edgedns_mcp.sources.factory import open_source
from edgedns_mcp.store import accounts, cells, coverage, keys, snapshots
from edgedns_mcp.store.database import Database

KINDS = {
    "spike": "spike",
    "dormant": "dormant",
    "environment": "environment",
    "error_burst": "errors",
    "endpoint_shift": "endpoint",
    "silence": "silence",
}
EVERY = 1_000_000
FRESH_STARTS = 3
HOUR_S, DAY_S = 3600, 86_400


class Searched(NamedTuple):
    """What was found, and the seconds of processor time of the back-fill and of the default question."""

    findings: list[Finding]
    backfill_s: float
    default_s: float


def searched(organisation: Organisation) -> Searched:
    """Search an organisation that was counted by the day or by the hour."""
    with TemporaryDirectory() as folder, closing(Database.open(Path(folder) / "usage.db")) as database:
        database.write(lambda tx: _fill(accounts.made(tx, "local"), organisation))
        return _searched(organisation, Path(folder) / "usage.db")


def searched_counters(counted: Counted) -> Searched:
    """Search an organisation of which cumulative totals were read."""
    with TemporaryDirectory() as folder, closing(Database.open(Path(folder) / "usage.db")) as database:
        database.write(lambda tx: _take(accounts.made(tx, "local"), counted))
        return _searched(counted.organisation, Path(folder) / "usage.db")


def one_day_s(organisation: Organisation) -> float:
    """Give the seconds of processor time of a question about yesterday, the day after the warm-up, as the first one."""
    shape = organisation.shape._replace(scored_days=1)
    cut = replace(organisation, shape=shape, keys=[_cut(one, shape.slots) for one in organisation.keys])
    with TemporaryDirectory() as folder, closing(Database.open(Path(folder) / "usage.db")) as database:
        database.write(lambda tx: _fill(accounts.made(tx, "local"), cut))
        now = datetime.combine(shape.start + timedelta(days=shape.days), time(), tzinfo=UTC)
        with _as_served():
            return min(_seconds(Path(folder) / "usage.db", now) for _ in range(FRESH_STARTS))


@contextmanager
def _as_served() -> Generator[None]:
    """Let garbage be looked for as in the server, and not in what the benchmark holds."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTED_AFTER)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def _seconds(path: Path, now: datetime) -> float:
    began = process_time()
    _asked(path, now, AnomalyQuery(period="yesterday"))
    return process_time() - began


def _cut(one: LabKey, slots: int) -> LabKey:
    return replace(one, requests=one.requests[:slots])


def _searched(organisation: Organisation, path: Path) -> Searched:
    shape = organisation.shape
    start, end = (shape.start + timedelta(days=days) for days in (shape.warm_up_days, shape.days))
    bucket = "hour" if shape.slots_per_day > 1 else "day"
    now = datetime.combine(end, time(), tzinfo=UTC)
    whole = AnomalyQuery(start=str(start), end=str(end), bucket=bucket, limit=EVERY)
    began = process_time()
    report = _asked(path, now, whole)
    backfill_s, began = process_time() - began, process_time()
    _asked(path, now, AnomalyQuery())
    return Searched([_finding(one, organisation) for one in report.findings], backfill_s, process_time() - began)


def _asked(path: Path, now: datetime, query: AnomalyQuery) -> AnomalyReport:
    async def asked() -> AnomalyReport:
        source = open_source(load(source="local", database=path), lambda: now)
        try:
            desk = Desk(source, lambda: now, ZoneInfo("UTC"), 1, deadline_s=600)
            return await find_anomalies(desk, query, fits_a_host=False)
        finally:
            await source.aclose()

    return anyio.run(asked)


def _finding(row: FindingRow, organisation: Organisation) -> Finding:
    first = datetime.combine(organisation.shape.start, time(), tzinfo=UTC)
    slot = timedelta(seconds=DAY_S // organisation.shape.slots_per_day)
    return Finding(row.key_id, KINDS[row.kind], (row.start - first) // slot, (row.end - first) // slot - 1)


def _fill(account: accounts.Account, organisation: Organisation) -> None:
    shape, length = organisation.shape, DAY_S // organisation.shape.slots_per_day
    first = int(datetime.combine(shape.start, time(), tzinfo=UTC).timestamp())
    keys.put_keys(account, [_key(one, organisation) for one in organisation.keys])
    cells.apply(account, (cell for one in organisation.keys for cell in _cells(one, first, length)))
    seen = [slot for slot in range(shape.slots) if slot not in organisation.unobserved]
    for _, run in groupby(enumerate(seen), key=lambda pair: pair[1] - pair[0]):
        slots = [slot for _, slot in run]
        coverage.observe(account, "counts", first + slots[0] * length, first + (slots[-1] + 1) * length)


def _take(account: accounts.Account, counted: Counted) -> None:
    keys.put_keys(account, [_key(one, counted.organisation) for one in counted.organisation.keys])
    lines = [
        (line, one.key_id, Stated(int(one.at.timestamp()), one.total, None))
        for line, one in enumerate(counted.snapshots)
    ]
    for start, end in snapshots.take(account, lines).spans:
        coverage.observe(account, "counters", start, end)


def _key(one: LabKey, organisation: Organisation) -> Key:
    created = organisation.shape.start + timedelta(days=one.created // organisation.shape.slots_per_day)
    return Key(
        key_id=one.key_id,
        name=one.name,
        environment=ENVIRONMENTS.get(one.declared, "unknown"),
        team=one.team,
        allowed_environments=tuple(sorted({ENVIRONMENTS.get(label, "unknown") for label in one.allowed})),
        created_at=datetime.combine(created, time(), tzinfo=UTC),
    )


def _cells(one: LabKey, first: int, length: int) -> Iterator[Cell]:
    """Give each slot's cells: by endpoint in the usual environment, and what was seen in another."""
    for slot, requests in enumerate(one.requests):
        if not requests:
            continue
        start, errors = first + slot * length, one.errors[slot]
        where = sorted(((counts[slot], label) for label, counts in one.by_environment.items() if counts[slot]))
        paths = {path: counts[slot] for path, counts in one.by_endpoint.items() if counts[slot]}
        for amount, label in where:
            left = amount
            for path, unspent in paths.items():
                part = min(left, unspent)
                if part:
                    failed = min(errors, part)
                    kind = ENVIRONMENTS.get(label.lower(), "unknown")
                    yield Cell(start, start + length, one.key_id, path, kind, part, failed, start)
                    paths[path], left, errors = unspent - part, left - part, errors - failed
