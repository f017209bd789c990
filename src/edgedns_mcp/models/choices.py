"""Standing choices about findings: planned times, and what makes an incident severe."""

from collections.abc import Mapping
from typing import NamedTuple

from edgedns_mcp.models.signs import FindingKind


class Plan(NamedTuple):
    """A time in which unusual use is planned: of all keys, of a team or of one key; epoch seconds."""

    start: int
    end: int
    who: str = ""
    what: str = ""


class SeverityTable(NamedTuple):
    """What makes an incident severe: points are added, and the sum is held against three bars."""

    kind: Mapping[FindingKind, float]
    live: float = 2.0
    errors: float = 1.0
    long_sleep: float = 1.0
    bars: tuple[float, float, float] = (4.5, 6.5, 9.0)  # of medium, high, critical


SEVERITY = SeverityTable(
    {
        "spike": 0.0,
        "dormant": 3.0,
        "environment": 4.0,
        "error_burst": 0.0,
        "endpoint_shift": 1.0,
        "silence": 1.0,
        "budget": -2.5,
    }
)
