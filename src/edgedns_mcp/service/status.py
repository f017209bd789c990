"""The question `server_status`: where figures come from, how fresh they are, what is not configured."""

import platform
from collections.abc import Iterator, Mapping
from importlib.metadata import version

from edgedns_mcp import __version__
from edgedns_mcp.domain.report import share
from edgedns_mcp.models import Setting, SourceName, StatusReport
from edgedns_mcp.render.phrases import duration_words
from edgedns_mcp.render.summary import status_summary
from edgedns_mcp.service.desk import Desk
from edgedns_mcp.service.teams import teams_status
from edgedns_mcp.sources.base import Health

NEEDS: Mapping[SourceName, tuple[Setting, ...]] = {
    "demo": (
        Setting(what="EdgeDNS", fix="Set EDGEDNS_API_KEY to a key of a developer plan or above."),
        Setting(what="An own database", fix="Run: edgedns-mcp import access.log"),
    ),
    "local": (Setting(what="EdgeDNS", fix="Set EDGEDNS_API_KEY to a key of a developer plan or above."),),
}
INVENTORY = Setting(what="Names and teams of keys", fix="Run: edgedns-mcp keys import keys.csv")
TEAMS = Setting(what="Teams of keys", fix="Set EDGEDNS_TEAMS_FILE to a CSV file of key,team.")


async def server_status(desk: Desk) -> StatusReport:
    """Answer `server_status`, without asking the network.

    Raises:
        UsageError: the source is not configured, or its database cannot be read.
    """
    health = await desk.in_time(desk.source.health())
    now = desk.now().replace(microsecond=0)
    answer = StatusReport(
        summary="",
        version=__version__,
        source=health.source,
        chosen_because=health.chosen_because,
        timezone=desk.zone.key,
        now=now,
        data_from=health.data_from,
        data_to=health.data_to,
        age_s=max(int((now - health.data_to).total_seconds()), 0) if health.data_to else None,
        gaps=health.gaps,
        total_keys=health.keys,
        request_count=health.requests,
        rejected_lines=health.rejected_lines,
        unattributed_percent=None if health.unattributed is None else share(health.unattributed, health.requests),
        size_bytes=health.size_bytes,
        readings=health.readings,
        recording=_recording(desk, health),
        calls_spent=health.calls_spent,
        account_total=health.account_total,
        key_dates=health.key_dates,
        last_error=health.last_error,
        database=health.database,
        config=desk.config,
        teams=teams_status(health),
        versions=_versions(),
        not_configured=(),
    )
    answer = answer.model_copy(update={"not_configured": tuple(_missing(answer, health))})
    return answer.model_copy(update={"summary": status_summary(answer)})


def _missing(answer: StatusReport, health: Health) -> Iterator[Setting]:
    yield from NEEDS.get(health.source, ())
    if not health.has_inventory:
        yield INVENTORY
    if answer.teams.keys_by_name + answer.teams.keys_unassigned and not answer.teams.file:
        yield TEAMS


def _recording(desk: Desk, health: Health) -> str:
    if health.source != "edgedns":
        return "only with EdgeDNS as the source"
    if not desk.record_every:
        return "off (EDGEDNS_RECORD_EVERY=0)"
    return f"every {duration_words(desk.record_every)}, while a server or edgedns-mcp record --every runs"


def _versions() -> dict[str, str]:
    return {"python": platform.python_version(), "mcp": version("mcp"), "sqlite": version("apsw")}
