"""One key in full: its figures, its days as a sparkline, its endpoints with bars, and open findings."""

from collections.abc import Iterable
from typing import NamedTuple

from rich.console import Group, RenderableType
from rich.text import Text

from edgedns_mcp.cli.terminal.drawing import (
    OF_ENVIRONMENT,
    OF_WEIGHT,
    SKY,
    Column,
    aside,
    bars,
    beside,
    count,
    facts,
    names,
    numbers,
    page,
    percent,
    spark,
    table,
)
from edgedns_mcp.cli.terminal.faces import Face
from edgedns_mcp.models import HistoryReport, KeyDetail, KeyReport, KeySigns
from edgedns_mcp.render.findings import KIND_WORDS
from edgedns_mcp.render.phrases import figure, instant, plain
from edgedns_mcp.render.words import beside_keys, key_words, sign_lines

BESIDE_SPARK = 24  # columns that the name of a fact takes, and what lies around it


class KeyWithHistory(NamedTuple):
    """A key, and what it did over time, where that is known."""

    report: KeyReport
    history: HistoryReport | None = None


def key_picture(answer: KeyWithHistory, width: int) -> Group:
    """Draw a key, or the candidates."""
    report, history = answer
    parts = [part for key in report.keys for part in _detail(key, history, width)]
    return page(report.summary, *parts, beside(report, f"matched by {report.matched_by}", beside_keys(report)))


def _detail(key: KeyDetail, history: HistoryReport | None, width: int) -> Iterable[RenderableType]:
    yield facts({**_figures(key), **(_over_time(history, width) if history else {})})
    if key.endpoint_distribution:
        yield table(_endpoints(key), width)
    if key.signs:
        yield _signs(key.signs)


def _figures(key: KeyDetail) -> dict[str, str | Text]:
    rank = f", rank {key.rank}" if key.rank else ""
    share = "" if key.share_percent is None else f" ({percent(key.share_percent)} of all{rank})"
    return {
        "Key": Text.assemble((key.name, "bold"), f" ({key.key_id})"),
        "Environment": Text(key.environment, style=OF_ENVIRONMENT[key.environment]),
        "Team": key.team,
        "Requests": f"{count(key.request_count)}{share}",
        "Per day": count(key.requests_per_day),
        "Errors": f"{count(key.error_count)} ({percent(key.error_percent)})",
        "Last activity": figure(key.last_activity),
        "Created": figure(key.created_at),
        "Expires": figure(key.expires_at),
        "Revoked": figure(key.revoked_at),
    }


def _over_time(history: HistoryReport, width: int) -> dict[str, str | Text]:
    """Draw the buckets, and say from when to when they are and how high the highest is."""
    counts = [one.request_count for one in history.buckets]
    most = max((one for one in history.buckets), key=lambda one: one.request_count or 0)
    span = f"{history.buckets[0].label} to {history.buckets[-1].label}"
    line = Text(spark(counts, max(width - BESIDE_SPARK, 1)), style=SKY)
    return {f"By {history.bucket}": line, "": f"{span}, most {count(most.request_count)} ({most.label})"}


def _endpoints(key: KeyDetail) -> list[Column]:
    paths = dict(key.endpoint_distribution)
    if key.other_endpoint_requests:
        paths["others"] = key.other_endpoint_requests
    return [
        names(f"Endpoint (of {key.endpoints})", paths),
        numbers("Requests", [count(one) for one in paths.values()]),
        bars([*paths.values()], gives_way=1),
    ]


def _signs(signs: KeySigns) -> RenderableType:
    """Write open findings, each with its severity as a word, then what was tested."""
    lines: list[RenderableType] = []
    for one in signs.findings:
        weight = (one.severity, f"bold {OF_WEIGHT[one.severity]}")
        span = f"{instant(one.start)} to {instant(one.end)}"
        lines.append(Text.assemble(weight, f": {KIND_WORDS[one.kind]}, {span} ", (f"finding {one.finding_id}", "dim")))
    others = signs.model_copy(update={"findings": ()})
    return Group(*lines, aside(plain("\n".join(sign_lines(others)))))


def _words(answer: KeyWithHistory) -> str:
    return key_words(answer.report)


KEY = Face(_words, key_picture)
