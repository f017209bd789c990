"""What a person sees of an import: how far it is, and what it did."""

import shlex
from datetime import UTC, datetime
from pathlib import Path

from edgedns_mcp.cli.terminal.faces import say
from edgedns_mcp.intake.importer import Outcome, Progress
from edgedns_mcp.intake.stream import MEGABYTE
from edgedns_mcp.models.work import Far
from edgedns_mcp.render.phrases import plural


def far_of(progress: Progress) -> Far:
    """Say how far an import is."""
    size = progress.size and progress.size / MEGABYTE
    return Far(f"{progress.lines:,} lines", progress.bytes_read / MEGABYTE, size, "MB")


def show_outcome(outcome: Outcome, where: str, database: Path, rejects: Path) -> None:
    """Say what an import did; what was left out on standard error."""
    say(_imported(outcome, where, database))
    if outcome.without_key:
        carry = "carries" if outcome.without_key == 1 else "carry"
        say(
            f"{plural(outcome.without_key, 'request')} {carry} no key; "
            "where another field holds it, import into a new --database with --map key_id=field."
        )
    if outcome.rejected:
        were = "was" if outcome.rejected == 1 else "were"
        say(f"{plural(outcome.rejected, 'line')} could not be read and {were} left out:", err=True)
        for reject in outcome.first_rejects:
            say(f"  line {reject.line}: {reject.why}", err=True)
        say(f"{'It is' if outcome.rejected == 1 else 'They are'} kept in {rejects}.", err=True)
    if outcome.unfinished:
        say("The last line has no end yet and was left for the next import.", err=True)


def show_question(outcomes: list[Outcome], account: str, database: Path | None) -> None:
    """Say what to ask next; `database` is one that was named for this import alone."""
    given = {"--account": account, "--database": database or ""}
    whose = "".join(f" {option} {shlex.quote(str(value))}" for option, value in given.items() if value)
    if newest := max((one.last for one in outcomes if one.last is not None), default=None):
        say(f"Ask: edgedns-mcp usage --source local --period {_moment(newest)[:7]}{whose}")


def _imported(outcome: Outcome, where: str, database: Path) -> str:
    known = plural(outcome.known_lines, "line") + (" was" if outcome.known_lines == 1 else " were")
    if outcome.first is not None and outcome.last is not None:
        requests, keys = plural(outcome.requests, "request"), plural(len(outcome.keys - {""}), "key")
        stretch = f"from {_moment(outcome.first)} to {_moment(outcome.last)}"
        before = f"; {known} imported before" if outcome.known_lines else ""
        return f"Imported {requests} of {keys} {stretch} into {database}{before}."
    if outcome.known_lines:
        return f"Nothing new in {where}: {known} imported before."
    return f"Nothing was imported: {where} {'has no whole line yet' if outcome.unfinished else 'is empty'}."


def _moment(at: int) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"
