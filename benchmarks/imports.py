"""Import throughput: reading, storing and committing a log, against DuckDB merely reading the same file."""

from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

from measured import Held, Line, Part, Told
from organisations import write_combined, write_ndjson

from edgedns_mcp.intake.importer import import_stream
from edgedns_mcp.intake.plan import Plan
from edgedns_mcp.intake.stream import opened
from edgedns_mcp.store import hours
from edgedns_mcp.store.database import Database

if TYPE_CHECKING:
    from edgedns_mcp.store.accounts import Account
    from edgedns_mcp.store.hours import Hours

LINES = 1_000_000
TURNS = 3  # the better of each side counts
WORST = 10  # times as long as DuckDB reads
COLUMNS = "{timestamp: 'TIMESTAMP', key_id: 'VARCHAR', endpoint: 'VARCHAR', status: 'INTEGER'}"
READ = "SELECT count(key_id), max(timestamp), max(endpoint), sum(status) FROM "
READERS = {
    "ndjson": f"read_json($path, format = 'newline_delimited', columns = {COLUMNS})",
    "csv": f"read_csv($path, header = true, columns = {COLUMNS})",
}


class Import(NamedTuple):
    """How long an import took, and how much of that was the store's."""

    seconds: float
    stored_s: float


def measure(folder: Path) -> Part:
    """Import and read, in turn."""
    lines: list[Line] = []
    for kind, write in {"ndjson": write_ndjson, "csv": _write_csv}.items():
        log = folder / f"million.{kind}"
        write(log, LINES)
        turns = [(_import(folder / f"beside-duckdb-{kind}-{turn}.db", log), _read(kind, log)) for turn in range(TURNS)]
        ours = min((one for one, _ in turns), key=lambda one: one.seconds)
        theirs = min(seconds for _, seconds in turns)
        times = f"{LINES / ours.seconds:,.0f} lines/s", f"{LINES / theirs:,.0f} lines/s"
        lines.append(Held(f"import, {kind}", *times, ours.seconds / theirs, WORST))
        lines.append(Told(f"of that import, the store's share, {kind}", f"{100 * ours.stored_s / ours.seconds:.0f} %"))
    return Part(
        "Import",
        f"{LINES:,} lines of one week, 100 keys, 24 endpoints, into a new database, stored and committed; beside it "
        f"DuckDB merely reads the file, all columns, with its types told. In turn, the better of {TURNS}. The bound is "
        "the one without [import]; text is read the same way with it.",
        [*lines, _combined(folder)],
    )


def _combined(folder: Path) -> Told:
    log = folder / "million.log"
    write_combined(log, LINES)
    return Told("import, combined", f"{LINES / _import(folder / 'combined.db', log).seconds:,.0f} lines/s")


def _import(target: Path, log: Path) -> Import:
    stored: list[float] = []
    add = hours.add
    hours.add = _timed(add, stored)
    database = Database.open(target)
    try:
        began = perf_counter()
        with opened(log) as stream:
            outcome = import_stream(database, stream, Plan(), log.with_suffix(".rejects"))
        seconds = perf_counter() - began
    finally:
        database.close()
        hours.add = add
    if outcome.requests != LINES:
        raise RuntimeError(f"{outcome.requests} of {LINES} lines were imported.")
    return Import(seconds, sum(stored))


def _timed(add: "Callable[[Account, Hours], None]", taken: list[float]) -> "Callable[[Account, Hours], None]":
    def timed(account: "Account", found: "Hours") -> None:
        began = perf_counter()
        add(account, found)
        taken.append(perf_counter() - began)

    return timed


def _read(kind: str, log: Path) -> float:
    import duckdb

    with duckdb.connect() as engine:
        began = perf_counter()
        engine.execute(READ + READERS[kind], {"path": str(log)}).fetchall()
        return perf_counter() - began


def _write_csv(path: Path, lines: int) -> None:
    from json import loads

    source = path.with_name("for-csv.ndjson")
    write_ndjson(source, lines)
    with source.open(encoding="utf-8") as read, path.open("w", encoding="utf-8") as file:
        file.write("timestamp,key_id,endpoint,status\n")
        file.writelines(",".join(map(str, loads(line).values())) + "\n" for line in read)
