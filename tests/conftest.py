"""What every test may use: a fixed now and servers of the demo organisation."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def real_log() -> Path:
    path = Path(__file__).parents[2] / "shared" / "data" / "access.log"
    if not path.exists():
        pytest.skip("the public access log does not lie beside the project")
    return path
