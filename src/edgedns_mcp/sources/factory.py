"""The only place that chooses a source, and an address for findings."""

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from edgedns_mcp.domain.periods import billing_period
from edgedns_mcp.errors import ConfigurationError
from edgedns_mcp.models.work import Tell, tell_nobody
from edgedns_mcp.settings import Settings
from edgedns_mcp.sources.auto import AutoSource
from edgedns_mcp.sources.base import Address, UsageSource
from edgedns_mcp.sources.demo import DemoSource
from edgedns_mcp.sources.lazy import LazySource
from edgedns_mcp.sources.local import LocalSource
from edgedns_mcp.store.database import Database

if TYPE_CHECKING:
    from ssl import SSLContext

    from edgedns_mcp.clickhouse.connection import Cluster


def open_source(settings: Settings, now: Callable[[], datetime], tell: Tell = tell_nobody) -> UsageSource:
    """Give the source that the settings name, its keys as their teams file says; nothing is opened or asked yet."""
    source = _source(settings, now, tell)
    if settings.teams_file is None:
        return source
    from edgedns_mcp.sources.mapped import MappedSource
    from edgedns_mcp.sources.teams_file import TeamsFile

    return MappedSource(source, TeamsFile(Path(os.path.expanduser(settings.teams_file)).absolute()))  # noqa: PTH111 - Path.expanduser raises without a home


def _source(settings: Settings, now: Callable[[], datetime], tell: Tell) -> UsageSource:
    zone = settings.timezone
    match settings.source:
        case "edgedns":
            return _lazy_edgedns(settings, now, "EDGEDNS_SOURCE=edgedns")
        case "local":
            return _local(settings, now, "EDGEDNS_SOURCE=local")
        case "demo":
            return DemoSource(now=now, because="EDGEDNS_SOURCE=demo", zone=zone, tell=tell)
        case "clickhouse":
            return LazySource(lambda: _clickhouse(settings, now))
        case "auto":
            no_key = "no API key is configured, but a database is"
            nothing = "neither an API key nor a database with data is configured"
            return AutoSource(
                has_key=lambda: settings.secret() is not None,
                edgedns=_lazy_edgedns(settings, now, "an API key is configured"),
                local=_local(settings, now, no_key),
                demo=DemoSource(now=now, because=nothing, zone=zone, tell=tell),
            )


class Probe(NamedTuple):
    """What one call of EdgeDNS told of the key and of the time."""

    keys: int
    clock: datetime | None


async def probe(settings: Settings, now: Callable[[], datetime]) -> Probe | None:
    """Ask EdgeDNS once, with the key that the settings name; None where there is none.

    Raises:
        UsageError: the key cannot be read, or EdgeDNS does not answer it.
    """
    from edgedns_mcp.sources import edgedns

    key = settings.secret()
    if key is None:
        return None
    upstream = edgedns.EdgeDnsSource(edgedns.client(settings.base_url, key), now=now)
    try:
        reading = await upstream.reading()
    finally:
        await upstream.aclose()
    return Probe(len(reading.keys), upstream.clock)


def open_address(url: str) -> Address:
    """Give the address that is told of findings; nothing is sent yet.

    Raises:
        ConfigurationError: nothing can be sent to `url`.
    """
    from edgedns_mcp.sources.webhook import webhook

    return webhook(url)


def clickhouse_of(settings: Settings, patience_s: float | None = None) -> "Cluster":
    """Give the way to ClickHouse that the settings describe; nothing is asked yet.

    Raises:
        ConfigurationError: none is configured.
    """
    from edgedns_mcp.clickhouse.connection import PATIENCE_S, Cluster
    from edgedns_mcp.clickhouse.schema import Shape

    database, cluster = settings.clickhouse_database, settings.clickhouse_cluster
    shape = Shape(database, settings.clickhouse_layout, cluster, settings.clickhouse_keep_events)
    return Cluster(settings.clickhouse_addresses(), shape, patience_s=patience_s or PATIENCE_S, trust=_trusted)


def _trusted() -> "SSLContext":
    from edgedns_mcp.sources.outgoing import trusted

    return trusted("https")


def _local(settings: Settings, now: Callable[[], datetime], because: str) -> LocalSource:
    return LocalSource(
        settings.database,
        now=now,
        because=because,
        zone=settings.timezone,
        account=settings.account,
        looking_back=settings.as_of is not None,
    )


def _clickhouse(settings: Settings, now: Callable[[], datetime]) -> UsageSource:
    from edgedns_mcp.sources.clickhouse import ClickHouseSource

    return ClickHouseSource(
        clickhouse_of(settings),
        settings.database,
        now=now,
        because="EDGEDNS_SOURCE=clickhouse",
        zone=settings.timezone,
        account=settings.account,
        looking_back=settings.as_of is not None,
    )


def _lazy_edgedns(settings: Settings, now: Callable[[], datetime], because: str) -> UsageSource:
    """Open EdgeDNS at the first question, and anew when the file with the API key holds another one."""
    return LazySource(lambda: _edgedns(settings, now, because), needs=settings.secret)


def _edgedns(settings: Settings, now: Callable[[], datetime], because: str) -> UsageSource:
    from edgedns_mcp.sources import edgedns
    from edgedns_mcp.sources.book import Book
    from edgedns_mcp.sources.recorded import RecordedSource

    key = settings.secret()
    if key is None:
        raise ConfigurationError(
            "No EdgeDNS API key is configured; set EDGEDNS_API_KEY or EDGEDNS_API_KEY_FILE, or try EDGEDNS_SOURCE=demo."
        )
    zone = settings.timezone

    def billing(moment: datetime) -> tuple[datetime, datetime]:
        return billing_period(moment, zone, settings.billing_day)

    upstream = edgedns.EdgeDnsSource(edgedns.client(settings.base_url, key), now=now, send_period=settings.send_period)
    return RecordedSource(
        None if settings.as_of else upstream,
        Book(
            lambda: Database.open(settings.database),
            str(settings.database),
            key,
            settings.account,
            boundaries=billing,
            keep_hours=settings.keep_hours,
        ),
        now=now,
        billing=billing,
        zone=zone,
        because=because,
        sends_period=settings.send_period,
    )
