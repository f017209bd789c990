"""The keys of the identity provider, kept for a while: asked for again when one is not known, and never too often."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from math import inf

import anyio

from edgedns_mcp.domain.token_buckets import Buckets
from edgedns_mcp.errors import SourceError
from edgedns_mcp.server.remote.signatures import Header, Key, WrongTokenError, keys_of
from edgedns_mcp.sources.issuer import Published

LOG = logging.getLogger("edgedns_mcp.door")
FETCHES_PER_MINUTE = 10  # whatever keys strangers' tokens name
PATIENCE_S = 3.0
BRIEFLY_S = 1.0  # where the keys of before would do
STALE_S = 3600.0  # how long they would, when the provider is silent
AGAIN_S = 30.0  # until a silent provider is asked again, where the keys of before do
NOT_AWAITED = "The answer was not awaited."


class UnjudgedError(SourceError):
    """Nobody can tell now whether a token is good."""

    def __init__(self, sentence: str, wait_s: float) -> None:
        super().__init__(sentence)
        self.wait_s = wait_s


class Keyring:
    """What is known of a provider's keys."""

    def __init__(self, ask: Callable[[float], Awaitable[Published]], tick: Callable[[], float]) -> None:
        """Take how to ask for them, within so many seconds, and a clock of seconds."""
        self._ask = ask
        self._tick = tick
        self._fetches = Buckets(FETCHES_PER_MINUTE, tick)
        self._one_at_a_time = anyio.Lock()
        self._keys: Sequence[Key] = ()
        self._fresh_until = self._good_until = self._again_at = -inf
        self._begun = 0
        self._trouble = ""

    async def find(self, header: Header) -> Key:
        """Give the key that a token names.

        Raises:
            WrongTokenError: the provider has none like it.
            UnjudgedError: it cannot be asked.
        """
        begun = self._begun
        if self._is_due():
            with suppress(UnjudgedError):
                await self._renewed_since(begun, BRIEFLY_S)
        if found := self._fitting(header):
            return found
        await self._renewed_since(begun, PATIENCE_S)
        if found := self._fitting(header):
            return found
        raise WrongTokenError("a key that the provider does not publish")

    def _is_due(self) -> bool:
        """Tell whether to ask for keys anew where those of before would do; others go on with them meanwhile."""
        now = self._tick()
        is_stale = self._fresh_until <= now < self._good_until
        return is_stale and now >= self._again_at and not self._one_at_a_time.locked()

    def _fitting(self, header: Header) -> Key | None:
        if self._tick() >= self._good_until:
            return None
        found = [key for key in self._keys if key.fits(header)]
        return found[0] if found and (header.kid is not None or len(found) == 1) else None

    async def _renewed_since(self, begun: int, patience_s: float) -> None:
        """Have the keys asked for once since `begun` fetches had begun; who comes meanwhile shares the answer."""
        async with self._one_at_a_time:
            if self._begun == begun:
                if wait_s := self._fetches.take(""):
                    raise UnjudgedError("The identity provider was asked often enough for now.", wait_s)
                await self._fetch(patience_s)
        if self._trouble:
            raise UnjudgedError(self._trouble, AGAIN_S)

    async def _fetch(self, patience_s: float) -> None:
        self._begun += 1
        self._trouble = NOT_AWAITED
        self._again_at = self._tick() + AGAIN_S
        try:
            published = await self._ask(patience_s)
        except SourceError as exc:
            self._failed(str(exc))
            return
        keys = keys_of(published.keys)
        if not keys:
            self._failed("The identity provider publishes no key that signatures can be checked by.")
            return
        self._keys, self._trouble = keys, ""
        self._fresh_until = self._tick() + published.fresh_s
        self._good_until = self._fresh_until + STALE_S

    def _failed(self, why: str) -> None:
        self._trouble = why
        LOG.warning("the keys of the identity provider are not to be had", extra={"fields": {"why": why}})
