"""Which door there is, as the settings say, and what stands beside it for whoever looks for the way in."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from starlette.routing import Route

from edgedns_mcp.errors import ConfigurationError
from edgedns_mcp.server.remote.doors import Door, OpenDoor
from edgedns_mcp.settings.remote import Organisation, RemoteSettings


@dataclass(frozen=True)
class Clock:
    """What time it is, and a count of seconds that never goes back."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    tick: Callable[[], float] = time.monotonic


class Entrance(NamedTuple):
    """A door, and the addresses that are open to everybody because of it."""

    door: Door
    routes: Sequence[Route] = ()


def entrance_of(remote: RemoteSettings, organisations: Sequence[Organisation], clock: Clock) -> Entrance:
    """Build the entrance; nobody is asked yet.

    Raises:
        ConfigurationError: there is no such door, or the file of tokens is wrong.
    """
    match remote.auth:
        case "none" | None:
            if organisations:
                raise ConfigurationError(
                    "Several organisations need to know who asks; choose --auth oauth or --auth token."
                )
            return Entrance(OpenDoor())
        case "token":
            return _with_tokens(remote, [one.name for one in organisations], clock)
        case "oauth":
            raise ConfigurationError("Not yet.")


def _with_tokens(remote: RemoteSettings, tenants: Sequence[str], clock: Clock) -> Entrance:
    from edgedns_mcp.server.remote.tokens import TokenDoor
    from edgedns_mcp.sources.tokens_file import TokensFile

    assert remote.tokens_file  # noqa: S101 - the settings were checked for it
    return Entrance(TokenDoor(TokensFile(remote.tokens_file, tenants), tenants, clock.now))
