"""Where the teams of the known keys come from, as `server_status` tells it."""

from edgedns_mcp.domain.naming import shown_name, visible
from edgedns_mcp.domain.team_lines import TeamLine, TeamLines
from edgedns_mcp.domain.teams import UNASSIGNED, team_of
from edgedns_mcp.models import Key, TeamGuess, TeamLineUse, TeamsStatus
from edgedns_mcp.sources.base import Health, TeamsHealth

MOST_LINES = 20
MOST_KEYS = 15


def teams_status(health: Health) -> TeamsStatus:
    """Count the keys whose team comes from the file, the inventory, their names and nowhere."""
    file = health.teams or TeamsHealth("", TeamLines())
    taken = file.lines.taken(health.roster)
    uses = [_use(line, taken[line]) for line in file.lines]
    keys = file.lines.applied(health.roster)
    by_file = [(line := file.lines.line_of(key)) is not None and bool(line.team) for key in health.roster]
    rest = [key for key, is_mapped in zip(keys, by_file, strict=True) if not is_mapped]
    guesses = [_guess(key) for key in rest if not key.team.strip()]
    unassigned = [one for one in guesses if one.team == UNASSIGNED]
    return TeamsStatus(
        file=file.path,
        error=file.error,
        lines=len(uses),
        idle_lines=sum(not use.keys for use in uses),
        keys_by_file=sum(by_file),
        keys_by_inventory=len(rest) - len(guesses),
        keys_by_name=len(guesses) - len(unassigned),
        keys_unassigned=len(unassigned),
        listed_lines=tuple(sorted(uses, key=lambda use: (use.keys > 0, use.line))[:MOST_LINES]),
        listed_keys=tuple(sorted(guesses, key=lambda one: (one.team != UNASSIGNED, one.name, one.key_id))[:MOST_KEYS]),
    )


def _use(line: TeamLine, keys: int) -> TeamLineUse:
    return TeamLineUse(
        line=line.number,
        key=visible(line.key),
        team=visible(line.team),
        cost_center=visible(line.cost_center),
        allowed_environments=" ".join(line.allowed_environments),
        keys=keys,
    )


def _guess(key: Key) -> TeamGuess:
    return TeamGuess(key_id=visible(key.key_id), name=shown_name(key), team=visible(team_of(key)))
