"""Which door there is, as the settings say, and what stands beside it for whoever looks for the way in."""

import time
from collections.abc import Callable, Mapping, Sequence
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
            members = {member: one.name for one in organisations for member in one.who}
            return _with_a_provider(remote, members if organisations else None, clock)


def _with_tokens(remote: RemoteSettings, tenants: Sequence[str], clock: Clock) -> Entrance:
    from edgedns_mcp.server.remote.tokens import TokenDoor
    from edgedns_mcp.sources.tokens_file import TokensFile

    assert remote.tokens_file  # noqa: S101 - the settings were checked for it
    return Entrance(TokenDoor(TokensFile(remote.tokens_file, tenants), tenants, clock.now))


def _with_a_provider(remote: RemoteSettings, members: Mapping[str, str] | None, clock: Clock) -> Entrance:
    from edgedns_mcp.server.remote.claims import Terms
    from edgedns_mcp.server.remote.keyring import Keyring
    from edgedns_mcp.server.remote.oauth import OAuthDoor, Resource, audiences_of
    from edgedns_mcp.sources.issuer import issuer

    assert remote.issuer  # noqa: S101 - the settings were checked for it
    assert remote.public_url  # noqa: S101 - likewise
    resource = Resource(remote.public_url, remote.issuer, remote.scope_prefix)
    audiences = audiences_of(remote.public_url, remote.audience)
    terms = Terms(remote.issuer, audiences, remote.scope_prefix, remote.tenant_claim)
    provider = issuer(remote.issuer, remote.jwks_url or "")
    keyring = Keyring(provider.published, clock.tick)
    door = OAuthDoor(resource, keyring, terms, provider=provider, members=members, now=clock.now)
    return Entrance(door, resource.routes())
