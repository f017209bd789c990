"""What is looked at of the figures: settings, database, the API key, and the clock."""

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import anyio

from edgedns_mcp.cli.doctor.checks import Check, doubtful, failed, looked, passed
from edgedns_mcp.render.phrases import duration_words, plural
from edgedns_mcp.settings import Settings, load
from edgedns_mcp.sources.factory import probe
from edgedns_mcp.store.database import Database

MEGABYTE = 1_000_000
LITTLE = 200 * MEGABYTE
MOST_LOOKED_THROUGH = 2_000 * MEGABYTE
NOTICED_S, TOO_MUCH_S = 30, 300


def figures() -> Iterator[Check]:
    """Look at everything that the settings name."""
    settings = load()
    where = f"read from {settings.config}" if settings.config else "no edgedns.toml; variables and defaults"
    yield passed("Settings", where)
    yield from looked("Database", lambda: _database(settings))
    yield from looked("API key", lambda: _key(settings))


def _database(settings: Settings) -> Iterator[Check]:
    path = settings.database
    if not path.exists():
        fix = "Run: edgedns-mcp import access.log, or set EDGEDNS_API_KEY."
        yield doubtful("Database", f"there is none at {path}", fix)
        return
    size = path.stat().st_size
    with closing(Database.open(path)) as base:
        is_looked_through, has_sums = size <= MOST_LOOKED_THROUGH, base.has_sums
        is_sound = not is_looked_through or base.is_sound()
    if not is_sound:
        yield failed("Database", f"{path} is damaged", "Put back a copy: edgedns-mcp restore FILE.")
        return
    looked_at = "whole" if is_looked_through else "not looked through, because it is large"
    sums = "a checksum in each page" if has_sums else "no checksums, for an older version made it"
    yield passed("Database", f"{path}, {size / MEGABYTE:.1f} MB, {looked_at}, with {sums}")
    yield from _private("Database", path)
    if (free := shutil.disk_usage(path.parent).free) < LITTLE:
        yield doubtful("Disk", f"{free / MEGABYTE:.0f} MB are left beside {path}", "Free some space.")


def _key(settings: Settings) -> Iterator[Check]:
    now = datetime.now(UTC)
    found = anyio.run(probe, settings, lambda: now)
    if found is None:
        yield doubtful("API key", "none is configured", "Set EDGEDNS_API_KEY_FILE to a file that holds it alone.")
        return
    yield passed("API key", f"EdgeDNS answers it, with {plural(found.keys, 'active key')}")
    if settings.api_key_file:
        yield from _private("API key", Path(os.path.expanduser(settings.api_key_file)))  # noqa: PTH111 - see loading
    if found.clock:
        yield _clock((found.clock - now).total_seconds())


def _clock(ahead_s: float) -> Check:
    off = duration_words(timedelta(seconds=round(abs(ahead_s))))
    if abs(ahead_s) < NOTICED_S:
        return passed("Clock", "agrees with that of EdgeDNS")
    fix = "Let the system set it: timedatectl set-ntp true."
    return (failed if abs(ahead_s) > TOO_MUCH_S else doubtful)("Clock", f"is {off} away from that of EdgeDNS", fix)


def _private(what: str, path: Path) -> Iterator[Check]:
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        yield doubtful(what, f"{path} can be read by other users of this machine", f"Run: chmod 600 {path}")
