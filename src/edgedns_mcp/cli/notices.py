"""Being told of findings: the options that name a webhook, and what is said of it on the terminal."""

from collections.abc import Iterable
from typing import Annotated

import typer

from edgedns_mcp.cli.asking import ask
from edgedns_mcp.cli.terminal.faces import say
from edgedns_mcp.errors import ConfigurationError
from edgedns_mcp.models import FindingRow, Severity, Told
from edgedns_mcp.render.notices import told_words
from edgedns_mcp.service.desk import Desk
from edgedns_mcp.service.notices import tell
from edgedns_mcp.settings import Settings
from edgedns_mcp.sources.base import Address
from edgedns_mcp.sources.factory import open_address

Notify = Annotated[
    str,
    typer.Option(metavar="URL", envvar="EDGEDNS_NOTIFY", help="Post each new finding to this webhook, as JSON, once."),
]
NotifyFrom = Annotated[Severity, typer.Option(help="Post findings that are so severe, or more.")]


def address_of(url: str, settings: Settings) -> Address | None:
    """Give the address to tell, None where none is named.

    Raises:
        ConfigurationError: nobody can be told, or nobody should be.
    """
    if url and settings.as_of:
        raise ConfigurationError("Nobody is told of findings while looking back; leave --notify or EDGEDNS_AS_OF out.")
    return open_address(url) if url else None


def tell_once(settings: Settings, address: Address, findings: Iterable[FindingRow], bar: Severity) -> bool:
    """Tell the address what is new, say how that went, and give whether it went well.

    Raises:
        UsageError: nobody can note whom it told.
    """

    async def told(desk: Desk) -> Told:
        try:
            return await tell(desk.source, address, findings, bar)
        finally:
            await address.aclose()

    return say_told(ask(settings, told), address)


def say_told(told: Told, address: Address) -> bool:
    """Say what was told on standard error, for standard output is the answer's; give whether all went well."""
    if told.count:
        say(told_words(told, address.host), err=True)
    for sentence in filter(None, (*told.troubles, told.untested)):
        say(sentence, err=True)
    return not told.troubles
