"""Two deterministic Hypothesis profiles for the arithmetic: for us, and for thousands of mutants; and a far zone."""

import os
import sys
import time
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings

settings.register_profile(
    "domain",
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "mutants",
    settings.get_profile("domain"),
    max_examples=10,
    phases=[Phase.explicit, Phase.generate],
)
settings.load_profile(os.environ.get("DOMAIN_PROFILE", "domain"))


@pytest.fixture(scope="module", autouse=True)
def elsewhere() -> Iterator[None]:
    """Let the machine be in a zone that nobody asks about, so that whoever takes its zone is noticed."""
    if sys.platform == "win32":  # has no other zone for one process
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "Pacific/Chatham")  # 12:45 or 13:45 ahead of UTC
        time.tzset()
        yield
    time.tzset()
