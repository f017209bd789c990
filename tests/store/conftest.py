"""Real files for every test, and one deterministic Hypothesis profile."""

from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, settings
from store_builders import StoreHeld, opened

# The same numbers as tests/domain/conftest.py: whichever profile is loaded last holds for all.
settings.register_profile(
    "store",
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("store")


@pytest.fixture
def database(path):
    with opened(path) as database:
        yield database


@pytest.fixture(scope="module")
def new_store():
    """A new database in memory for each example."""

    @contextmanager
    def made():
        with opened(None) as database:
            yield StoreHeld(database)

    return made
