"""Keys summed into teams, environments or endpoints."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from edgedns_mcp.domain.cells import add
from edgedns_mcp.domain.naming import PATH_LENGTH, visible
from edgedns_mcp.domain.report import SortValue, moment, order, percent, share, tally_of
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
    whole = sum(one.tally.requests for one in groups)
    return sorted((_group_row(one, whole) for one in groups), key=lambda row: _group_order(row, by))


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


def _group_order(row: GroupRow, by: SortBy) -> SortValue:
    return (*order(by, row.name, row.request_count, row.error_count, row.last_activity), row.name)
