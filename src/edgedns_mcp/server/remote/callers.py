"""Who asks, what they may ask, and what is noted of one request while it is answered."""

from collections.abc import Hashable, MutableMapping
from dataclasses import dataclass
from typing import Any

from mcp.server.context import ServerRequestContext

_EXCHANGE = "edgedns_mcp.exchange"  # where an ASGI scope carries it


@dataclass(frozen=True)
class Caller:
    """Somebody who was let in."""

    name: str  # as logs know them
    identity: Hashable  # what their questions are counted by
    scopes: frozenset[str]
    tenant: str = ""  # whose figures they ask; '' where there is one organisation alone


@dataclass
class Exchange:
    """One HTTP request, from its first byte to its answer."""

    request_id: str
    address: str = "-"
    caller: Caller | None = None
    trace_id: str = ""
    lacks: str = ""  # the scope that its question needs and its caller has not


def keep(scope: MutableMapping[str, Any], exchange: Exchange) -> None:
    """Let an ASGI scope carry what is noted of its request."""
    scope[_EXCHANGE] = exchange


def exchange_of(scope: MutableMapping[str, Any]) -> Exchange:
    """Give what is noted of the request of an ASGI scope."""
    exchange: Exchange = scope[_EXCHANGE]
    return exchange


def asked_by(ctx: ServerRequestContext[Any, Any]) -> tuple[Exchange, Caller]:
    """Give the exchange that an MCP message came by, and its caller."""
    assert ctx.request  # noqa: S101 - it came over HTTP
    exchange = exchange_of(ctx.request.scope)
    assert exchange.caller  # noqa: S101 - nobody else gets as far as a message
    return exchange, exchange.caller
