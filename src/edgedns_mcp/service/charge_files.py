"""A chargeback as a file, and the command line that writes it."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from shlex import quote
from zoneinfo import ZoneInfo

from edgedns_mcp.domain.charge_rows import Ledger, charge_rows
from edgedns_mcp.domain.correcting import correction_rows
from edgedns_mcp.domain.focus_rules import broken_rules
from edgedns_mcp.domain.periods import day_of, resolve
from edgedns_mcp.errors import QuestionError, UsageError
from edgedns_mcp.models import ChargebackReport, ChargeGroup, Closed, Window
from edgedns_mcp.render.charge_csv import chargeback_csv
from edgedns_mcp.render.focus import focus_csv, focus_rows
from edgedns_mcp.render.phrases import instant, within_day
from edgedns_mcp.service.desk import Desk
from edgedns_mcp.service.sharing import Asked, Placed

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


def command_for(desk: Desk, asked: Asked, source: str, *, has_dates: bool = True) -> str:
    """Write the command that asks the same question of the same source at any later time."""
    options = asked.query.model_dump(exclude=PLACE, exclude_defaults=True)
    when = when_of(asked.window, asked.zone) if has_dates else {"period": asked.window.period}
    money = {"amount": options.pop("amount", asked.whole.amount), "currency": asked.currency}
    return _command(desk.zone.key, {"source": source, **when, **money, **options})


def closed_command(closed: Closed, by: ChargeGroup) -> str:
    """Write the command that gives a closed period as it was charged; terms would only be terms of today."""
    terms, source = closed.terms, closed.views[by].report.source
    when = when_of(closed.window, ZoneInfo(terms.timezone))
    return _command(terms.timezone, {"source": source, **when, "currency": terms.currency, "group_by": by})


def _command(timezone: str, options: Mapping[str, str]) -> str:
    zone = "" if timezone == "UTC" else f"EDGEDNS_TIMEZONE={quote(timezone)} "
    words = (
        f"--{name.replace('_', '-')}{'=' if str(value).startswith('-') else ' '}{quote(str(value).strip())}"
        for name, value in options.items()
        if value
    )
    return f"{zone}edgedns-mcp chargeback {' '.join(words)}"


def writing(command: str, asked: Asked | Placed) -> str:
    """Add to a command that it writes the file that was asked for."""
    name = "focus" if asked.query.format == "focus" else "chargeback"
    begun = within_day(asked.window.start, asked.zone)
    return f"{command} --format {asked.query.format} --output {name}-{begun:%Y-%m-%d}.csv"


def named(window: Window, zone: ZoneInfo) -> str:
    """Name a window that is a month of the calendar, and none else."""
    month = f"{day_of(window.start, zone):%Y-%m}"
    whole = resolve(month, "", "", now=window.end, zone=zone, billing_day=1)
    return month if (whole.start, whole.end) == (window.start, window.end) else ""


def _focus(whole: ChargebackReport, ledger: Ledger, account: str) -> str:
    if whole.total is None:
        raise QuestionError(NO_MONEY)
    if whole.window_start is None:
        raise QuestionError(NO_DATES)
    charges = [*charge_rows(ledger), *correction_rows(ledger.corrections, ledger.currency)]
    rows = focus_rows(whole, charges, account)
    total = Decimal(whole.total) + Decimal(whole.corrected or 0)
    if broken := broken_rules(rows, {row["InvoiceId"] or "": total for row in rows}):
        raise UsageError(BROKEN.format(rule=broken[0]))
    return focus_csv(rows)


def when_of(window: Window, zone: ZoneInfo) -> Mapping[str, str]:
    """Say when, so that it means the same tomorrow: a month by its name, any other window by its ends."""
    month = named(window, zone)
    ends = {"start": instant(window.start), "end": instant(window.end)}
    return {"period": month} if month else ends
