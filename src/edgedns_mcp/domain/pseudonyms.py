"""A closed charge without a key that is to be forgotten: in each value that named it another id and name stand.

Amounts, sums and names of groups stay. What was written of the values (words and files) goes, to be written anew.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from edgedns_mcp.domain.charge_rows import LONGEST_ID
from edgedns_mcp.domain.naming import visible
from edgedns_mcp.domain.terms import team_patterns
from edgedns_mcp.models import (
    Charge,
    ChargeCorrection,
    ChargeLine,
    Closed,
    ClosedTerms,
    ClosedView,
    Mention,
    Owner,
)

ALIAS = re.compile(r"forgotten-([0-9]{1,9})")
Owned = TypeVar("Owned", bound=Owner)
Line = TypeVar("Line", ChargeLine, ChargeCorrection)


class Renaming(NamedTuple):
    """A key, what it is called from now on, and the names that no other key of the charge has, in small letters."""

    key_id: str
    alias: str
    names: frozenset[str]

    def id(self, key_id: str) -> str:
        """Rename a key."""
        return self.alias if key_id == self.key_id else key_id

    def word(self, word: str) -> str:
        """Rename what a question called the key by: its id or its name, whatever the case."""
        is_it = word.casefold() == self.key_id.casefold() or visible(word).casefold() in self.names
        return self.alias if is_it else word


def ids_in(closed: Closed) -> set[str]:
    """List the ids of the keys in a closed charge."""
    owners = (*closed.keys, *closed.corrections)
    return {*(one.key_id for one in owners), *closed.unknown} - {""}


def next_alias(every: Iterable[Closed]) -> str:
    """Give an id that no closed charge has yet."""
    taken = [int(found[1]) for closed in every for key_id in ids_in(closed) if (found := ALIAS.fullmatch(key_id))]
    return f"forgotten-{max(taken, default=0) + 1}"


def renamed(closed: Closed, key_id: str, alias: str) -> Closed:
    """Give a closed charge in which a key goes by another id and name."""
    owners = [*closed.keys, *closed.corrections]
    others = {one.name.casefold() for one in owners if one.key_id != key_id}
    to = Renaming(key_id, alias, frozenset(one.name.casefold() for one in owners if one.key_id == key_id) - others)
    # Without shares of keys, what a share is of may be a group that is called like the key.
    is_by_key = closed.terms.group_by == "key"
    shares = {to.word(name): share for name, share in closed.shares.items()} if is_by_key else closed.shares
    return closed.model_copy(
        update={
            "keys": _owners(closed.keys, to),
            "unknown": {to.id(one): count for one, count in closed.unknown.items()},
            "corrections": _owners(closed.corrections, to),
            "question": _question(closed.question, to, is_by_key=is_by_key),
            "asked": _words(closed.asked, to, shares if shares != closed.shares else {}),
            "standing": _words(closed.standing, to, shares if shares != closed.shares else {}),
            "shares": shares,
            "terms": _terms(closed.terms, to, is_by_key=is_by_key),
            "rows": _rows(closed.rows, to),
            "views": {by: _view(view, to) for by, view in closed.views.items()},
            "focus": "",
        }
    )


def _owners(every: Sequence[Owned], to: Renaming) -> tuple[Owned, ...]:
    changed = {"key_id": to.alias, "name": to.alias}
    return tuple(one.model_copy(update=changed) if one.key_id == to.key_id else one for one in every)


def _rows(every: Sequence[Charge], to: Renaming) -> tuple[Charge, ...]:
    changed, written = {"key_id": to.alias, "name": to.alias}, {to.key_id, visible(to.key_id, LONGEST_ID)}
    return tuple(one.model_copy(update=changed) if one.key_id in written else one for one in every)


def _terms(terms: ClosedTerms, to: Renaming, *, is_by_key: bool) -> ClosedTerms:
    percents = {to.id(name): percent for name, percent in terms.percents.items()} if is_by_key else terms.percents
    return terms.model_copy(update={"percents": percents, "teams": _patterns(terms.teams, to)})


def _question(question: str, to: Renaming, *, is_by_key: bool) -> str:
    said = json.loads(question)
    said["teams"] = [[team, to.word(pattern)] for team, pattern in said["teams"]]
    if is_by_key:
        said["percents"] = {to.word(name): percent for name, percent in said["percents"].items()}
    return json.dumps(said, sort_keys=True, ensure_ascii=False)


def _words(words: Mapping[str, str], to: Renaming, shares: Mapping[str, str]) -> dict[str, str]:
    """Write the words for teams and shares anew; `shares` are those that changed, if any did."""
    changed = {"teams": _patterns(words.get("teams", ""), to)}
    if shares:
        changed["shares"] = ",".join(f"{name}={share}" for name, share in shares.items())
    return {name: changed.get(name, value) for name, value in words.items()}


def _patterns(words: str, to: Renaming) -> str:
    """Rename in the words for teams, which stay as they were where none is the key."""
    found = team_patterns(words)
    if all(to.word(one.pattern) == one.pattern for one in found):
        return words
    teams: dict[str, list[str]] = {}
    for one in found:
        teams.setdefault(one.team, []).append(to.word(one.pattern))
    return "; ".join(f"{team}: {', '.join(patterns)}" for team, patterns in teams.items())


def _view(view: ClosedView, to: Renaming) -> ClosedView:
    report, ids = view.report, tuple(map(to.id, view.ids))
    changed = {
        "lines": _lines(report.lines, view.ids, to),
        "corrections": _lines(report.corrections, view.corrected_ids, to),
        "bounds": report.bounds and report.bounds.model_copy(update={"rows": _bounds(report.bounds.rows, ids, to)}),
        "summary": "",
        "terms": "",
        "notes": (),
    }
    notes = tuple(one._replace(names=tuple(_mention(name, to) for name in one.names)) for one in view.notes)
    return ClosedView(
        report=report.model_copy(update=changed),
        words="",
        brief="",
        csv="",
        ids=ids,
        corrected_ids=tuple(map(to.id, view.corrected_ids)),
        notes=notes,
    )


def _lines(lines: Sequence[Line], ids: Sequence[str], to: Renaming) -> tuple[Line, ...]:
    changed, others = {"key_id": to.alias, "name": to.alias}, lines[len(ids) :]
    own = zip(lines, ids, strict=False)
    return (*(line.model_copy(update=changed) if key_id == to.key_id else line for line, key_id in own), *others)


def _bounds(rows: Mapping[str, int | None], ids: Iterable[str], to: Renaming) -> dict[str, int | None]:
    """Rename by the cut form of the id, unless another key has the same one."""
    cut = visible(to.key_id)
    is_alone = to.alias in ids and cut not in map(visible, ids)
    return {to.alias if is_alone and name == cut else name: most for name, most in rows.items()}


def _mention(one: Mention, to: Renaming) -> Mention:
    return Mention(to.alias, to.alias) if one.key_id == to.key_id else one
