"""The made-up organisation in a database file of its own, as if its logs had been imported."""

from datetime import datetime, timedelta
from pathlib import Path

from edgedns_mcp.sources import demo_organisation
from edgedns_mcp.store import accounts, cells, coverage
from edgedns_mcp.store.accounts import Feeder
from edgedns_mcp.store.database import Database, Transaction
from edgedns_mcp.store.keys import put_keys


def fill(path: Path, hour: datetime, feeder: Feeder = "local", name: str = "") -> None:
    """Put the organisation into the file, up to a full hour."""

    def filled(tx: Transaction) -> None:
        account = accounts.made(tx, feeder, name)
        put_keys(account, demo_organisation.keys(hour))
        cells.apply(account, demo_organisation.cells(hour))
        begin = hour.replace(hour=0) - timedelta(days=demo_organisation.HISTORY_DAYS)
        coverage.observe(account, "import", int(begin.timestamp()), int(hour.timestamp()))

    database = Database.open(path)
    database.write(filled)
    database.close()
