"""Which team a key belongs to."""

import re

from edgedns_mcp.models import Key

UNASSIGNED = "unassigned"
BETWEEN = re.compile(r"[\s_.,:;/|@#()\[\]-]+")  # what stands between the parts of a name, in any script
ENVIRONMENT_WORDS = frozenset(
    ("live", "test", "prod", "production", "staging", "stage", "dev", "development", "qa", "sandbox", "demo", "key")
)


def team_of(key: Key) -> str:
    """Give the team on record, else the first part of the key's name that is no environment word."""
    declared = key.team.strip()
    if declared or key.name == key.key_id:
        return declared or UNASSIGNED
    parts = (part for part in BETWEEN.split(key.name.lower()) if part and not part.isdecimal())
    return next((part for part in parts if part not in ENVIRONMENT_WORDS), UNASSIGNED)


def on_record(team: str) -> str:
    """Give a team as files write it: nothing for keys of none."""
    return "" if team == UNASSIGNED else team


def is_guessed(key: Key) -> bool:
    """Tell whether `team_of` had to read the team out of the name."""
    return not key.team.strip() and team_of(key) != UNASSIGNED
