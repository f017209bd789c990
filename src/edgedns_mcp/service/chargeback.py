"""The question `chargeback_report`: who owes what of an invoice, to the minor unit."""

from collections.abc import Callable

from edgedns_mcp.models import EVERY_LINE, ChargebackQuery, ChargebackReport, Closed
from edgedns_mcp.render.chargeback import chargeback_words
from edgedns_mcp.service.charge_files import TOO_LONG, closed_command, command_for, file_of, writing
from edgedns_mcp.service.charge_notes import SHORTENED
from edgedns_mcp.service.charge_report import is_running, report_of
from edgedns_mcp.service.charged import is_reached, months_of
from edgedns_mcp.service.closed import Answered, closed_answer, closed_of, group_of, outstanding
from edgedns_mcp.service.desk import Desk
from edgedns_mcp.service.filters import MOST_CHARACTERS, size_of
from edgedns_mcp.service.sharing import Asked, Placed, Shared, asked_of, ledger_of, placed_of, shared_of
from edgedns_mcp.sources.base import UsageView

OPEN = "Not closed: usage that arrives later still changes it. To close it: {command} --close"


async def chargeback_report(desk: Desk, query: ChargebackQuery, *, fits_a_host: bool = True) -> ChargebackReport:
    """Answer `chargeback_report`, shortened where it would not fit a host.

    Raises:
        UsageError: the question cannot be asked like this, or the source has no answer.
    """
    return (await chargeback_answer(desk, query, fits_a_host=fits_a_host)).report


async def chargeback_answer(desk: Desk, query: ChargebackQuery, *, fits_a_host: bool = True) -> Answered:
    """Answer with the words, which are those of then where the period is closed.

    Raises:
        UsageError: the question cannot be asked like this, or the source has no answer.
    """
    placed = placed_of(desk, query)

    def answered(view: UsageView) -> Answered:
        closed = closed_of(view, desk, placed)
        at = _kept(placed, closed) if closed else _worked_out(desk, view, asked_of(desk, placed))
        return _fitting(at, query.limit) if fits_a_host else at(query.limit)

    return await desk.ask(answered, placed.window, *months_of(placed.window, desk.zone))


def _kept(placed: Placed, closed: Closed) -> Callable[[int], Answered]:
    """Give what answers from a closed period, with so many lines."""
    command = writing(closed_command(closed, group_of(placed, closed)), placed)
    return lambda limit: closed_answer(closed, placed, limit, command)


def _worked_out(desk: Desk, view: UsageView, asked: Asked) -> Callable[[int], Answered]:
    """Give what answers from the usage, with so many lines."""
    due, shared = outstanding(view, asked), shared_of(view, asked)
    has_dates = shared.charged.coverage.window_start is not None
    command = command_for(desk, asked, view.source, has_dates=has_dates)
    said = (OPEN.format(command=command),) if _could_be_closed(view, asked, shared) else ()
    shared = shared._replace(corrections=due.corrections, said=(*due.said, *said), is_what_if=due.is_what_if)
    filed = {"file": "", "command": ""}
    if asked.query.format != "table":
        whole = report_of(view, asked, shared, EVERY_LINE)
        file = file_of(whole, ledger_of(asked, shared), desk.account)[asked.query.format]()
        filed = {"file": file, "command": writing(command, asked)}

    def at(limit: int) -> Answered:
        report = report_of(view, asked, shared, limit).model_copy(update=filed)
        return Answered(report, chargeback_words(report))

    return at


def _could_be_closed(view: UsageView, asked: Asked, shared: Shared) -> bool:
    """Tell whether this is the next billing period to close, and it is ready."""
    periods, coverage = view.closings().periods(), shared.charged.coverage
    is_next = not periods or periods[-1].end == asked.window.start
    is_over = not is_running(asked) and is_reached(view, coverage, asked.window)
    keeps = view.source != "demo" and coverage.window_start is not None
    return keeps and is_next and is_over and asked.has_amount and bool(asked.month)


def _fitting(at: Callable[[int], Answered], limit: int) -> Answered:
    """Leave out what a host would cut: first the file goes, then lines."""
    answer, said = at(limit), tuple[str, ...]()
    if answer.report.file and _is_too_long(answer):
        said = (TOO_LONG,)
        answer = _without_file(answer.report, said)
    while limit > 1 and _is_too_long(answer):
        limit = limit * 3 // 4
        answer = _without_file(at(limit).report, (*said, SHORTENED))
    return answer


def _without_file(report: ChargebackReport, said: tuple[str, ...]) -> Answered:
    report = report.model_copy(update={"file": "", "notes": (*report.notes, *said)})
    return Answered(report, chargeback_words(report))


def _is_too_long(answer: Answered) -> bool:
    return size_of(answer.report, answer.words) > MOST_CHARACTERS
