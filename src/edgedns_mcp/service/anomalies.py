"""The question `find_anomalies`: what keys did that they never did."""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from edgedns_mcp.domain import lifetimes, report
from edgedns_mcp.domain.anomalies.evidence import Scene, finding_of
from edgedns_mcp.domain.anomalies.incidents import KINDS, SEVERITIES, Incident, Kind, finding_id
from edgedns_mcp.domain.anomalies.tested import tested
from edgedns_mcp.domain.teams import is_guessed
from edgedns_mcp.domain.usages import Usages
from edgedns_mcp.errors import NoDataError, QuestionError, UnavailableError
from edgedns_mcp.models import AnomalyQuery, AnomalyReport, Cell, FindingRow, Severity, SeverityTable, Window
from edgedns_mcp.render.findings import anomalies_summary, anomaly_words, in_words
from edgedns_mcp.render.key_summary import ROTATE
from edgedns_mcp.service.billing import billing_of
from edgedns_mcp.service.budget_findings import Standing, budget_findings
from edgedns_mcp.service.budgeted import Held, counted, held, unknown_notes
from edgedns_mcp.service.desk import Desk, as_recorded
from edgedns_mcp.service.filters import (
    MOST_CHARACTERS,
    TEAMS_GUESSED,
    UNTOLD,
    check_team,
    filter_words,
    selects_keys,
    size_of,
)
from edgedns_mcp.service.named_key import Named, find, named
from edgedns_mcp.service.planned import planned_notes
from edgedns_mcp.service.watching import Asked, Watch, watch
from edgedns_mcp.sources.base import UsageView

FINDING_ID = re.compile(r"[0-9a-f]{10}")
LONGEST = {"day": timedelta(days=366), "hour": timedelta(days=31)}
NOTHING_RECORDED = (
    "EdgeDNS states sums of a billing period and no times, and fewer than two readings of it were recorded, so nothing "
    "can be compared yet; leave this server running, or run edgedns-mcp record --every 1h: spikes are told from the "
    "eighth day on."
)
SHIFTED = "Midnight there is no full hour of UTC, so each day begins at the full hour before it."
NO_BUDGET = "There is no budget; write one as [[budget]] in edgedns.toml, with who and requests = 100000."
SHORTENED = "The list was shortened to fit; ask for one key or one kind."


class Question(NamedTuple):
    """A question ready to be answered."""

    query: AnomalyQuery
    meant: Named
    asked: Asked
    desk: Desk
    counter: Window | None = None  # the billing period that EdgeDNS's counters answer, where budgets need it

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Give the kinds of findings that are asked for; budgets only where there are any."""
        if self.query.kind != "all":
            return (self.query.kind,)
        return tuple(kind for kind in KINDS if kind != "budget" or self.desk.budgets)


async def find_anomalies(desk: Desk, query: AnomalyQuery, *, fits_a_host: bool = True) -> AnomalyReport:
    """Answer `find_anomalies`, shortened where it would not fit a host, if it has to.

    Raises:
        UsageError: the question cannot be asked like this, or the source has no answer.
    """
    now = desk.now().replace(microsecond=0)
    window = desk.window(query.period, query.start, query.end)
    if window.end - window.start > LONGEST[query.bucket] + timedelta(hours=1):
        longest = "a year by days" if query.bucket == "day" else "31 days by hours"
        raise QuestionError(
            f"{window.period} is longer than {longest}, the most that is searched; ask a shorter period."
        )
    asked = Asked(window, query.bucket, query.sensitivity, now, desk.zone, desk.plans, desk.severity, desk.tell)
    question = Question(query, named(query.key), asked, desk)
    put = _fitting if fits_a_host else _answer
    if "budget" not in question.kinds:
        return await desk.ask(partial(put, question=question), as_recorded(window))
    return await desk.in_time(_with_counter(put, question._replace(counter=desk.window("current", "", ""))))


async def _with_counter(put: Callable[[UsageView, Question], AnomalyReport], question: Question) -> AnomalyReport:
    """Hold budgets against EdgeDNS's counter; where that cannot be read, against what was recorded."""
    source, past = question.desk.source, as_recorded(question.asked.window)
    windows, seen = [past, *filter(None, [question.counter])], list[UsageView]()

    def once(view: UsageView) -> AnomalyReport:
        seen.append(view)
        return put(view, question)

    try:
        return await source.read(once, windows)
    except (NoDataError, UnavailableError):
        if seen:  # then it was no counter that failed
            raise
    return await source.read(lambda view: put(view, question._replace(counter=None)), [past])


