"""Who may come in: a door lets a request's bearer in as a caller, or says why not."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from edgedns_mcp.models.scopes import SCOPES
from edgedns_mcp.server.remote.callers import Caller
from edgedns_mcp.server.remote.refusals import Refusal

ANYBODY = Caller("anybody", "anybody", frozenset(SCOPES))


class Door(Protocol):
    """One way of letting people in."""

    @property
    def steps_up(self) -> bool:
        """Tell whether a client can get a scope that its caller lacks, by having them sign in again."""
        ...

    async def admit(self, sent: Sequence[str]) -> Caller:
        """Give who sends these Authorization headers.

        Raises:
            Refusal: nobody who may come in.
        """
        ...

    def lacking(self, scope: str) -> Refusal:
        """Say that a caller lacks a scope."""
        ...

    async def aclose(self) -> None:
        """Let go of connections."""
        ...


class OpenDoor:
    """Lets everybody in: whoever reaches this server is on its machine."""

    steps_up = False

    async def admit(self, sent: Sequence[str]) -> Caller:
        del sent
        return ANYBODY

    def lacking(self, scope: str) -> Refusal:
        return Refusal(403, f"This needs the scope {scope}.", scope=scope)

    async def aclose(self) -> None:
        """Hold nothing."""


def tenant_of(members: Mapping[str, str], who: Sequence[str]) -> str | None:
    """Give the one organisation that `who` belong to; None where it is none, or more than one."""
    found = {members[one] for one in who if one in members}
    return found.pop() if len(found) == 1 else None
