"""From settings to the application that a process serves."""

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from starlette.types import ASGIApp

from edgedns_mcp.errors import ConfigurationError
from edgedns_mcp.server.remote.app import House, build_app
from edgedns_mcp.server.remote.asking import Asking
from edgedns_mcp.server.remote.audit import Audit, to_a_file, to_the_log
from edgedns_mcp.server.remote.doors import Door, OpenDoor
from edgedns_mcp.server.remote.limits import Limits
from edgedns_mcp.server.remote.telemetry import Meter, export
from edgedns_mcp.server.remote.tenants import Tenants
from edgedns_mcp.service.desk import Desk, open_desk
from edgedns_mcp.settings import Settings
from edgedns_mcp.settings.remote import Organisation, RemoteSettings, is_loopback
from edgedns_mcp.settings.telemetry import load_telemetry


def application(
    remote: RemoteSettings, settings: Settings, organisations: Sequence[Organisation], limits: Limits
) -> ASGIApp:
    """Build what answers; nothing is opened or asked yet.

    Raises:
        ConfigurationError: these settings do not go together.
    """
    meter = Meter()
    write = to_a_file(remote.audit_log) if remote.audit_log else to_the_log
    asking = Asking(limits.questions, Audit(write, lambda: datetime.now(UTC)), meter, time.monotonic)
    house = House(
        tenants=Tenants(_desks(settings, organisations), [asking]),
        door=_door(remote, organisations),
        limits=limits,
        tick=time.monotonic,
        meter=meter,
        flush=export(load_telemetry()),
        public_url=remote.public_url or "",
        origins=remote.allowed_origins,
        most_at_once=remote.most_at_once,
        is_local=is_loopback(remote.host),
    )
    return build_app(house)


def _desks(settings: Settings, organisations: Sequence[Organisation]) -> Mapping[str, Desk]:
    return {one.name: open_desk(one.settings) for one in organisations} or {"": open_desk(settings)}


def _door(remote: RemoteSettings, organisations: Sequence[Organisation]) -> Door:
    match remote.auth:
        case "none" | None:
            if organisations:
                raise ConfigurationError(
                    "Several organisations need to know who asks; choose --auth oauth or --auth token."
                )
            return OpenDoor()
        case "token" | "oauth":
            raise ConfigurationError("Not yet.")
