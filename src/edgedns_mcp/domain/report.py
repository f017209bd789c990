"""Rank, share, total, rest: the arithmetic of `usage_by_key`.

What holds: listed rows + rest = totals, whatever the page; unattributed requests stand beside them, never inside.
"""

import heapq
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import compress, islice

from edgedns_mcp.domain.cells import DAY_S, add
from edgedns_mcp.domain.naming import PATH_LENGTH, shown_name, visible
from edgedns_mcp.domain.tallies import tallies_of
from edgedns_mcp.domain.usages import Usages, roster_of, usages_of, with_tallies
from edgedns_mcp.models import (
    Coverage,
    Filters,
    GroupRow,
    Highlights,
    Key,
    KeyRow,
    KeyUsage,
    Rest,
    SortBy,
    Standing,
    Tally,
    Totals,
    Unattributed,
)

LEADERS = 3
WORTH_ERRORS = 20  # below this, an error share says little
WORTH_ERROR_PERCENT = 5.0


def is_active(key: Key, now: datetime, window_end: datetime | None = None) -> bool:
    """Tell whether the key existed before the window's end and is not revoked at `now`."""
    until = min(window_end, now) if window_end else now
    born = key.created_at is None or key.created_at <= until
    return born and (key.revoked_at is None or key.revoked_at > now)


def next_change(keys: Iterable[Key], now: datetime) -> datetime | None:
    """Give the next moment at which a key becomes active or is revoked."""
    changes = roster_of(keys).changes
    return next(iter(changes[bisect_right(changes, now) :]), None)


def attribute(
    keys: Iterable[Key], tallies: Mapping[str, Tally], now: datetime, window_end: datetime | None = None
) -> tuple[Usages, Unattributed]:
    """Give each active key its tally, zero-request keys included; what is left belongs to no active key."""
    used, left = part(keys, tallies, now, window_end)
    return used, unattributed(keys, left)


def part(
    keys: Iterable[Key], tallies: Mapping[str, Tally], now: datetime, window_end: datetime | None = None
) -> tuple[Usages, Mapping[str, Tally]]:
    """Give each active key its tally, and all other tallies by key id.

    A key that made requests in the window is active, whenever the inventory says that it was created. The keys come by
    name.
    """
    roster, at = roster_of(keys), now.timestamp()
    until = min(window_end, now).timestamp() if window_end else at
    listed, others = tallies_of(tallies).parted(roster.members.key_ids)
    unborn = (place for place in roster.unborn(until) if listed.requests[place] <= 0)
    out = frozenset((*roster.gone(at), *unborn))
    return with_tallies(roster.without(out), listed.without(out)), {**listed.at(out), **others}


def unattributed(keys: Iterable[Key], left: Mapping[str, Tally]) -> Unattributed:
    """Tell apart what belongs to no active key."""
    requests = {key_id: tally.requests for key_id, tally in left.items()}
    no_key = requests.pop("", 0)
    known = requests.keys() & roster_of(keys).members.key_ids if requests else ()
    revoked = sum(requests[key_id] for key_id in known)
    return Unattributed(
        request_count=sum(requests.values()) + no_key,
        revoked=revoked,
        unknown_key=sum(requests.values()) - revoked,
        no_key=no_key,
    )


def select(usages: Iterable[KeyUsage], filters: Filters) -> Usages:
    """Keep the keys that the filters ask for."""
    team, part, every = filters.team.casefold(), filters.name_contains.casefold(), usages_of(usages)
    if filters.environment != "all":
        every = every.only([one.environment == filters.environment for one in every.members])
    if team:
        every = every.only([one.team.casefold() == team for one in every.members])
    if part:
        every = every.only([part in f"{one.shown}\n{one.key.name}".casefold() for one in every.members])
    return every


def total(usages: Iterable[KeyUsage]) -> Totals:
    """Sum over keys."""
    every = usages_of(usages)
    whole, requests, are = every.total, every.requests, every.members.by_environment
    return Totals(
        keys=len(every),
        request_count=whole.requests,
        error_count=whole.errors,
        error_percent=percent(whole.errors, whole.requests),
        live_requests=sum(compress(requests, are["live"])),
        test_requests=sum(compress(requests, are["test"])),
        unknown_requests=sum(compress(requests, are["unknown"])),
        idle_keys=[*zip(requests, every.slack, strict=True)].count((0, 0)) if whole.slack != 0 else requests.count(0),
    )


