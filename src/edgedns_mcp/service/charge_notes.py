"""What must be said beside the lines of a chargeback: where teams come from, who bears what, what is not certain."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from edgedns_mcp.domain.charges import UNATTRIBUTED, Account, label_of
from edgedns_mcp.domain.naming import shown_name, visible
from edgedns_mcp.domain.report import share
from edgedns_mcp.domain.standing import WITHHELD, Settled
from edgedns_mcp.domain.teams import UNASSIGNED, is_guessed
from edgedns_mcp.domain.terms import TeamPattern, idle_weights, teams_of
from edgedns_mcp.models import Mention, Note
from edgedns_mcp.render.phrases import inert, listed, plural
from edgedns_mcp.service.charged import Charged
from edgedns_mcp.service.filters import TEAMS_GUESSED

MOST_NAMED = 5
MOST_GUESSED = 3  # lines whose team was guessed that are named
SHORTENED = "The lines were shortened to fit; edgedns-mcp chargeback --format csv lists all."
LOWER = "Where figures lie between two, the lower ones are charged."
NO_USE = "Nothing was used in this period, so the amount is shared evenly over the keys."
NO_KEYS = "No key lived in this period, so the amount is unattributed."
REVOKED = "Keys revoked since are charged for what they used."
IN_FILE = "a teams file (EDGEDNS_TEAMS_FILE)"
NOT_BORNE = "With method={method} unattributed use bears no part; it is only counted."
NOTHING = Note("")


class Told(NamedTuple):
    """What notes are made of."""

    asked: Settled
    charged: Charged
    teams: Mapping[str, str]
    patterns: Sequence[TeamPattern]
    accounts: Sequence[Account]
    owed: Mapping[str, int]


def notes(told: Told) -> tuple[Note, ...]:
    """List what must be said."""
    asked, found = told.asked, told.charged
    tested = sum(one.tested for one in told.accounts)
    whole, beside = found.keys.total, found.beside
    every = {
        **dict.fromkeys(map(Note, found.coverage.notes), True),
        Note(f"Shares only: {WITHHELD.get(asked.withheld)}."): bool(asked.withheld),
        Note(NO_KEYS): not len(found.keys),
        Note(NO_USE): bool(len(found.keys)) and not (whole.requests or beside.requests),
        Note(_spread(told)): beside.requests > 0 and asked.unattributed == "spread",
        Note(NOT_BORNE.format(method=asked.method)): _is_not_borne(told),
        _unserved(told): asked.method == "fixed",
        _guessed(told): True,
        _outside(told): True,
        _unmatched(told): True,
        _weightless(told): True,
        Note(_untold(told)): True,
        Note(f"{share(tested, whole.requests)} % of the requests were of test keys, charged like all others."): tested
        > 0,
        Note(REVOKED): _charges_revoked(found),
        Note(LOWER): whole.slack != 0 or beside.slack != 0,
    }
    return tuple(note for note, is_true in every.items() if is_true and note != NOTHING)


def said(note: Note) -> str:
    """Write a note."""
    names = [inert(one.name) for one in note.names]
    return f"{note.before}{listed([*names, *([f'{note.more} more'] if note.more else [])])}{note.after}"


def _spread(told: Told) -> str:
    count = plural(told.charged.beside.requests, "unattributed request")
    if told.owed[UNATTRIBUTED]:
        return f"There is no key to spread {count} over."
    return f"The cost of {count} is spread over all others."


def _is_not_borne(told: Told) -> bool:
    by_group = told.asked.method in ("even", "fixed") and bool(told.accounts)
    return by_group and told.charged.beside.requests > 0 and told.asked.unattributed == "separate"


def _unserved(told: Told) -> Note:
    """Name who used something and has no share."""
    lost = [one for one in told.accounts if one.used.requests and not told.owed[label_of(one)]]
    names = (Mention(one.name, one.member.key_id if one.member else "") for one in lost)
    return _naming("No share was given to ", names, ", which made requests.")


def _guessed(told: Told) -> Note:
    """Name the lines with a team that was read out of a key's name, those that owe most first."""
    if told.asked.group_by != "team":
        return NOTHING
    keys = (one for one in told.charged.keys.members if one.key_id not in told.teams)
    teams = {visible(one.team) for one in keys if is_guessed(one.key)}
    lines = [Mention(one.name) for one in told.accounts if one.name in teams]
    return _first(f"{TEAMS_GUESSED.removesuffix('.')}: ", lines, ".", MOST_GUESSED)


def _outside(told: Told) -> Note:
    """Name the keys that belong to no team or cost centre."""
    if told.asked.group_by not in ("team", "cost_center"):
        return NOTHING
    lost = next((one for one in told.accounts if one.name == UNASSIGNED), None)
    if lost is None:
        return NOTHING
    if told.asked.group_by == "cost_center":
        return Note(f"{_belong(lost.keys)} to no cost centre; {IN_FILE} or edgedns-mcp keys import can name it.")
    keys = (one for one in told.charged.keys.members if told.teams.get(one.key_id, one.team) == UNASSIGNED)
    names = (Mention(shown_name(one.key), one.key_id) for one in keys)
    return _naming(f"{_belong(lost.keys)} to no team: ", names, f"; {IN_FILE} or teams can name it.")


def _belong(keys: int) -> str:
    return f"{plural(keys, 'key')} {'belongs' if keys == 1 else 'belong'}"


def _unmatched(told: Told) -> Note:
    """Name the patterns that match no key."""
    keys = [one.key for one in told.charged.keys.members]
    idle = (one.pattern for one in told.patterns if not teams_of(keys, [one]))
    # A pattern may be the id of a key that nobody knows.
    return _naming("No key matches ", (Mention(one, one) for one in idle), " of teams.")


def _weightless(told: Told) -> Note:
    """Name the weights that match no endpoint of the period."""
    paths = {path for _, path, _ in told.charged.parts}
    idle = idle_weights(told.asked.weights, paths)
    return _naming("No endpoint of this period matches ", map(Mention, idle), " of weights.")


def _untold(told: Told) -> str:
    """Count what cannot be weighed, because nobody knows which endpoint it went to."""
    count = sum(count for (_, path, _), count in told.charged.parts.items() if not path)
    return (
        f"{plural(count, 'request')} to endpoints that are not told count as 1 each."
        if told.asked.weights and count
        else ""
    )


def _charges_revoked(found: Charged) -> bool:
    rows = zip(found.keys.members, found.keys.requests, strict=True)
    return any(one.key.revoked_at is not None and some for one, some in rows)


def _naming(before: str, every: Iterable[Mention], after: str) -> Note:
    """Name some between these words, by their order."""
    return _first(before, sorted(every), after, MOST_NAMED)


def _first(before: str, ranked: Sequence[Mention], after: str, most: int) -> Note:
    """Name the first ones between these words; without any there is nothing to say."""
    shown = tuple(one._replace(name=visible(one.name)) for one in ranked[:most])
    return Note(before, shown, len(ranked) - len(shown), after) if shown else NOTHING
