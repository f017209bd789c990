"""What a key audit is made of, read from one state of a source: every key with what it did, held against the rules."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, TypeAlias

from edgedns_mcp.domain import report
from edgedns_mcp.domain.cells import DAY_S, NOTHING, latest
from edgedns_mcp.domain.governance import mixture, todo
from edgedns_mcp.domain.governance.limits import LEAST_DAYS
from edgedns_mcp.domain.governance.subject import Situation, Subject
from edgedns_mcp.domain.governance.todo import Task
from edgedns_mcp.domain.teams import UNASSIGNED
from edgedns_mcp.domain.usages import moment, roster_of, tally_of, usage_of, usages_of
from edgedns_mcp.errors import NoDataError
from edgedns_mcp.models import AuditQuery, Budget, Coverage, KeyUsage, Reason, Tally, Window
from edgedns_mcp.service.audit_budgets import Spending
from edgedns_mcp.service.audit_findings import Searched, open_findings
from edgedns_mcp.service.desk import as_recorded
from edgedns_mcp.service.filters import check_team
from edgedns_mcp.service.watching import cells_of
from edgedns_mcp.sources.base import UsageView

Stretch: TypeAlias = tuple[int, int]  # epoch seconds of its first and last moment

MOST_STUDIED = 25  # keys whose hours are read for several services; about 4 ms each
LEADERS = 3  # keys that get a limit proposal where all actions are asked about


class Asked(NamedTuple):
    """Which keys are asked about, and the windows that may tell: the last days, and EdgeDNS's own billing period."""

    query: AuditQuery
    window: Window
    counters: Window
    searched: Searched
    budgets: Sequence[Budget] = ()

    @property
    def now(self) -> datetime:
        """Give the time of the question."""
        return self.searched.now


class Audited(NamedTuple):
    """Every key that was asked about, what is to be done, and what could not be looked at."""

    coverage: Coverage
    window: Window
    given: Situation
    everyone: Sequence[Subject]  # all active keys, asked about or not
    subjects: Sequence[Subject]
    tasks: Sequence[Task]  # in their order
    strangers: int  # keys with requests that no inventory lists
    unstudied: int  # keys that may do the work of several services, and were not looked at
    recorded: Sequence[Stretch]  # what is known hour by hour
    unheld: Sequence[str]  # what must be said of budgets that are for nobody


def audited(view: UsageView, asked: Asked) -> Audited:
    """Read what is known of every key, and hold it against the rules.

    Raises:
        UsageError: nothing is known of the window, or no key belongs to the team.
    """
    window, observed = _figures(view, asked)
    _check_observed(asked, window, observed)
    coverage, roster, tallies = view.coverage(window), roster_of(view.keys()), view.totals(window)
    used, left = report.part(roster, tallies, asked.now, window.end)
    check_team(asked.query.team, used)
    gone = usages_of(usage_of(key, left[key.key_id]) for key in roster if key.key_id in left)
    chosen = [one for some in (used, gone) for one in report.select(some, asked.query)]
    everyone = [Subject(one.key, one.team, one.requests, one.errors, None) for one in used]
    carriers = sum(one.requests > 0 for one in everyone)
    has_teams = any(one.team != UNASSIGNED for one in everyone)
    figures = used.total.requests, carriers, has_teams, view.source == "edgedns"
    given = Situation(asked.now, asked.query.dormant_days, observed, *figures)
    every = _subjects(view, window, chosen, _earlier(view, window, asked))
    subjects = [one for one in every if todo.concerns(one, given)]
    reasons = todo.reasons_of(subjects, given)
    unstudied = _add_services(view, window, subjects, reasons)
    for key_id, reason in open_findings(view, asked.searched, subjects).items():
        reasons[key_id].append(reason)
    unheld = _add_budgets(view, asked, reasons)
    for one in _to_limit(view, asked, subjects):
        reasons[one.key_id].append(Reason("limit_proposal"))
    listed = {*roster.members.key_ids}
    return Audited(
        coverage,
        window,
        given,
        everyone,
        subjects,
        [task for task in todo.tasks(subjects, reasons) if asked.query.action in ("all", task.action)],
        sum(1 for key_id, tally in left.items() if key_id and key_id not in listed and tally.requests),
        unstudied,
        view.observed(),
        unheld,
    )


