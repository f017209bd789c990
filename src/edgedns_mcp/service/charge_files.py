"""A chargeback as a file, and the command line that writes it."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from shlex import quote
from zoneinfo import ZoneInfo

from edgedns_mcp.domain.charge_rows import Ledger, charge_rows
from edgedns_mcp.domain.focus_rules import broken_rules
from edgedns_mcp.domain.periods import day_of, resolve
from edgedns_mcp.errors import QuestionError, UsageError
from edgedns_mcp.models import ChargebackQuery, ChargebackReport, Window
from edgedns_mcp.render.charge_csv import chargeback_csv
from edgedns_mcp.render.focus import focus_csv, focus_rows
from edgedns_mcp.render.phrases import instant, within_day
from edgedns_mcp.service.desk import Desk
from edgedns_mcp.service.sharing import Asked

TOO_LONG = "The file is too long for an answer; the command writes it."
NO_MONEY = "A FOCUS file is made of money; name the amount, for example amount=1200.00, or take format=csv for shares."
NO_DATES = (
    "EdgeDNS states no dates for a billing period, and a FOCUS file needs them; ask for a month that was recorded, for "
    "example period=2026-10, or take format=csv."
)
BROKEN = "This FOCUS file would break a rule ({rule}), so it was not written; please report it, and take --format csv."
PLACE = {"period", "start", "end", "currency", "limit", "format"}  # what a command says in its own way


def file_of(whole: ChargebackReport, ledger: Ledger, account: str) -> Mapping[str, Callable[[], str]]:
    """Give what writes a report of all lines, by the name of the format.

    Raises:
        QuestionError: the report has no money or no dates, and the format needs them.
    """
    return {"csv": lambda: chargeback_csv(whole), "focus": lambda: _focus(whole, ledger, account)}


def command_for(desk: Desk, asked: Asked, report: ChargebackReport) -> str:
    """Write the command that asks the same question of the same source at any later time."""
    options = asked.query.model_dump(exclude=PLACE, exclude_defaults=True)
    money = {"amount": options.pop("amount", asked.whole.amount), "currency": report.currency}
    said = {"source": report.source, **_when(desk, report, asked.window), **money, **options}
    zone = "" if desk.zone.key == "UTC" else f"EDGEDNS_TIMEZONE={quote(desk.zone.key)} "
    words = (
        f"--{name.replace('_', '-')}{'=' if str(value).startswith('-') else ' '}{quote(str(value).strip())}"
        for name, value in said.items()
        if value
    )
    return f"{zone}edgedns-mcp chargeback {' '.join(words)}"


def writing(command: str, query: ChargebackQuery, report: ChargebackReport) -> str:
    """Add to a command that it writes the file that was asked for."""
    begun = within_day(report.window_start or report.now, ZoneInfo(report.timezone))
    name = "focus" if query.format == "focus" else "chargeback"
    return f"{command} --format {query.format} --output {name}-{begun:%Y-%m-%d}.csv"


def _focus(whole: ChargebackReport, ledger: Ledger, account: str) -> str:
    if whole.total is None:
        raise QuestionError(NO_MONEY)
    if whole.window_start is None:
        raise QuestionError(NO_DATES)
    rows = focus_rows(whole, charge_rows(ledger), account)
    if broken := broken_rules(rows, {row["InvoiceId"] or "": Decimal(whole.total) for row in rows}):
        raise UsageError(BROKEN.format(rule=broken[0]))
    return focus_csv(rows)


def _when(desk: Desk, report: ChargebackReport, window: Window) -> Mapping[str, str]:
    """Name the window so that it means the same tomorrow: a month by its name, any other by its ends."""
    if report.window_start is None:
        return {"period": window.period}
    month = f"{day_of(window.start, desk.zone):%Y-%m}"
    named = resolve(month, "", "", now=window.end, zone=desk.zone, billing_day=1)
    if (named.start, named.end) == (window.start, window.end):
        return {"period": month}
    return {"start": instant(window.start), "end": instant(window.end)}