async def acknowledge(desk: Desk, finding: str, until: datetime) -> None:
    """Hide a finding that is known.

    Raises:
        QuestionError: this is no finding's id.
        UsageError: the source keeps nothing, or cannot be written.
    """
    if not FINDING_ID.fullmatch(finding):
        raise QuestionError("That is no finding_id; copy the ten characters from the finding, for example 24eef3a034.")
    await desk.in_time(desk.source.acknowledge(finding, until))


def is_at_least(answer: AnomalyReport, severity: Severity) -> bool:
    """Tell whether a finding weighs so much, or more."""
    bar = SEVERITIES.index(severity)
    return any(SEVERITIES.index(one.severity) >= bar for one in answer.findings)


def _fitting(view: UsageView, question: Question) -> AnomalyReport:
    answer = _answer(view, question)
    while len(answer.findings) > 1 and size_of(answer, anomaly_words(answer)) > MOST_CHARACTERS:
        fewer = answer.findings[: len(answer.findings) * 3 // 4]
        notes = tuple(dict.fromkeys((*answer.notes, SHORTENED)))
        answer = answer.model_copy(update={"findings": fewer, "notes": notes})
    return answer


def _answer(view: UsageView, question: Question) -> AnomalyReport:
    if view.source == "edgedns" and not view.observed():
        raise NoDataError(NOTHING_RECORDED)
    query, asked = question.query, question.asked
    coverage = view.coverage(as_recorded(asked.window))
    seen = watch(view, asked)
    present = _present(seen)
    used, kinds = _selected(seen, question, present), question.kinds
    known = held(question.desk.budgets, view.keys()) if "budget" in kinds else []
    standing = _standing(view, question, [one for one in known if _is_asked(question, one, used, present)])
    shown, hidden = _told(seen, seen.incidents(used.key_ids, kinds), asked.severity)
    reached = list(budget_findings(seen, asked, standing))
    shown += (one for one in reached if one.finding_id not in view.acknowledged())
    hidden += sum(one.finding_id in view.acknowledged() for one in reached)
    ranked = sorted(shown, key=lambda one: (-SEVERITIES.index(one.severity), one.start, one.key_id, one.kind))
    answer = AnomalyReport(
        summary="",
        source=view.source,
        period=asked.window.period,
        **coverage.model_dump(exclude=UNTOLD),
        timezone=asked.zone.key,
        now=asked.now,
        filters=filter_words(query.model_copy(update={"key": question.meant.wanted}), "key", "kind", "sensitivity"),
        bucket=query.bucket,
        total_keys=len(used),
        finding_count=len(ranked),
        findings=tuple(in_words(one, asked.zone, query.bucket) for one in ranked[: query.limit]),
        tested=tested(seen.reach(kinds, _with_budget(standing.every, used)), kinds, used.key_ids),
        acknowledged_count=hidden,
        planned_keys=_planned(seen, used),
        notes=tuple(
            _notes(
                [*coverage.notes, *planned_notes(seen, asked, used), *_budget_notes(question, known)],
                used,
                shifted=_is_shifted(seen, asked),
            )
        ),
    )
    warning = f"{ROTATE} " if question.meant.was_secret else ""
    return answer.model_copy(update={"summary": warning + anomalies_summary(answer, ranked)})


def _standing(view: UsageView, question: Question, every: Sequence[Held]) -> Standing:
    is_counter = question.counter and view.source == "edgedns"
    counter = counted(view, question.counter) if question.counter and is_counter else None
    return Standing(billing_of(question.desk, view, question.counter), counter, every)


def _is_asked(question: Question, one: Held, used: Usages, present: Usages) -> bool:
    """Tell whether a budget is of those who are asked about."""
    is_filtered = bool(question.meant.wanted) or selects_keys(question.query)
    return not is_filtered or one.is_about(used.key_ids, present.key_ids)


def _with_budget(every: Sequence[Held], used: Usages) -> Collection[str]:
    """Give the keys that a budget is for; one of all keys is for strangers, too."""
    if any(one.covered.kind == "all" for one in every):
        return used.key_ids
    return {key_id for one in every for key_id in one.covered.key_ids}


def _budget_notes(question: Question, known: Sequence[Held]) -> list[str]:
    if "budget" not in question.kinds:
        return []
    return [*unknown_notes(question.desk.budgets, known)] if question.desk.budgets else [NO_BUDGET]


def _present(seen: Watch) -> Usages:
    """Give the keys that lived or were used in the window."""
    window = seen.between(seen.first, seen.end)
    return lifetimes.present(seen.roster, seen.view.totals(window), window.start, window.end)


def _selected(seen: Watch, question: Question, every: Usages) -> Usages:
    """Give the keys that are asked about."""
    check_team(question.query.team, every)
    if question.meant.wanted:
        wanted = {key.key_id for key in find(question.meant, [*seen.keys.values()]).keys}
        every = every.only([key_id in wanted for key_id in every.key_ids])
    return report.select(every, question.query)


def _told(seen: Watch, incidents: Sequence[Incident], table: SeverityTable) -> tuple[list[FindingRow], int]:
    """Give the findings that are not hidden, and count those that are."""
    known = seen.view.acknowledged()
    open_ones = [one for one in incidents if finding_id(one.key_id, one.kind, seen.epochs[one.first]) not in known]
    scenes = [_scene(seen, one, cells, known) for one, cells, known in _looked_up(seen, open_ones)]
    shown = [finding_of(one, scene, table) for one, scene in zip(open_ones, scenes, strict=True)]
    return shown, len(incidents) - len(open_ones)


def _looked_up(seen: Watch, incidents: Sequence[Incident]) -> Iterator[tuple[Incident, list[Cell], Collection[str]]]:
    """Give each incident its cells, and the endpoints that were known before it; what lies alike is read at once."""
    families = {one.key_id: seen.family(one.key_id) for one in incidents}
    alike: dict[tuple[int, int], list[str]] = defaultdict(list)
    before: dict[int, list[str]] = defaultdict(list)
    for one in incidents:
        alike[one.first, one.last + 1] += families[one.key_id]
        before[one.first] += families[one.key_id]
    cells = {place: seen.view.cells(seen.between(*place), {*key_ids}) for place, key_ids in alike.items()}
    known = {
        first: seen.view.endpoints(seen.between(0, first), {*key_ids}) for first, key_ids in before.items() if first
    }
    for one in incidents:
        family = families[one.key_id]
        of_family = [cell for cell in cells[one.first, one.last + 1] if cell.key_id in family]
        if not one.first:  # where nobody knows what was before, nothing is new
            yield one, of_family, [cell.endpoint for cell in of_family]
            continue
        yield one, of_family, {path for each in family for path in known[one.first].get(each, ())}


def _scene(seen: Watch, incident: Incident, cells: Sequence[Cell], known: Collection[str]) -> Scene:
    watched = seen.search.keys[incident.key_id]
    if incident.kind == "environment":
        wrong = {one.environment for one in incident.misplaced}
        cells = [cell for cell in cells if cell.environment in wrong]
    usual = seen.search.errors.usual(watched, incident.first)
    return Scene(seen.keys[incident.key_id], watched, seen.epochs, cells, known, usual.share if usual else None)


def _planned(seen: Watch, used: Usages) -> int:
    window = range(seen.first, seen.end)
    odd = [seen.search.keys[key_id] for key_id in used.key_ids if key_id in seen.search.keys.odd]
    return sum(any(at in window for at in key.planned) for key in odd)


def _is_shifted(seen: Watch, asked: Asked) -> bool:
    return asked.bucket == "day" and bool(seen.edges[0].astimezone(asked.zone).minute)


def _notes(told: Sequence[str], used: Usages, *, shifted: bool) -> list[str]:
    guessed = [TEAMS_GUESSED] if any(is_guessed(one.key) for one in used.members) else []
    return [*told, *guessed, *([SHIFTED] if shifted else [])]
