"""What the store holds of requests, counted from the cells themselves, without the sums that are kept beside them."""

from typing import Any

from edgedns_mcp.store import sheets
from edgedns_mcp.store.accounts import Account

REQUESTS = 4  # in a row of a sheet


def rows_on_sheets(tx: Any) -> list[Any]:
    """List the hour cells of all accounts."""
    found: list[Any] = []
    for (number,) in tx.rows("SELECT account_no FROM account"):
        for day in sheets.days(account := Account(tx, number)):
            found += (row for heading, _, sheet in sheets.between(account, day, day + 1) for row in sheet.rows(heading))
    return found


def stored_rows(tx: Any) -> int:
    """Count the requests of all cells and spans."""
    return sum(row[REQUESTS] for row in rows_on_sheets(tx)) + int(tx.value("SELECT total(requests) FROM span"))
