"""Around every MCP message: may its caller ask this, and this often; and a line on who asked what."""

from collections.abc import Callable, Mapping
from math import ceil
from typing import Any

from mcp import MCPError
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.types import INVALID_REQUEST, CallToolResult, TextContent

from edgedns_mcp.models.scopes import CHARGEBACK
from edgedns_mcp.server.remote.audit import Audit, Question
from edgedns_mcp.server.remote.callers import Caller, Exchange, asked_by
from edgedns_mcp.server.remote.limits import Limit
from edgedns_mcp.server.remote.telemetry import Meter, mark_span

QUESTIONS = ("tools/call", "resources/read", "prompts/get", "completion/complete")


class Asking:
    """Middleware: lets questions through that their caller may ask now, and notes each."""

    def __init__(self, limit: Limit, audit: Audit, meter: Meter, tick: Callable[[], float]) -> None:
        """Take how often a caller may ask, where it is noted and measured, and a clock of seconds."""
        self._limit = limit
        self._audit = audit
        self._meter = meter
        self._tick = tick
        self._answered: set[str] = set()  # names of tools, which a caller cannot invent

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        if ctx.method not in QUESTIONS:
            return await call_next(ctx)
        exchange, caller = asked_by(ctx)
        exchange.trace_id = mark_span(exchange.request_id, caller.tenant)
        question, began, outcome = Question(ctx.method, ctx.params or {}), self._tick(), "failed"
        try:
            if refusal := self._refusal(question, exchange, caller):
                outcome = "refused"
                return _said(question, refusal)
            result = await call_next(ctx)
            outcome = _outcome(result)
            return result
        finally:
            self._note(exchange, question, outcome, self._tick() - began)

    def _refusal(self, question: Question, exchange: Exchange, caller: Caller) -> str:
        if CHARGEBACK not in caller.scopes and question.is_about("chargeback"):
            exchange.lacks = CHARGEBACK
            return f"This needs the scope {CHARGEBACK}, which you do not have; ask who runs this server for it."
        if wait_s := self._limit.take((caller.tenant, caller.identity)):
            return f"You asked too many questions; ask again in {ceil(wait_s)} s."
        return ""

    def _note(self, exchange: Exchange, question: Question, outcome: str, took_s: float) -> None:
        self._audit.note(exchange, question, outcome, took_s)
        is_tool = question.method == "tools/call"
        if is_tool and outcome == "answered":
            self._answered.add(question.subject)
        known = question.subject if is_tool and question.subject in self._answered else ""
        self._meter.operation(question.method, known, outcome, took_s)


def _said(question: Question, sentence: str) -> CallToolResult:
    """Say a sentence where the model reads it: in the result of a tool, else in an error."""
    if question.method != "tools/call":
        raise MCPError(INVALID_REQUEST, sentence)
    return CallToolResult(content=[TextContent(type="text", text=sentence)], is_error=True)


def _outcome(result: HandlerResult) -> str:
    if isinstance(result, CallToolResult):
        return "failed" if result.is_error else "answered"
    return "failed" if isinstance(result, Mapping) and result.get("isError") else "answered"
