"""The tools: typed arguments in, words and data out; a file for each question.

What answers a question is imported when it is asked, so that a server starts without it.
"""

from mcp.server.mcpserver.tools import Tool

from edgedns_mcp.server.tools.anomalies import find_anomalies_tool
from edgedns_mcp.server.tools.audit import audit_keys_tool
from edgedns_mcp.server.tools.chargeback import chargeback_report_tool
from edgedns_mcp.server.tools.compare import compare_usage_tool
from edgedns_mcp.server.tools.forecast import forecast_quota_tool
from edgedns_mcp.server.tools.history import usage_history_tool
from edgedns_mcp.server.tools.key import key_details_tool
from edgedns_mcp.server.tools.status import server_status_tool
from edgedns_mcp.server.tools.usage import usage_by_key_tool
from edgedns_mcp.service.desk import Desk


def tools(desk: Desk) -> list[Tool]:
    """Make the tools of one server."""
    return [
        usage_by_key_tool(desk),
        key_details_tool(desk),
        compare_usage_tool(desk),
        usage_history_tool(desk),
        find_anomalies_tool(desk),
        chargeback_report_tool(desk),
        audit_keys_tool(desk),
        forecast_quota_tool(desk),
        server_status_tool(desk),
    ]
