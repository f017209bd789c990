"""The tool `audit_keys`."""

from typing import Annotated

from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult
from pydantic import Field

from edgedns_mcp.models import AuditChoice, AuditQuery, AuditReport, DormantDays, Limit
from edgedns_mcp.server.failures import told_to_the_model
from edgedns_mcp.server.tools.arguments import Cursor, Environments, NamePart, Team
from edgedns_mcp.server.tools.made import result_of, tool_of
from edgedns_mcp.service.desk import Desk

Action = Annotated[AuditChoice, Field(description="Only this action; limit proposes a limit for every used key.")]
Dormant = Annotated[DormantDays, Field(description="Days without a request that make a key dormant, 1-365.")]
Items = Annotated[Limit, Field(description="Things to do per page, 1-100.")]


def audit_keys_tool(desk: Desk) -> Tool:
    async def audit_keys(
        action: Action = "all",
        dormant_days: Dormant = 30,
        environment: Environments = "all",
        team: Team = "",
        name_contains: NamePart = "",
        limit: Items = 10,
        cursor: Cursor = "",
    ) -> Annotated[CallToolResult, AuditReport]:
        """List what to do about API keys, most urgent first: evidence, next step and risk; limits from own history.

        Use it for unused, expired, old, misplaced, misnamed, failing or shared keys, and for rate limits. Read-only.
        """
        from edgedns_mcp.render.audit import audit_words
        from edgedns_mcp.service.audit import audit_keys as answer_audit

        query = AuditQuery(
            action=action,
            dormant_days=dormant_days,
            environment=environment,
            team=team,
            name_contains=name_contains,
            limit=limit,
            cursor=cursor,
        )
        with told_to_the_model():
            report = await answer_audit(desk, query)
        return result_of(audit_words(report), report)

    return tool_of("Key audit", audit_keys)
