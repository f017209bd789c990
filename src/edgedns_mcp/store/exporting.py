"""What an account holds as CSV that can be imported again, row by row, however much there is."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import TextIO

from edgedns_mcp.domain.cells import HOUR_S
from edgedns_mcp.models.work import Far, Tell, counted, tell_nobody
from edgedns_mcp.render.charge_csv import unrun, write_rows
from edgedns_mcp.store import sheets
from edgedns_mcp.store.accounts import Account
from edgedns_mcp.store.closings import Closings
from edgedns_mcp.store.sheets import ENVIRONMENTS

COUNTS = ("key_id", "start", "end", "endpoint", "environment", "requests", "errors", "last_activity", "bound")
KEYS = (
    "key_id", "name", "environment", "created_at", "revoked_at", "expires_at", "team", "cost_center",
    "allowed_environments",
)  # fmt: skip
CHARGES = (
    "period", "key_id", "name", "environment", "team", "cost_center", "start", "end", "request_count", "amount",
    "currency", "is_correction", "closed_at", "closed_by",
)  # fmt: skip
SAID, MANY = "Exporting", 1_000
_TIME = "strftime('%Y-%m-%dT%H:%M:%SZ', {}, 'unixepoch')"
_SPANS = f"""
    SELECT key_id, {_TIME.format("end - length_s")}, {_TIME.format("end")}, path,
        CASE span.environment WHEN 1 THEN 'live' WHEN 2 THEN 'test' ELSE 'unknown' END,
        requests, errors, {_TIME.format("last_activity")}, iif(is_lower, 'lower', 'exact')
    FROM span CROSS JOIN key USING(key_no) CROSS JOIN endpoint USING(endpoint_no) WHERE span.account_no = ?1
    ORDER BY end, length_s, key_id, path, span.environment, is_lower
"""  # noqa: S608 - our own constants
_COUNT_SPANS = "SELECT count(*) FROM span WHERE account_no = ?"
_INVENTORY = f"""
    SELECT key_id, name, environment, {_TIME.format("created_at")}, {_TIME.format("revoked_at")},
        {_TIME.format("expires_at")}, team, cost_center, allowed_environments
    FROM key WHERE account_no = ?1 AND key_id <> ''
        AND (listed = 1 OR NOT EXISTS (SELECT 1 FROM key WHERE account_no = ?1 AND listed = 1))
    ORDER BY key_id
"""  # noqa: S608 - our own constants


def export_counts(account: Account, file: TextIO, tell: Tell = tell_nobody) -> int:
    """Write every cell as a row of counts, day by day and key by key, longer spans behind them; give how many.

    The same cells are the same text, whatever came first.
    """
    return write_rows(file, COUNTS, chain(_hours(account, tell), _spans(account, tell)))


def export_keys(account: Account, file: TextIO, tell: Tell = tell_nobody) -> int:
    """Write the inventory, or without one the keys found in the data; give how many. No secret is in it."""
    rows = account.tx.rows(_INVENTORY, (account.number,))
    safe = (tuple(cell and unrun(cell) for cell in row) for row in rows)
    return write_rows(file, KEYS, counted(safe, Far(SAID, 0, len(rows), "keys"), tell, MANY))


def export_charges(account: Account, file: TextIO, tell: Tell = tell_nobody) -> int:
    """Write what was charged in every closed period, by key and month; give how many rows."""
    return write_rows(file, CHARGES, _charges(account, tell))


def _charges(account: Account, tell: Tell) -> Iterator[Sequence[object]]:
    found = Closings(account)
    periods = found.periods()
    for closed in map(found.closed, counted(periods, Far(SAID, 0, len(periods), "periods"), tell)):
        for one in closed.rows:
            names = (one.key_id or "", one.name, one.environment, one.team, one.cost_center)
            when = (f"{one.start:%Y-%m-%dT%H:%M:%SZ}", f"{one.end:%Y-%m-%dT%H:%M:%SZ}")
            what = (one.request_count, one.amount, closed.terms.currency, "yes" if one.is_correction else "no")
            yield (closed.period, *map(unrun, names), *when, *what, f"{closed.at:%Y-%m-%dT%H:%M:%SZ}", closed.version)


def _hours(account: Account, tell: Tell) -> Iterator[Sequence[object]]:
    paths = dict(account.tx.rows("SELECT endpoint_no, path FROM endpoint"))
    kinds = {number: kind for kind, number in ENVIRONMENTS.items()}
    days = sheets.days(account)
    for day in counted(days, Far(SAID, 0, len(days), "days"), tell):
        for heading, key_id, sheet in sheets.between(account, day, day + 1):
            rows = sorted((hour, paths[no], kind, figures) for hour, _, no, kind, *figures in sheet.rows(heading))
            for hour, path, kind, (requests, errors, last_s) in rows:
                start, end, last = map(_text, (hour * HOUR_S, hour * HOUR_S + HOUR_S, hour * HOUR_S + last_s))
                yield unrun(key_id), start, end, unrun(path), kinds[kind], requests, errors, last, "exact"


def _spans(account: Account, tell: Tell) -> Iterator[Sequence[object]]:
    size = account.tx.value(_COUNT_SPANS, (account.number,))
    rows = account.tx.each(_SPANS, (account.number,))
    safe = ((unrun(key_id), start, end, unrun(path), *rest) for key_id, start, end, path, *rest in rows)
    return counted(safe, Far(SAID, 0, size, "longer counts"), tell, MANY)


def _text(at: int) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"
