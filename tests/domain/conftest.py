"""Two deterministic Hypothesis profiles for the arithmetic: for us, and for thousands of mutants."""

import os

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
