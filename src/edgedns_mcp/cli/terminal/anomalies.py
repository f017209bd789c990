"""Findings: a block for each, with what was observed against what was expected, and the next step."""

from collections.abc import Iterable
from typing import NamedTuple
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.text import Text

from edgedns_mcp.cli.terminal.drawing import (
    INDENT,
    OF_WEIGHT,
    bars,
    beside,
    count,
    indented,
    page,
    percent,
    table,
    words,
)
from edgedns_mcp.cli.terminal.faces import Face
from edgedns_mcp.models import AnomalyReport, FindingRow
from edgedns_mcp.render.findings import KIND_WORDS, anomaly_words, beside_findings, when_words
from edgedns_mcp.render.phrases import plain


class Measure(NamedTuple):
    """Something that was counted, or expected."""

    what: str
    value: float
    figure: str


def anomalies_picture(answer: AnomalyReport, width: int) -> Group:
    """Draw findings, the most severe first."""
    blocks = [_block(row, answer, width) for row in answer.findings]
    scope = f"filters {answer.filters}; bucket {answer.bucket}"
    return page(answer.summary, *blocks, beside(answer, scope, beside_findings(answer)))


def _block(row: FindingRow, answer: AnomalyReport, width: int) -> RenderableType:
    when = when_words(row, ZoneInfo(answer.timezone), answer.bucket)
    weight = (row.severity, f"bold {OF_WEIGHT[row.severity]}")
    head = Text.assemble(weight, f": {KIND_WORDS[row.kind]} {when}: ", (row.name, "bold"), f" {_who(row)}")
    measures = list(measures_of(row))
    columns = [
        words("", [one.what for one in measures]),
        words("", [one.figure for one in measures]),
        bars([one.value for one in measures], [OF_WEIGHT[row.severity], ""], gives_way=1),
    ]
    drawn = table(columns, width - INDENT)
    known_as = Text(f"finding_id {row.finding_id}", style="dim")
    next_step = Text.assemble(("Next: ", "bold"), plain(row.next_step))
    return Group(head, indented(Text(plain(row.what)), drawn, next_step, known_as))


def measures_of(row: FindingRow) -> Iterable[Measure]:
    """Give what was observed, and what was expected; a budget has its own words for both."""
    match row.kind:
        case "error_burst":
            yield Measure("failed", row.error_percent or 0, percent(row.error_percent))
            yield Measure("usually", row.usual_error_percent or 0, percent(row.usual_error_percent))
        case "budget":
            yield Measure("reached", row.budget_percent or 0, percent(row.budget_percent))
            yield Measure("budget", 100, row.budget or "-")
        case "environment":
            yield _requests("elsewhere", sum(row.wrong_environments.values()))
            yield Measure("allowed", 0, "none")
        case "endpoint_shift":
            yield _requests("to new endpoints", sum(row.new_endpoints.values()))
            yield Measure("expected", 0, "none")
        case "dormant":
            yield _requests("observed", row.request_count)
            yield Measure("expected", 0, f"none, after {row.quiet_days} quiet days")
        case "spike" | "silence":
            yield _requests("observed", row.worst_count)
            yield Measure("expected", row.expected_count or 0, _expected(row))


def _requests(what: str, requests: int) -> Measure:
    return Measure(what, requests, count(requests))


def _expected(row: FindingRow) -> str:
    span = "" if row.expected_low is None else f" ({count(row.expected_low)} to {count(row.expected_high)})"
    return f"{count(row.expected_count)}{span}"


def _who(row: FindingRow) -> str:
    return f"({', '.join(filter(None, [row.key_id, row.environment, row.team and f'team {row.team}']))})"


ANOMALIES = Face(anomaly_words, anomalies_picture)
