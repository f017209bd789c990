"""Who may come in: the bearer of an active key, so often a minute; nobody else learns why not."""

from ipaddress import ip_address
from typing import Annotated

import anyio.to_thread
from fastapi import Depends, Request, Security
from fastapi.security import HTTPBearer

from edgedns_mcp.domain.credentials import bearer_of, holder_of, last_four_of, opens
from edgedns_mcp.domain.report import is_active
from edgedns_mcp.domain.token_buckets import Buckets
from edgedns_mcp.endpoint import refusals
from edgedns_mcp.endpoint.setup import Setup
from edgedns_mcp.store import keys
from edgedns_mcp.store.keys import Owner

LONGEST_SECRET = 64  # longer ones are wrong, and must not take longer to be
NET_OF_ONE = 64  # bits of an IPv6 address that one customer of a network has
BEARER = HTTPBearer(auto_error=False, scheme_name="bearer", description="A key made with edgedns-mcp keys create.")


class Door:
    """Lets keys in and counts who comes."""

    def __init__(self, setup: Setup) -> None:
        """Count each key's requests, and each address's wrong keys."""
        self._setup = setup
        self._requests = Buckets(setup.rate_limit, setup.tick)
        self._guesses = Buckets(setup.guesses, setup.tick)

    async def admit(self, request: Request) -> Owner:
        """Give whose key the request carries.

        Raises:
            Refusal: it carries none, or none that may come in now.
        """
        sent, address = request.headers.getlist("Authorization"), _address(request)
        if not sent:
            raise refusals.nobody()
        if wait_s := self._guesses.wait_s(address):
            raise refusals.too_many(wait_s)
        owner = await anyio.to_thread.run_sync(self._holder, bearer_of(sent)[:LONGEST_SECRET])
        now = self._setup.now()
        if owner is None or not opens(owner.key, now):
            self._guesses.charge(address)
            raise refusals.expired() if owner and is_active(owner.key, now) else refusals.stranger()
        if wait_s := self._requests.take((owner.account_no, owner.key.key_id)):
            raise refusals.too_many(wait_s)
        return owner

    def _holder(self, secret: str) -> Owner | None:
        return holder_of(secret, self._setup.reads.read(lambda tx: keys.by_last_four(tx, last_four_of(secret))))


async def admitted(request: Request, _: Annotated[object, Security(BEARER)]) -> Owner:
    """Let the door of the running endpoint decide."""
    door: Door = request.app.state.door
    owner = await door.admit(request)
    request.state.key_id = owner.key.key_id
    return owner


async def analyst(owner: Annotated[Owner, Depends(admitted)]) -> Owner:
    """Let in whose tier has analytics.

    Raises:
        Refusal: the account is on the free tier.
    """
    if owner.tier == "free":
        raise refusals.below_tier()
    return owner


def _address(request: Request) -> str:
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    return host if address.version == 4 else str(int(address) >> (128 - NET_OF_ONE))  # noqa: PLR2004 - IP's own versions
