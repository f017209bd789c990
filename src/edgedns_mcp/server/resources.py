"""The resources: the same answers as the tools, for clients that attach documents; and completions for their names."""

from collections.abc import Sequence
from importlib.resources import files

from mcp.server import MCPServer
from mcp.types import (
    Completion,
    CompletionArgument,
    CompletionContext,
    PromptReference,
    ResourceTemplateReference,
)

from edgedns_mcp.domain.days import latest_months
from edgedns_mcp.domain.naming import visible
from edgedns_mcp.domain.periods import NAMED
from edgedns_mcp.errors import UsageError
from edgedns_mcp.models import ChargebackQuery, KeyQuery, UsageQuery
from edgedns_mcp.models.currencies import DECIMALS
from edgedns_mcp.server.failures import told_to_the_reader
from edgedns_mcp.service.desk import Desk

MARKDOWN = "text/markdown"
CSV = "text/csv"
CHARGEBACK = "edgedns://chargeback/{period}/{amount}/{currency}"
MONTHS_OFFERED = 12
MOST_COMPLETIONS = 100  # the protocol's bound


def add_resources(server: MCPServer, desk: Desk) -> None:
    """Offer the usage report, each key, chargebacks and the definitions."""

    @server.resource("edgedns://usage/by-key", title="Usage by API key, current billing period", mime_type=MARKDOWN)
    async def current_usage() -> str:
        """Every API key ranked by requests in the current billing period."""
        return await _usage(desk, "current")

    @server.resource("edgedns://usage/by-key/{period}", title="Usage by API key in a period", mime_type=MARKDOWN)
    async def usage_in_period(period: str) -> str:
        """Every API key ranked by requests in a period such as 7d, 2026-10 or 2026-10-01..2026-10-15."""
        return await _usage(desk, period)

    @server.resource("edgedns://keys/{key_id}", title="One API key in full", mime_type=MARKDOWN)
    async def one_key(key_id: str) -> str:
        """One API key in the current billing period; key_id may be its name."""
        from edgedns_mcp.render.words import key_words
        from edgedns_mcp.service.key import key_details

        with told_to_the_reader():
            return key_words(await key_details(desk, KeyQuery(key=key_id)))

    @server.resource(CHARGEBACK, title="A chargeback as FOCUS 1.2", mime_type=CSV)
    async def chargeback(period: str, amount: str, currency: str) -> str:
        """An invoice shared over all keys as FOCUS 1.2: a row for each key and month, summing to it."""
        from edgedns_mcp.service.chargeback import chargeback_report

        query = ChargebackQuery(period=period, amount=amount, currency=currency, format="focus")
        with told_to_the_reader():
            return (await chargeback_report(desk, query, fits_a_host=False)).file

    @server.resource("edgedns://docs/definitions", title="What the figures mean", mime_type=MARKDOWN)
    def definitions() -> str:
        """How requests, errors, shares, windows and teams are defined."""
        return (files("edgedns_mcp.render") / "definitions.md").read_text(encoding="utf-8")


def add_completions(server: MCPServer, desk: Desk) -> None:
    """Complete periods, currencies and the names of keys."""

    @server.completion()
    async def complete(
        ref: PromptReference | ResourceTemplateReference,
        argument: CompletionArgument,
        context: CompletionContext | None,
    ) -> Completion:
        del context
        is_bill = isinstance(ref, ResourceTemplateReference) and ref.uri == CHARGEBACK
        values = await _values(desk, "month" if is_bill and argument.name == "period" else argument.name)
        begun = argument.value.casefold()
        found = [value for value in values if begun in value.casefold()]
        return Completion(values=found[:MOST_COMPLETIONS], total=len(found), has_more=len(found) > MOST_COMPLETIONS)


async def _usage(desk: Desk, period: str) -> str:
    from edgedns_mcp.render.words import usage_words
    from edgedns_mcp.service.usage import usage_by_key

    with told_to_the_reader():
        return usage_words(await usage_by_key(desk, UsageQuery(period=period)))


async def _values(desk: Desk, name: str) -> Sequence[str]:
    if name == "period":
        return NAMED
    if name == "month":
        return ["previous", *latest_months(desk.now(), desk.zone, MONTHS_OFFERED)]
    if name == "currency":
        return [desk.currency, *sorted({*DECIMALS} - {desk.currency})]
    if name not in ("key", "key_id"):
        return ()
    try:
        keys = await desk.ask(lambda view: view.keys(), desk.window("current", "", ""))
    except UsageError:
        return ()  # a completion that cannot be given is not worth an error; the question itself will say why
    return sorted({visible(key.name) for key in keys} | {visible(key.key_id) for key in keys if name == "key_id"})
