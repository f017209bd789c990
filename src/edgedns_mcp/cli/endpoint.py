"""Serve EdgeDNS's usage endpoint from the local database, and take live events."""

import logging
from contextlib import closing
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Annotated, Any

import typer

from edgedns_mcp.cli.copying import Target, keep_bringing_on
from edgedns_mcp.cli.logs import Plain, log_on_stderr
from edgedns_mcp.cli.options import Base
from edgedns_mcp.cli.terminal.faces import say
from edgedns_mcp.endpoint.setup import REQUESTS_PER_MINUTE, Setup
from edgedns_mcp.errors import ConfigurationError
from edgedns_mcp.settings import Settings, load
from edgedns_mcp.store.database import Database

COPIED_EVERY_S = 10
OPEN = (
    "Warning: other machines can reach this address, and API keys cross the network in clear. "
    "Put a server with TLS in front."
)


def endpoint(
    *,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="The port; 0 is any free one.")] = 8053,
    database: Base = None,
    rate_limit: Annotated[
        int, typer.Option(min=0, help="Requests per minute and key; 0 is no limit.")
    ] = REQUESTS_PER_MINUTE,
    proxy: Annotated[
        str, typer.Option(help="The address of the TLS server in front, whose X-Forwarded-For is believed.")
    ] = "",
    access_log: Annotated[bool, typer.Option(help="Log each request on standard error.")] = True,
    target: Target = "local",
) -> None:
    """Serve EdgeDNS's usage endpoint over HTTP, and take live events.

    Example: edgedns-mcp endpoint --port 8053
    """
    settings = load(database=database)
    if settings.as_of:
        raise ConfigurationError("An endpoint takes events as they happen; unset EDGEDNS_AS_OF.")
    build_app = _application()
    from edgedns_mcp.cli import listening

    with (
        closing(Database.open(settings.database)) as reads,
        closing(Database.open(settings.database)) as writes,
        closing(listening.listen(host, port)) as taken,
    ):
        if not ip_address(taken.getsockname()[0]).is_loopback:
            say(OPEN, err=True)
        log_on_stderr(settings.log_level, Plain("%(asctime)s %(levelname)s %(message)s"))
        logging.getLogger("edgedns_mcp.access").setLevel("INFO" if access_log else "WARNING")
        if target == "clickhouse":
            keep_bringing_on(settings, COPIED_EVERY_S)
        app = build_app(_setup(settings, reads, writes, rate_limit))
        listening.serve(listening.config_of(app, proxy, lifespan="off"), taken)


def _application() -> Any:
    try:
        from edgedns_mcp.endpoint.app import build_app
    except ModuleNotFoundError as exc:
        raise ConfigurationError("Install edgedns-mcp[endpoint] to serve the endpoint.") from exc
    return build_app


def _setup(settings: Settings, reads: Database, writes: Database, rate_limit: int) -> Setup:
    return Setup(
        reads=reads,
        writes=writes,
        now=lambda: datetime.now(UTC),
        zone=settings.timezone,
        billing_day=settings.billing_day,
        keep_hours=settings.keep_hours,
        rate_limit=rate_limit,
    )
