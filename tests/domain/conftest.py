"""One deterministic Hypothesis profile for the arithmetic."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "domain",
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("domain")
