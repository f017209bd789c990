"""Around every MCP message: may its caller ask this, and this often; and a line on who asked what."""

from collections.abc import Callable, Mapping
from math import ceil
from typing import Any, Protocol

from mcp import MCPError
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.types import INVALID_REQUEST, CallToolResult, TextContent

from edgedns_mcp.server.remote.audit import Audit, Question
from edgedns_mcp.server.remote.callers import CHARGEBACK, Caller, Exchange, asked_by

QUESTIONS = ("tools/call", "resources/read", "prompts/get", "completion/complete")
CHARGED = ("chargeback_report", "monthly_chargeback", "edgedns://chargeback/")


class Limit(Protocol):
    """How often somebody may ask."""

    def take(self, name: Any) -> float:
        """Count one question, or tell in how many seconds there may be one."""
        ...


class Asking:
    """Middleware: lets questions through that their caller may ask now, and notes each."""

    def __init__(self, limit: Limit, audit: Audit, tick: Callable[[], float]) -> None:
        """Take how often a caller may ask, where it is noted, and a clock of seconds."""
        self._limit = limit
        self._audit = audit
        self._tick = tick

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        if ctx.method not in QUESTIONS:
            return await call_next(ctx)
        exchange, caller = asked_by(ctx)
        question, began = Question(ctx.method, ctx.params or {}), self._tick()
        outcome = "failed"
        try:
            result = self._refused(question, exchange, caller) or await call_next(ctx)
            outcome = "refused" if exchange.lacks else _outcome(result)
            return result
        finally:
            self._audit.note(exchange, question, outcome, self._tick() - began)

    def _refused(self, question: Question, exchange: Exchange, caller: Caller) -> CallToolResult | None:
        if CHARGEBACK not in caller.scopes and question.subject.startswith(CHARGED):
            exchange.lacks = CHARGEBACK
            return _said(question, f"This needs the scope {CHARGEBACK}, which this caller has not; ask who runs it.")
        if wait_s := self._limit.take((caller.tenant, caller.identity)):
            return _said(question, f"There were too many questions of yours; ask again in {ceil(wait_s)} s.")
        return None


def _said(question: Question, sentence: str) -> CallToolResult:
    """Say a sentence where the model reads it: in the result of a tool, else in an error."""
    if question.method != "tools/call":
        raise MCPError(INVALID_REQUEST, sentence)
    return CallToolResult(content=[TextContent(type="text", text=sentence)], is_error=True)


def _outcome(result: HandlerResult) -> str:
    failed = result.is_error if isinstance(result, CallToolResult) else _flag(result)
    return "failed" if failed else "answered"


def _flag(result: object) -> bool:
    return isinstance(result, Mapping) and bool(result.get("isError"))  # type: ignore[misc] - any mapping will do
