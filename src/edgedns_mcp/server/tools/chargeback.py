"""The tool `chargeback_report`."""

from typing import Annotated

from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult
from pydantic import Field

from edgedns_mcp.models import (
    BesideChoice,
    ChargebackQuery,
    ChargebackReport,
    GroupChoice,
    Layout,
    Limit,
    MethodChoice,
)
from edgedns_mcp.server.failures import told_to_the_model
from edgedns_mcp.server.tools.arguments import End, Period, Start
from edgedns_mcp.server.tools.made import result_of, tool_of
from edgedns_mcp.service.desk import Desk

Amount = Annotated[
    str, Field(description="Invoice total such as 1200.00; empty: as set, else shares only; none: shares only.")
]
Currency = Annotated[str, Field(description="ISO 4217 code; empty: as configured.")]
Charged = Annotated[GroupChoice, Field(description="Who is charged; configured: as set, else team.")]
Way = Annotated[
    MethodChoice,
    Field(
        description="configured: as set, else proportional to requests; even; fixed by shares; hybrid: fixed_fee "
        "evenly, rest by requests; price: unit_price x requests, no amount."
    ),
]
FixedFee = Annotated[str, Field(description="Part of amount, for hybrid.")]
UnitPrice = Annotated[str, Field(description="For price: 0.0012 or 1.20/1000.")]
Shares = Annotated[str, Field(description="For fixed: payments=60,growth=40.")]
Weights = Annotated[str, Field(description="What a request counts: /v1/export=10; empty: as set, else 1; none: 1.")]
Teams = Annotated[str, Field(description="Patterns of key names or ids: payments: checkout*, billing*; growth: news*.")]
Unattributed = Annotated[
    BesideChoice, Field(description="Use by unknown keys or none; configured: as set, else separate.")
]
Lines = Annotated[Limit, Field(description="Lines listed, 1-100.")]
File = Annotated[Layout, Field(description="csv or focus (FOCUS 1.2) adds that file.")]


def chargeback_report_tool(desk: Desk) -> Tool:
    async def chargeback_report(
        period: Period = "previous",
        start: Start = "",
        end: End = "",
        amount: Amount = "",
        currency: Currency = "",
        group_by: Charged = "configured",
        method: Way = "configured",
        fixed_fee: FixedFee = "",
        unit_price: UnitPrice = "",
        shares: Shares = "",
        weights: Weights = "",
        teams: Teams = "",
        unattributed: Unattributed = "configured",
        limit: Lines = 20,
        format: File = "table",  # noqa: A002 - the argument's published name
    ) -> Annotated[CallToolResult, ChargebackReport]:
        """Charge an invoice, or usage at a price, to teams, keys, cost centres or environments, exact to the cent.

        Use it for chargeback, showback, what each team owes of a bill, and cost per team or key. Read-only.
        """
        window = {"period": period, "start": start, "end": end}
        query = ChargebackQuery(
            **window,
            amount=amount,
            currency=currency,
            group_by=group_by,
            method=method,
            fixed_fee=fixed_fee,
            unit_price=unit_price,
            shares=shares,
            weights=weights,
            teams=teams,
            unattributed=unattributed,
            limit=limit,
            format=format,
        )
        return await _answered(desk, query)

    return tool_of("Chargeback", chargeback_report, shown=True)


async def _answered(desk: Desk, query: ChargebackQuery) -> CallToolResult:
    from edgedns_mcp.service.chargeback import chargeback_answer

    with told_to_the_model():
        answer = await chargeback_answer(desk, query)
    return result_of(answer.words, answer.report)
