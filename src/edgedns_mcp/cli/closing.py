"""What `chargeback --close` and `--reopen` do."""

from edgedns_mcp.cli.asking import ask
from edgedns_mcp.cli.terminal.faces import say
from edgedns_mcp.errors import QuestionError
from edgedns_mcp.models import ChargebackQuery
from edgedns_mcp.render.phrases import instant
from edgedns_mcp.service.closing import close_period, reopen_period
from edgedns_mcp.settings import Settings

NOW_ONLY = "A period is closed as things are now; leave --as-of and EDGEDNS_AS_OF out."


def close_one(settings: Settings, query: ChargebackQuery) -> None:
    """Close the period of a question, and say so."""
    _refuse_looking_back(settings)
    made = ask(settings, lambda desk: close_period(desk, query))
    done = "Closed" if made.is_new else "Closed before, and nothing differs:"
    say(f"{done} {made.closed.period}. Its answer stays as it is, whatever usage arrives later.", err=True)


def reopen_last(settings: Settings) -> None:
    """Give the last closed period back, and say which one it was."""
    _refuse_looking_back(settings)
    period = ask(settings, reopen_period)
    say(
        f"Reopened the period from {instant(period.start)} to {instant(period.end)}, which was closed at "
        f"{instant(period.at)}: its charge follows its usage again, and so do the corrections that it charged."
    )


def _refuse_looking_back(settings: Settings) -> None:
    if settings.as_of is not None and settings.source != "demo":
        raise QuestionError(NOW_ONLY)
