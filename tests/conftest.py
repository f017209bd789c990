"""What every test may use."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def real_log() -> Path:
    path = Path(__file__).parents[2] / "shared" / "data" / "access.log"
    if not path.exists():
        pytest.skip("the public access log does not lie beside the project")
    return path


@pytest.fixture
def path(tmp_path):
    """Name a database that is not there yet."""
    return tmp_path / "usage.db"
