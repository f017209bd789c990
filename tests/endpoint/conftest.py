"""One endpoint per test file, on a database of its own, and where a test moves the clock one of that test's own."""

from dataclasses import replace

import pytest
from endpoint_builders import Clock, running


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """Give an endpoint without limits; its clock stands still."""
    with running(tmp_path_factory.mktemp("endpoint") / "usage.db", rate_limit=0, guesses=0) as endpoint:
        yield endpoint


@pytest.fixture
def ours(shared, request):
    """Give the shared endpoint, with an account that no other test uses."""
    return replace(shared, account=request.node.name)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def endpoint(tmp_path, clock):
    with running(tmp_path / "usage.db", clock) as endpoint:
        yield endpoint
