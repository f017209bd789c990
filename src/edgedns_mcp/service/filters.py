"""What questions over several keys share: which keys they select, how that is told, and how long an answer may be."""

from collections.abc import Sequence

from edgedns_mcp.domain.naming import visible
from edgedns_mcp.errors import QuestionError
from edgedns_mcp.models import Filters, KeyUsage, Model

MOST_CHARACTERS = 40_000  # what every host shows in full, in either channel
MOST_TEAMS = 20
UNTOLD = {"notes", "active_only"}  # of the coverage, beside the answer's own fields
TEAMS_GUESSED = "Teams that are on no record are read from the first part of the key's name."
SHORTENED = "The lists were shortened to fit; ask for fewer rows, or follow the cursor."
MOVED = "The figures moved since the first page, so a key may be missing or listed twice; start again for one state."
REVOKED_SINCE = "Keys revoked since are counted with what they did; usage_by_key tells them as unattributed."
ERRORS_PER_KEY = "EdgeDNS states errors and last activity per key only, so for some endpoints they are unknown."


def size_of(answer: Model, words: str) -> int:
    """Give the length of an answer in the longer of its two channels."""
    return max(len(words), len(answer.model_dump_json()))


def check_team(team: str, used: Sequence[KeyUsage]) -> None:
    """Refuse a team that no key belongs to.

    Raises:
        QuestionError: with the teams that there are.
    """
    if team and team.casefold() not in (usage.team.casefold() for usage in used):
        teams = sorted({visible(usage.team) for usage in used})
        raise QuestionError(f"There is no team {visible(team)!r}; the teams are {', '.join(teams[:MOST_TEAMS])}.")


def selects_keys(query: Filters) -> bool:
    """Tell whether only some keys are asked for."""
    return query.environment != "all" or bool(query.team or query.name_contains)


def filter_words(query: Filters, *more: str, first_rank: int = 1) -> str:
    """Write what was asked beyond the defaults; the window and the shape of the page stand elsewhere."""
    words = query.model_dump(include={*Filters.model_fields, *more}, exclude_defaults=True)
    if first_rank > 1:
        words["first_rank"] = first_rank
    return ", ".join(f"{name}={visible(str(value))}" for name, value in words.items()) or "none"
