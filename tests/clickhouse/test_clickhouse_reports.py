"""One contract: EdgeDNS's source pointed at our endpoint and ClickHouse with a copy of its database answer alike."""

from contextlib import closing

import pytest
from contract_reports import *  # noqa: F403 - the suite runs here, too

from edgedns_mcp.clickhouse.copying import Copy
from edgedns_mcp.store.database import Database


@pytest.fixture
def held(address, cluster, tmp_path):
    """A copy of the endpoint's database."""

    def copied(path, account=""):
        with closing(Database.open(path)) as database:
            Copy(database, cluster, account).run()
        return {
            "source": "clickhouse",
            "clickhouse_url": address,
            "account": account,
            "database": tmp_path / "notes.db",
        }

    return copied
