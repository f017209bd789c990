"""Keys summed into teams, environments or endpoints."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from edgedns_mcp.domain.cells import add
from edgedns_mcp.domain.naming import PATH_LENGTH, visible
from edgedns_mcp.domain.report import percent, ranking, share
from edgedns_mcp.domain.usages import moment, tally_of
from edgedns_mcp.models import GroupBy, GroupRow, KeyUsage, SortBy, Tally


class Group(NamedTuple):
    """Some keys together: a team, an environment, or those that called an endpoint."""

    name: str
    keys: int
    tally: Tally


def group(usages: Iterable[KeyUsage], by: GroupBy, endpoints: Mapping[str, Mapping[str, Tally]]) -> list[Group]:
    """Sum keys into teams, environments or endpoints; `endpoints` (per key) is read for the last only."""
    members: dict[str, dict[str, list[Tally]]] = defaultdict(lambda: defaultdict(list))
    for usage in usages:
        key_id = usage.key.key_id
        if by == "endpoint":
            for path, tally in endpoints.get(key_id, {}).items():
                members[visible(path, PATH_LENGTH)][key_id].append(tally)
        else:
            members[visible(usage.team) if by == "team" else usage.key.environment][key_id].append(tally_of(usage))
    return [
        Group(name, len(keys), add(tally for tallies in keys.values() for tally in tallies))
        for name, keys in members.items()
    ]


def rank_groups(groups: Sequence[Group], by: SortBy) -> list[GroupRow]:
    """Make the groups' lines, ordered as keys are ordered."""
    tallies, whole = [one.tally for one in groups], sum(one.tally.requests for one in groups)
    places = ranking(
        by,
        [(one.name, "") for one in groups],
        [tally.requests for tally in tallies],
        [tally.errors for tally in tallies],
        [tally.last_activity for tally in tallies],
    )
    return [_group_row(groups[at], whole) for at in places]


def _group_row(one: Group, whole: int) -> GroupRow:
    tally = one.tally
    return GroupRow(
        name=one.name,
        keys=one.keys,
        request_count=tally.requests,
        share_percent=share(tally.requests, whole),
        error_count=tally.errors,
        error_percent=percent(tally.errors, tally.requests),
        last_activity=moment(tally.last_activity),
    )
