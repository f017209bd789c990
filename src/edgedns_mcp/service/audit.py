"""The question `audit_keys`: which keys to revoke, rotate, rename, limit, move or repair, in which order, and why."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple, get_args
from zoneinfo import ZoneInfo

from edgedns_mcp.domain import paging
from edgedns_mcp.domain.governance.load import spread
from edgedns_mcp.domain.governance.todo import unknown_of
from edgedns_mcp.domain.naming import shown_name
from edgedns_mcp.domain.report import share
from edgedns_mcp.domain.teams import is_guessed
from edgedns_mcp.models import AuditAction, AuditChoice, AuditItem, AuditQuery, AuditReport, Concentration
from edgedns_mcp.render.audit import audit_summary, audit_words
from edgedns_mcp.render.phrases import plural
from edgedns_mcp.service.audit_findings import Searched
from edgedns_mcp.service.audit_gaps import untested
from edgedns_mcp.service.audit_page import items
from edgedns_mcp.service.audited import Asked, Audited, audited
from edgedns_mcp.service.desk import Desk, as_recorded
from edgedns_mcp.service.filters import MOST_CHARACTERS, MOVED, SHORTENED, TEAMS_GUESSED, UNTOLD, filter_words, size_of
from edgedns_mcp.sources.base import UsageView

ACTIONS: tuple[AuditAction, ...] = get_args(AuditAction)
MISUSE = "Of findings, only spikes and woken keys of high severity or above are listed; find_anomalies tells all."


class Question(NamedTuple):
    """A question ready to be answered."""

    asked: Asked
    first_rank: int
    version: str
    zone: ZoneInfo


async def audit_keys(desk: Desk, query: AuditQuery, *, fits_a_host: bool = True) -> AuditReport:
    """Answer `audit_keys`, shortened where it would not fit a host, if it has to.

    Raises:
        UsageError: the question cannot be asked like this, or the source has no answer.
    """
    question = _question(desk, query)
    asked = question.asked
    answered = _fitting if fits_a_host else _whole
    return await desk.ask(lambda view: answered(view, question), asked.counters, as_recorded(asked.window))


def _question(desk: Desk, query: AuditQuery) -> Question:
    first_rank, version, window = 1, "", desk.window(query.period, "", "")
    if query.cursor:
        cursor = paging.decode(query)
        query = cursor.query.model_copy(update={"limit": query.limit})
        window, first_rank, version = cursor.window, cursor.rank + 1, cursor.version
    now = desk.now().replace(microsecond=0)
    searched = Searched(as_recorded(window), "day", "normal", now, desk.zone, desk.plans, desk.severity, desk.tell)
    asked = Asked(query, window, desk.window("current", "", ""), searched, desk.budgets)
    return Question(asked, first_rank, version, desk.zone)


def _fitting(view: UsageView, question: Question) -> AuditReport:
    found = audited(view, question.asked)
    every = _listed(view, question, found)
    answer, rows = _answer(view, question, found, every), len(every)
    while rows > 1 and size_of(answer, audit_words(answer)) > MOST_CHARACTERS:
        rows = rows * 3 // 4
        answer = _answer(view, question, found, every[:rows])
        answer = answer.model_copy(update={"notes": (*answer.notes, SHORTENED)})
    return answer


def _whole(view: UsageView, question: Question) -> AuditReport:
    found = audited(view, question.asked)
    return _answer(view, question, found, _listed(view, question, found))


def _listed(view: UsageView, question: Question, found: Audited) -> Sequence[AuditItem]:
    begin = question.first_rank - 1
    return items(view, found, found.tasks[begin : begin + question.asked.query.limit], question.zone)


def _answer(view: UsageView, question: Question, found: Audited, shown: Sequence[AuditItem]) -> AuditReport:
    query, first = question.asked.query, question.first_rank
    with_tasks = {task.subject.key_id for task in found.tasks}
    unknown = unknown_of(found.subjects, found.given, with_tasks)
    cursor, moved = _paging(question, found, first - 1 + len(shown))
    by_action = Counter(task.action for task in found.tasks)
    answer = AuditReport(
        summary="",
        source=view.source,
        period="current" if found.window is question.asked.counters else question.asked.window.period,
        **found.coverage.model_dump(exclude=UNTOLD),
        timezone=question.zone.key,
        now=question.asked.now,
        filters=filter_words(query, "action", first_rank=first),
        dormant_days=query.dormant_days,
        total_keys=len(found.subjects),
        listed_keys=len(with_tasks),
        healthy_keys=len(found.subjects) - len(with_tasks) - len(unknown),
        unknown_keys=len(unknown),
        item_count=len(found.tasks),
        by_action={action: by_action[action] for action in ACTIONS if by_action[action]},
        items=tuple(shown),
        concentration=_concentration(found),
        untested=untested(found, query.action, view.source),
        notes=(*moved, *_notes(found, query.action)),
        next_cursor=cursor,
    )
    return answer.model_copy(update={"summary": audit_summary(answer, query, first)})


def _concentration(found: Audited) -> Concentration:
    over = spread(found.everyone)
    return Concentration(
        used_keys=over.used,
        top_key=shown_name(over.top.key) if over.top else None,
        top_share_percent=share(over.top.requests, found.given.total) if over.top else 0.0,
        hhi=over.hhi,
        equal_keys=over.equal_keys,
    )


def _paging(question: Question, found: Audited, last: int) -> tuple[str, tuple[str, ...]]:
    """Make the cursor of the next page, if there is one, and tell whether the list moved since the first."""
    asked = question.asked
    version = paging.digest([(task.subject.key_id, task.action, task.urgency) for task in found.tasks])
    moved = () if question.version in ("", version) else (MOVED,)
    if last >= len(found.tasks):
        return "", moved
    return paging.encode(paging.Cursor(asked.query, asked.window, last, version)), moved


def _notes(found: Audited, action: AuditChoice) -> Iterator[str]:
    yield from found.coverage.notes
    yield from found.unheld
    if any(is_guessed(one.key) for one in found.subjects):
        yield TEAMS_GUESSED
    if found.strangers:
        verb, them = ("is", "it") if found.strangers == 1 else ("are", "they")
        keys = f"{plural(found.strangers, 'key')} of the data {verb} in no inventory"
        listed = "it" if found.strangers == 1 else "them"
        yield f"{keys}, so {them} {verb} not judged; list {listed} with edgedns-mcp keys import."
    if action in ("all", "rotate"):
        yield MISUSE
