"""What a right call looks like, for every argument of every tool: a wrong one is answered with it."""

from collections.abc import Mapping
from typing import Any

from mcp.server.mcpserver.tools import Tool

# By argument: the arguments of a call that the tool answers, with all that the argument needs beside it.
CALLS: Mapping[str, Mapping[str, Any]] = {
    "key": {"key": "payments"},
    "period": {"period": "7d"},
    "start": {"start": "2026-10-01", "end": "2026-11-01"},
    "end": {"start": "2026-10-01", "end": "2026-11-01"},
    "baseline": {"period": "2026-10", "baseline": "2026-09"},
    "usual": {"key": "payments", "usual": True},
    "team": {"team": "payments"},
    "name_contains": {"name_contains": "checkout"},
    "endpoint": {"endpoint": "/v1/dns"},
    "cursor": {"cursor": "next_cursor of the page before"},
    "amount": {"amount": "1200.00"},
    "currency": {"amount": "1200.00", "currency": "EUR"},
    "method": {"method": "even"},
    "fixed_fee": {"amount": "1200.00", "method": "hybrid", "fixed_fee": "500.00"},
    "unit_price": {"method": "price", "unit_price": "0.0012"},
    "shares": {"amount": "1200.00", "method": "fixed", "shares": "payments=60,growth=40"},
    "weights": {"weights": "/v1/export=10"},
    "teams": {"teams": "payments: checkout*, billing*"},
    "format": {"amount": "1200.00", "format": "focus"},
    "monthly_quota": {"monthly_quota": 400_000},
}


def example(tool: Tool, name: str = "") -> str:
    """Write a call that is right, with this argument where one is named."""
    properties: Mapping[str, Any] = tool.parameters["properties"]
    shown = dict[str, Any]()
    for wanted in [*tool.parameters.get("required", []), *([name] if name else [])]:
        shown |= CALLS.get(wanted) or {wanted: _choice(properties[wanted])}
    return f"{tool.name}({', '.join(f'{key}={value!r}' for key, value in shown.items())})"


def _choice(schema: Mapping[str, Any]) -> Any:
    return schema["enum"][-1] if "enum" in schema else schema["default"]