def rank_keys(usages: Iterable[KeyUsage], by: SortBy) -> Usages:
    """Order keys, most first; ties go by name, then by id, so the order is always the same."""
    every = usages_of(usages)
    return every.at(order(every, by))


def order(every: Usages, by: SortBy, most: int | None = None) -> list[int]:
    """Give the places of the keys in the order of `rank_keys`, or of the first `most`."""
    if most is None or by == "name" or len(every) <= most:
        return _ranked(every, by)[:most]
    first = _first(by, every.requests, every.errors, every.last)
    least = heapq.nlargest(most, first)[-1]  # whoever has less is none of them
    near = [at for at, figure in enumerate(first) if figure >= least]
    return [near[at] for at in _ranked(every.at(near), by)[:most]]


def _ranked(every: Usages, by: SortBy) -> list[int]:
    return ranking(by, every.members.names, every.requests, every.errors, every.last)


def key_row(usage: KeyUsage, whole: int, endpoints: Mapping[str, Tally], top: int) -> KeyRow:
    """Make a key's line; `whole` is the total that its share is a part of."""
    return KeyRow(
        key_id=visible(usage.key.key_id),
        name=shown_name(usage.key),
        environment=usage.key.environment,
        team=visible(usage.team),
        request_count=usage.requests,
        share_percent=share(usage.requests, whole),
        error_count=usage.errors,
        error_percent=percent(usage.errors, usage.requests),
        last_activity=usage.last_activity,
        endpoint_distribution=distribution(endpoints, top),
    )


def distribution(endpoints: Mapping[str, Tally], top: int) -> dict[str, int]:
    """List the `top` endpoints, most requests first, names as they may be shown."""
    shown: dict[str, int] = defaultdict(int)
    for path, tally in endpoints.items():
        shown[visible(path, PATH_LENGTH)] += tally.requests
    return dict(sorted(shown.items(), key=lambda item: (-item[1], item[0]))[:top])


def rest(totals: Totals, rows: Sequence[KeyRow] | Sequence[GroupRow], ranked: int) -> Rest:
    """Give what the rows leave out of `ranked` rows, so that rows + rest = totals."""
    listed = add(Tally(row.request_count, row.error_count, None) for row in rows)
    errors = None if totals.error_count is None or listed.errors is None else totals.error_count - listed.errors
    return Rest(rows=ranked - len(rows), request_count=totals.request_count - listed.requests, error_count=errors)


def highlights(standings: Sequence[Standing]) -> Highlights:
    """Find who leads, who fails most, and whether a test key or group is among the leaders.

    `standings` stand in the order that was asked for; the leaders are always those with most requests.
    """
    used = sorted((one for one in standings if one.requests), key=lambda one: (-one.requests, one.name))
    leaders = tuple(used[:LEADERS])
    whole = sum(one.requests for one in used)
    failing = [one for one in used if _fails(one.errors, one.error_percent)]
    busy_live = any(one.environment == "live" for one in used)
    return Highlights(
        first=standings[0] if standings else None,
        leaders=leaders,
        ranked=len(standings),
        tied=sum(one.requests == leaders[0].requests for one in used) if leaders else 0,
        leaders_share_percent=share(sum(one.requests for one in leaders), whole),
        worst=max(failing, key=lambda one: one.errors or 0, default=None),
        test_leader=next((one for one in leaders if one.environment == "test" and busy_live), None),
    )


def outstanding(rows: Usages | Sequence[GroupRow], whole: int, first: int = 0) -> Highlights:
    """Find what `highlights` finds among the standings of all rows, from those of the few that can be part of it.

    The rows may stand in any order; `first` is the place of the one that comes first.
    """
    counts, errors = _counts(rows)
    least = max(heapq.nlargest(LEADERS, counts)[-1], 1) if rows else 1
    lossy = ((at, lost) for at, lost in enumerate(errors) if lost and lost >= WORTH_ERRORS)
    failing = {at: lost for at, lost in lossy if _fails(lost, percent(lost, counts[at]))}
    worst = max(failing.values(), default=None)
    chosen = {at for at, requests in enumerate(counts) if requests >= least}
    chosen.update(at for at, lost in failing.items() if lost == worst)
    if isinstance(rows, Usages):
        used = (at for at, one in enumerate(rows.members) if one.environment == "live" and counts[at])
        chosen.update(islice(used, 1))
    names = _names(rows)
    found = highlights([_standing(rows[at], whole, names) for at in (first, *(chosen - {first})) if rows])
    leading = share(sum(one.requests for one in found.leaders), sum(counts))
    return found.model_copy(update={"ranked": len(rows), "leaders_share_percent": leading})