def _check_observed(asked: Asked, window: Window, observed: Sequence[Stretch]) -> None:
    """Refuse to judge keys by a time that nobody observed: they would all look unused."""
    if window is asked.counters or any(end > window.start.timestamp() for _, end in observed):
        return
    if not observed:
        raise NoDataError(
            "Nothing was observed yet, so no key can be judged; import a log: edgedns-mcp import access.log."
        )
    last = moment(observed[-1][1])
    raise NoDataError(
        f"Nothing was observed in the last 30 days, so no key can be judged; the data ends at "
        f"{last:%Y-%m-%dT%H:%M:%SZ}: import newer logs, or look back with EDGEDNS_AS_OF={last:%Y-%m-%d}."
    )


def is_to_be_limited(one: Subject, now: datetime) -> bool:
    """Tell whether a limit makes sense for a key: it is used, and neither revoked nor expired."""
    return one.requests > 0 and not todo.has_ended(one, now)


def can_be_limited(one: Subject, recorded: Sequence[Stretch]) -> bool:
    """Tell whether the hours of a key were watched long enough for a limit to be learnt from them."""
    born = int(one.key.created_at.timestamp()) if one.key.created_at else 0
    watched_s = sum(max(end - max(start, born), 0) for start, end in recorded)
    return watched_s >= LEAST_DAYS * DAY_S


def _figures(view: UsageView, asked: Asked) -> tuple[Window, Sequence[Stretch]]:
    """Choose the window whose figures are judged, and say what was observed.

    EdgeDNS's own counters tell more than what was recorded, until so many days of that are there.
    """
    window, observed = as_recorded(asked.window), view.observed()
    if view.source != "edgedns" or (observed and observed[0][0] <= window.start.timestamp()):
        return window, observed
    read = view.coverage(asked.counters).data_to or asked.now
    return asked.counters, [(int(asked.counters.start.timestamp()), int(read.timestamp()))]


def _earlier(view: UsageView, window: Window, asked: Asked) -> Mapping[str, Tally]:
    """Give what was recorded besides counters: they need not know of use in an earlier billing period."""
    return view.totals(as_recorded(asked.window)) if window is asked.counters and view.observed() else {}


def _subjects(
    view: UsageView, window: Window, chosen: Sequence[KeyUsage], earlier: Mapping[str, Tally]
) -> list[Subject]:
    """Put together what is known of each key, by its id."""
    paths = view.endpoints(window, [one.key.key_id for one in chosen if one.requests])
    seen = view.environments(window)
    subjects: list[Subject] = []
    for one in chosen:
        key_id, tally = one.key.key_id, tally_of(one)
        last = latest(tally.last_activity, earlier.get(key_id, NOTHING).last_activity)
        where = frozenset(seen.get(key_id, ()))
        known = tally._replace(last_activity=last)
        subjects.append(Subject(one.key, one.team, *known, where, paths.get(key_id, {})))
    return sorted(subjects, key=lambda one: one.key_id)


def _add_services(
    view: UsageView, window: Window, subjects: Sequence[Subject], reasons: dict[str, list[Reason]]
) -> int:
    """Look for keys that do the work of several services among those with most requests; count those left out."""
    candidates = [one for one in subjects if mixture.may_be_several(one.paths)]
    candidates.sort(key=lambda one: (-one.requests, one.key_id))
    studied = candidates[:MOST_STUDIED] if view.observed() else []
    for key_id, cells in cells_of(view, window, [one.key_id for one in studied]).items():
        if reason := mixture.several_services(cells):
            reasons[key_id].append(reason)
    return len(candidates) - len(studied)


def _add_budgets(view: UsageView, asked: Asked, reasons: dict[str, list[Reason]]) -> list[str]:
    """Hold budgets against the billing period; say which are for nobody."""
    if not asked.budgets:
        return []
    spending = Spending(view, asked.counters, asked.budgets)
    for key_id, reason in spending.reasons(reasons):
        reasons[key_id].append(reason)
    return spending.unknown()


def _to_limit(view: UsageView, asked: Asked, subjects: Sequence[Subject]) -> list[Subject]:
    """Choose who gets a limit proposal: every used key where limits are asked about, else those that matter most."""
    if asked.query.action not in ("all", "limit"):
        return []
    recorded = view.observed()
    every = [one for one in subjects if is_to_be_limited(one, asked.now) and can_be_limited(one, recorded)]
    every.sort(key=lambda one: (-one.requests, one.key_id))
    return every if asked.query.action == "limit" else every[:LEADERS]
