"""A forecast: when thresholds are crossed, how budgets stand, and a bar for what each key will have used."""

from collections.abc import Sequence

from rich.console import Group

from edgedns_mcp.cli.terminal.drawing import (
    Column,
    bars,
    beside,
    count,
    kinds,
    names,
    numbers,
    page,
    percent,
    table,
    words,
)
from edgedns_mcp.cli.terminal.faces import Face
from edgedns_mcp.models import BudgetRow, Crossing, Driver, ForecastReport
from edgedns_mcp.render.forecast import beside_tables, crossing_words, forecast_words, whose
from edgedns_mcp.render.phrases import figure, plain

STATES = {"crossed": "crossed", "expected": "expected", "possible": "only if use rises", "not_expected": "not expected"}


def forecast_picture(answer: ForecastReport, width: int) -> Group:
    """Draw a forecast."""
    every = [
        _thresholds(answer.thresholds) if answer.thresholds else [],
        _budgets(answer.budgets) if answer.budgets else [],
        _drivers(answer.drivers),
    ]
    tables = [table(columns, width) for columns in every if columns]
    return page(answer.summary, *tables, beside(answer, f"filters {answer.filters}", _below(answer)))


def _thresholds(rows: Sequence[Crossing]) -> list[Column]:
    return [
        numbers("Threshold", [f"{row.percent} %" for row in rows]),
        numbers("Requests", [count(row.request_count) for row in rows]),
        words("State", [STATES[row.state] for row in rows]),
        words("On", [figure(row.on) for row in rows]),
        words("Earliest", [figure(row.earliest) for row in rows], gives_way=2),
        words("Latest", [figure(row.latest) for row in rows], gives_way=1),
    ]


def _budgets(rows: Sequence[BudgetRow]) -> list[Column]:
    return [
        names("Budget", [plain(whose(row)) for row in rows]),
        numbers("So far", [count(row.request_count) for row in rows], gives_way=1),
        numbers("Of", [count(row.budget_count) for row in rows], gives_way=2),
        bars([row.used_percent for row in rows], gives_way=3),
        numbers("Used", [percent(row.used_percent) for row in rows]),
        numbers("Projected", [percent(row.projected_percent) for row in rows]),
    ]


def _drivers(rows: Sequence[Driver]) -> list[Column]:
    return [
        names("Key", [row.name for row in rows]),
        kinds([row.environment for row in rows], gives_way=1),
        numbers("So far", [count(row.request_count) for row in rows]),
        numbers("Projected", [count(row.projected_count) for row in rows]),
        bars([row.projected_count or row.request_count for row in rows], gives_way=2),
        numbers("All without it", [count(row.without_count) for row in rows], gives_way=3),
    ]


def _below(answer: ForecastReport) -> str:
    said = [f"Budget of {whose(one)}: {crossing_words(one.thresholds)}." for one in answer.budgets if one.thresholds]
    return "\n".join([*said, beside_tables(answer)])


FORECAST = Face(forecast_words, forecast_picture)