def standings(rows: Usages | Sequence[GroupRow], whole: int) -> list[Standing]:
    """See keys or groups as places in the ranking; keys that share a name are told apart by their environment."""
    names = _names(rows)
    return [_standing(row, whole, names) for row in rows]


def _counts(rows: Usages | Sequence[GroupRow]) -> tuple[Sequence[int], Sequence[int | None]]:
    if isinstance(rows, Usages):
        return rows.requests, rows.errors
    return [row.request_count for row in rows], [row.error_count for row in rows]


def _names(rows: Usages | Sequence[GroupRow]) -> Mapping[str, int]:
    """Count how many keys go by each name."""
    return rows.members.by_shown if isinstance(rows, Usages) else {}


def _standing(row: KeyUsage | GroupRow, whole: int, names: Mapping[str, int]) -> Standing:
    if isinstance(row, GroupRow):
        name, requests, errors, environment = row.name, row.request_count, row.error_count, "unknown"
    else:
        name, requests, errors, environment = shown_name(row.key), row.requests, row.errors, row.key.environment
        name = f"{name} ({environment})" if names[name] > 1 else name
    return Standing(
        name=name,
        environment=environment,
        requests=requests,
        share_percent=share(requests, whole),
        errors=errors,
        error_percent=percent(errors, requests),
    )


def per_day(requests: int, coverage: Coverage, key: Key) -> float | None:
    """Give the mean per day over the observed part of the window in which the key lived, one decimal.

    None where nobody knows that part, or where it is shorter than a day: nobody should extrapolate from minutes.
    """
    if not (coverage.window_start and coverage.window_end and coverage.data_from and coverage.data_to):
        return None
    starts = (coverage.window_start, coverage.data_from, key.created_at or coverage.window_start)
    ends = (coverage.window_end, coverage.data_to, key.revoked_at or coverage.window_end)
    lived_s = (min(ends) - max(starts)).total_seconds()
    return round(requests * DAY_S / lived_s, 1) if lived_s >= DAY_S else None


def percent(part: int | None, whole: int) -> float | None:
    """Give `part` of `whole` in percent, one decimal, half up; None where there is no whole or no part known."""
    return None if part is None or not whole else (part * 2000 + whole) // (2 * whole) / 10


def share(part: int, whole: int) -> float:
    """Give `part` of `whole` in percent; of nothing, everything is 0."""
    return percent(part, whole) or 0.0


def ranking(
    by: SortBy,
    names: Sequence[tuple[str, str]],
    requests: Sequence[int],
    errors: Sequence[int | None],
    last: Sequence[int | None],
) -> list[int]:
    """Give the places of rows, most first, names in their own order; what is alike comes by its names."""
    places = sorted(range(len(names)), key=names.__getitem__)
    if by == "name":
        return sorted(places, key=[name.casefold() for name, _ in names].__getitem__)
    places.sort(key=requests.__getitem__, reverse=True)
    return sorted(places, key=_first(by, requests, errors, last).__getitem__, reverse=True)


def _first(
    by: SortBy, requests: Sequence[int], errors: Sequence[int | None], last: Sequence[int | None]
) -> Sequence[float]:
    """Give the figures that rank before all others."""
    match by:
        case "errors":
            return [count or 0 for count in errors]
        case "error_percent":
            return [percent(*one) or 0 for one in zip(errors, requests, strict=True)]
        case "last_activity":
            return [at or 0 for at in last]
        case "requests" | "name":
            return requests


def _fails(errors: int | None, error_percent: float | None) -> bool:
    return (errors or 0) >= WORTH_ERRORS and (error_percent or 0) >= WORTH_ERROR_PERCENT
