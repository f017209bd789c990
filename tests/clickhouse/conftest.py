"""A real engine in this process, asked by the official client at once and over HTTP."""

import itertools
from contextlib import contextmanager

import clickhouse_connect
import pytest
from clickhouse_builders import ClickHouseHeld, a_cluster
from front import fronting
from hypothesis import HealthCheck, Phase, settings

NUMBERS = itertools.count()  # of organisations, each of which is new
# The same kind of profile as tests/store/conftest.py, with fewer examples: each asks a real engine some ten times.
settings.register_profile(
    "clickhouse",
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=10,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink a failure takes long here
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("clickhouse")


@pytest.fixture(scope="session")
def engine_url(tmp_path_factory):
    return f"chdb://{tmp_path_factory.mktemp('engine')}"


@pytest.fixture(scope="session")
def engine(engine_url):
    client = clickhouse_connect.get_client(dsn=engine_url)
    yield client
    client.close()


@pytest.fixture(scope="session")
def front(engine):
    with fronting(engine) as front:
        yield front


@pytest.fixture(scope="session", params=["in this process", "over HTTP"])
def address(request, engine_url, front):
    """Where the engine is reached: by the official client in this process, and by it over HTTP."""
    return engine_url if request.param == "in this process" else front.url


@pytest.fixture(scope="session")
def cluster(address):
    cluster = a_cluster(address)
    yield cluster
    cluster.close()


@pytest.fixture(scope="session")
def new_store(cluster):
    """A new organisation in the same tables for each example."""

    @contextmanager
    def made():
        yield ClickHouseHeld(cluster, f"org {next(NUMBERS)}")

    return made
