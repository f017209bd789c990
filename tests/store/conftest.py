"""Real files for every test, and one deterministic Hypothesis profile."""

import pytest
from hypothesis import HealthCheck, settings
from store_builders import opened

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
