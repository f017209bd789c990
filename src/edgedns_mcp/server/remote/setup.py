"""From settings to the application that a process serves."""

from collections.abc import Mapping, Sequence

from starlette.types import ASGIApp

from edgedns_mcp.server.remote.app import House, build_app
from edgedns_mcp.server.remote.asking import Asking
from edgedns_mcp.server.remote.audit import Audit, to_a_file, to_the_log
from edgedns_mcp.server.remote.entrance import Clock, entrance_of
from edgedns_mcp.server.remote.limits import Limits
from edgedns_mcp.server.remote.telemetry import Meter, export
from edgedns_mcp.server.remote.tenants import Tenants
from edgedns_mcp.service.desk import Desk, open_desk
from edgedns_mcp.settings import Settings
from edgedns_mcp.settings.remote import Organisation, RemoteSettings, is_loopback
from edgedns_mcp.settings.telemetry import load_telemetry

CLOCK = Clock()


def application(
    remote: RemoteSettings,
    settings: Settings,
    organisations: Sequence[Organisation],
    limits: Limits,
    *,
    clock: Clock = CLOCK,
) -> ASGIApp:
    """Build what answers; nothing is opened or asked yet.

    Raises:
        ConfigurationError: these settings do not go together.
    """
    entrance, meter = entrance_of(remote, organisations, clock), Meter()
    write = to_a_file(remote.audit_log) if remote.audit_log else to_the_log
    asking = Asking(limits.questions, Audit(write, clock.now), meter, clock.tick)
    house = House(
        tenants=Tenants(_desks(settings, organisations), [asking]),
        door=entrance.door,
        limits=limits,
        tick=clock.tick,
        meter=meter,
        flush=export(load_telemetry()),
        public_url=remote.public_url or "",
        origins=remote.allowed_origins,
        most_at_once=remote.most_at_once,
        is_local=is_loopback(remote.host),
        routes=entrance.routes,
    )
    return build_app(house)


def _desks(settings: Settings, organisations: Sequence[Organisation]) -> Mapping[str, Desk]:
    return {one.name: open_desk(one.settings) for one in organisations} or {"": open_desk(settings)}
