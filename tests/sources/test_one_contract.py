"""One contract: EdgeDNS's source pointed at our endpoint and the local source on its database answer alike."""

import pytest
from contract_reports import *  # noqa: F403 - the suite runs here, too


@pytest.fixture(scope="session")
def held():
    """The endpoint's database itself."""
    return lambda path, account="": {"source": "local", "database": path, "account": account}
