"""What tests of the server over HTTP share."""

from datetime import datetime
from functools import partial

import pytest
import remote_builders
from faces import NOW
from identity_provider import IdentityProvider, provided
from organisation_file import fill

from edgedns_mcp.settings import load


@pytest.fixture(scope="session")
def settings(tmp_path_factory):
    """Say where the made-up organisation lies, in a database of its own: a busy machine builds a demo too slowly."""
    path = tmp_path_factory.mktemp("organisation") / "usage.db"
    fill(path, datetime.fromisoformat(NOW))
    return load(source="local", database=path, as_of=NOW)


@pytest.fixture(scope="session")
def running(settings):
    """Serve that organisation, unless others are named."""
    return partial(remote_builders.running, settings=settings)


@pytest.fixture
def time():
    return remote_builders.Time()


@pytest.fixture
def provider():
    """Serve an identity provider."""
    with provided(IdentityProvider()) as started:
        yield started


@pytest.fixture
def token(provider, time):
    """Make tokens of the provider, good now unless told otherwise."""
    return lambda **wanted: provider.token(time.now().timestamp(), **wanted)


@pytest.fixture
def oauth(provider, time):
    """Say whom a server lets in: those whom the provider knows."""
    return {
        "auth": "oauth",
        "issuer": provider.issuer,
        "public_url": "https://mcp.example.com/mcp",
        "clock": time.clock,
    }
