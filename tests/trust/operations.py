"""What changes a database or copies it: the ground it works on, its command, and what is found afterwards."""

import io
import json
import shutil
from collections.abc import Mapping
from contextlib import closing, redirect_stderr, redirect_stdout
from os import environ
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

from charged_usage import a_use, add, an_owner
from faces import clean_environment
from stored_cells import stored_rows

from edgedns_mcp.cli.main import run
from edgedns_mcp.store import accounts, cells
from edgedns_mcp.store.backups import backup
from edgedns_mcp.store.closings import Closings
from edgedns_mcp.store.database import Database
from edgedns_mcp.store.engine import connected
from edgedns_mcp.store.schema import APPLICATION_ID, MIGRATIONS

OBSERVED = ("2026-09-01", "2026-11-02")
OLD_VERSION = 1
WORK: Mapping[str, tuple[str, ...]] = {
    "import": ("import", "{home}/access.log"),
    "keys import": ("keys", "import", "{home}/keys.csv"),
    "close": ("chargeback", "--close", "--source", "local", "--period", "2026-10", "--amount", "100"),
    "forget": ("forget", "id_k1", "--yes"),
    "migrate": ("keys", "list"),
    "backup": ("backup", "{home}/copy.db", "--force"),
    "restore": ("restore", "{home}/kept.db", "--yes"),
    "export": ("export", "--output", "{home}/usage.csv", "--force"),
}


class Home(NamedTuple):
    """A folder with a database, and what the commands take and make."""

    folder: Path

    @property
    def database(self) -> Path:
        return self.folder / "usage.db"

    def words(self, work: str) -> list[str]:
        """Give the arguments of a piece of work."""
        return [word.replace("{home}", str(self.folder)) for word in WORK[work]]

    def settings(self) -> dict[str, str]:
        """Give the environment of a command."""
        return clean_environment(EDGEDNS_DATABASE=str(self.database), HOME=str(self.folder))

    def run(self, *words: str, **settings: str) -> tuple[int, str, str]:
        """Run a command in this process; give its exit code, what it answers and what it tells."""
        told = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2)]
        with (
            patch.dict(environ, self.settings() | settings, clear=True),
            patch("sys.argv", ["edgedns-mcp", *words]),
            redirect_stdout(told[0]),
            redirect_stderr(told[1]),
        ):
            code = _exit_code()
        for stream in told:
            stream.flush()
        answer, said = (stream.buffer.getvalue().decode() for stream in told)
        return code, answer, said

    def state(self) -> dict[str, Any]:
        """Give all that the folder holds of value, checked by the engine; times of the clock left out."""
        held = {name: _tables(self.folder / name) for name in ("usage.db", "copy.db")}
        return {**held, "usage.csv": _bytes(self.folder / "usage.csv")}

    def rejected(self) -> bytes | None:
        """Give the lines that were kept because they could not be read."""
        return _bytes(self.folder / "access.log.rejects")

    def copied(self, to: Path) -> "Home":
        """Give a copy of the folder."""
        shutil.rmtree(to, ignore_errors=True)
        return Home(Path(shutil.copytree(self.folder, to)))


def _exit_code() -> int:
    try:
        run()
    except SystemExit as exc:
        return int(exc.code or 0)
    return 0


def ground(folder: Path, work: str, days: int = 4) -> Home:
    """Make a folder in which a piece of work can begin."""
    folder.mkdir()
    home = Home(folder)
    if work == "migrate":
        _old(home.database, days)
        return home
    add(home.database, _uses(days), _owners(), OBSERVED)
    with closing(Database.open(home.database)) as database:
        backup(database, folder / "kept.db", lambda *_: None)
    shutil.copy(folder / "kept.db", folder / "copy.db")
    add(home.database, [a_use("2026-10-30T10", 1_000, "late")], [an_owner("late")], OBSERVED)
    (folder / "usage.csv").write_text("the older export")
    (folder / "access.log").write_text("".join(f"{json.dumps(_line(n))}\n" for n in range(40 * days)) + "garbage\n")
    rows = [f"id_k{n},called {n},live,team {n % 3}" for n in range(12 * days)]
    (folder / "keys.csv").write_text("\n".join(["key_id,name,environment,team", *rows, ""]))
    return home


def _uses(days: int) -> list[Any]:
    return [
        a_use(f"2026-10-{day + 1:02}T{3 * key:02}", 100 * day + key + 1, f"k{key}", f"/v1/{path}")
        for day in range(days)
        for key in range(8)
        for path in range(1 + key * 3)
    ]


def _owners() -> list[Any]:
    return [an_owner(f"k{key}") for key in range(8)]


def _line(number: int) -> dict[str, Any]:
    day, hour = divmod(number, 24)
    return {
        "key_id": f"id_k{number % 11}",
        "timestamp": f"2026-09-{day + 1:02}T{hour:02}:{number % 60:02}:00Z",
        "endpoint": f"/v1/{number % 17}",
        "status": (200, 200, 404, 503)[number % 4],
    }


def _old(path: Path, days: int) -> None:
    """Write the same use as the first version kept it."""
    with closing(connected(path)) as connection:
        connection.pragma("journal_mode", "wal")
        connection.execute(MIGRATIONS[0])
        uses = _uses(days)
        keys = {use.key_id: number for number, use in enumerate(uses, 1)}
        paths = {use.endpoint: number for number, use in enumerate(uses, 1)}
        for key_id, number in keys.items():
            row = (number, key_id, key_id, "live", "", "", None, None, 1)
            connection.execute("INSERT INTO key VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        connection.executemany("INSERT INTO endpoint VALUES(?, ?)", [(number, path) for path, number in paths.items()])
        connection.executemany(
            "INSERT INTO cell VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
            [(use.start, keys[use.key_id], paths[use.endpoint], use.end, "unknown", *use[5:8]) for use in uses],
        )
        connection.execute("INSERT INTO coverage VALUES('import', ?, ?)", (uses[0].start, uses[-1].end))
        connection.pragma("application_id", APPLICATION_ID)
        connection.pragma("user_version", OLD_VERSION)


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def _tables(path: Path) -> dict[str, Any] | None:
    """Give every row of a database without bringing it up to date."""
    if not path.exists():
        return None
    with closing(connected(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        found = {name: sorted(map(repr, connection.execute(f"SELECT * FROM {name}"))) for name in tables}
        version = connection.pragma("user_version")
    if found.get("closing"):
        found["closing"], found["correction"] = _charged(path), []
    return {"version": version, **{name: rows for name, rows in found.items() if name != "lease"}}


def _charged(path: Path) -> list[str]:
    with closing(Database.open(path)) as database:
        return database.read(lambda tx: _closed(Closings(accounts.find(tx, "local"))))


def _closed(closings: Closings) -> list[str]:
    return [repr((period.start, period.seen, closings.closed(period).rows)) for period in closings.periods()]


def holds_what_it_sums(path: Path) -> bool:
    """Tell whether the cells themselves add up to the sums that answers are made of."""
    with closing(Database.open(path)) as database:
        rows, sums = database.read(lambda tx: (stored_rows(tx), cells.stored_requests(accounts.find(tx, "local"))))
    return rows == sums > 0


def expected_requests(days: int = 4) -> dict[str, int]:
    """Sum the use of the ground in plain Python."""
    found: dict[str, int] = {}
    for use in _uses(days):
        found[use.key_id] = found.get(use.key_id, 0) + use.requests
    return found
