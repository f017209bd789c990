"""Closed charges without a key that is to be forgotten: another id and name stand where its own stood."""

import re
from collections.abc import Iterable, Sequence
from typing import TypeVar

from edgedns_mcp.domain.closed_lines import USUAL_LINES, cut
from edgedns_mcp.models import Charge, ChargeCorrection, ChargeLine, Closed, ClosedView, Owner
from edgedns_mcp.render.charge_csv import chargeback_csv
from edgedns_mcp.render.chargeback import chargeback_summary, chargeback_words
from edgedns_mcp.render.focus import focus_csv, focus_rows

ALIAS = "forgotten-"
Named = TypeVar("Named", Owner, Charge, ChargeLine, ChargeCorrection)


def ids_in(closed: Closed) -> set[str]:
    """List the ids of the keys in a closed charge."""
    owners = (*closed.keys, *closed.corrections)
    return {*(one.key_id for one in owners), *closed.unknown} - {""}


def next_alias(every: Iterable[Closed]) -> str:
    """Give an id that no closed charge has yet."""
    taken = {key_id for closed in every for key_id in ids_in(closed) if key_id.startswith(ALIAS)}
    return f"{ALIAS}{len(taken) + 1}"


def renamed(closed: Closed, key_id: str, alias: str) -> Closed:
    """Give a closed charge in which a key goes by another id and name, written anew."""
    names = {one.name for one in (*closed.keys, *closed.corrections) if one.key_id == key_id} | {key_id}
    words = re.compile("|".join(rf"(?<![\w-]){re.escape(name)}(?![\w-])" for name in sorted(names)))
    terms, rows = closed.terms, _renamed(closed.rows, key_id, alias)
    views = {by: _view(view, (key_id, alias), words) for by, view in closed.views.items()}
    said = terms.model_copy(
        update={
            "percents": {words.sub(alias, name): percent for name, percent in terms.percents.items()},
            "teams": words.sub(alias, terms.teams),
        }
    )
    return closed.model_copy(
        update={
            "keys": _renamed(closed.keys, key_id, alias),
            "unknown": {alias if one == key_id else one: count for one, count in closed.unknown.items()},
            "corrections": _renamed(closed.corrections, key_id, alias),
            "question": words.sub(alias, closed.question),
            "terms": said,
            "rows": rows,
            "views": views,
            "focus": focus_csv(focus_rows(views[terms.group_by].report, rows, closed.account)),
        }
    )


def _view(view: ClosedView, ids: tuple[str, str], words: re.Pattern[str]) -> ClosedView:
    report, (key_id, alias) = view.report, ids
    bounds = report.bounds and report.bounds.model_copy(
        update={"rows": {alias if one == key_id else one: most for one, most in report.bounds.rows.items()}}
    )
    report = report.model_copy(
        update={
            "lines": _renamed(report.lines, key_id, alias),
            "corrections": _renamed(report.corrections, key_id, alias),
            "bounds": bounds,
            "terms": words.sub(alias, report.terms),
            "notes": tuple(words.sub(alias, note) for note in report.notes),
        }
    )
    report = report.model_copy(update={"summary": chargeback_summary(report, is_running=False)})
    brief = chargeback_words(cut(report, USUAL_LINES)) if view.brief else ""
    return ClosedView(report=report, words=chargeback_words(report), brief=brief, csv=chargeback_csv(report))


def _renamed(every: Sequence[Named], key_id: str, alias: str) -> tuple[Named, ...]:
    changed = {"key_id": alias, "name": alias}
    return tuple(one.model_copy(update=changed) if one.key_id == key_id else one for one in every)
