"""A database and a log in a folder of their own for every test."""

import pytest
from intake_builders import Desk

from edgedns_mcp.store.database import Database


@pytest.fixture
def desk(tmp_path):
    database = Database.open(tmp_path / "usage.db")
    yield Desk(database, tmp_path)
    database.close()
