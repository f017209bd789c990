"""The keys of an identity provider, found by its metadata: within a time, up to a size, and never redirected."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

import anyio
import httpx

from edgedns_mcp.errors import SourceError, UnavailableError, causes
from edgedns_mcp.sources.outgoing import client_for
from edgedns_mcp.sources.webhook import HERE, REASONS

MOST_BYTES = 1_000_000
FRESH_S = 300.0  # where the provider does not say how long its keys may be kept
SHORTEST_S, LONGEST_S = 60.0, 3600.0
MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)
OIDC = ".well-known/openid-configuration"
OAUTH = "/.well-known/oauth-authorization-server"  # RFC 8414, before the path
OK, NOT_THERE = 200, range(400, 500)


class Published(NamedTuple):
    """The keys that a provider publishes, and how long they may be kept."""

    keys: Sequence[Mapping[str, Any]]
    fresh_s: float


class _Document(NamedTuple):
    body: Mapping[str, Any]
    cached: str


def issuer(address: str, jwks_url: str = "") -> "Issuer":
    """Make what asks the provider at `address`, whose keys are at `jwks_url`, else where its metadata say.

    Raises:
        ConfigurationError: no connection can be made from here.
    """
    scheme = httpx.URL(jwks_url or address).scheme
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}  # unpacked, a body may have any size
    # Without timeouts of its own, for `published` has one.
    client = client_for(scheme, headers, timeout=None, trust_env=scheme == "https")
    return Issuer(client, address, jwks_url)


class Issuer:
    """One identity provider."""

    def __init__(self, client: httpx.AsyncClient, address: str, jwks_url: str = "") -> None:
        """Take a ready client; `aclose` closes it."""
        self._client = client
        self._address = address
        self._jwks_url = jwks_url

    async def published(self, patience_s: float) -> Published:
        """Give the keys that it publishes now.

        Raises:
            SourceError: it does not, in time, or in a way that can be read.
        """
        try:
            with anyio.fail_after(patience_s):
                found = await self._keys()
        except TimeoutError as exc:
            raise UnavailableError(f"The identity provider did not answer within {patience_s:g} s.") from exc
        except httpx.RequestError as exc:
            known = tuple(causes(exc))
            reason = next(words for kind, words in REASONS if any(isinstance(cause, kind) for cause in known))
            raise UnavailableError(f"The identity provider could not be asked: {reason}.") from None
        keys = found.body.get("keys")
        if not isinstance(keys, list):
            raise SourceError("The identity provider does not publish its keys as RFC 7517 says; check its jwks_uri.")
        sound = [cast("Mapping[str, Any]", key) for key in cast("list[object]", keys) if isinstance(key, dict)]
        return Published(sound, _fresh_s(found.cached))

    async def aclose(self) -> None:
        """Close the client."""
        await self._client.aclose()

    async def _keys(self) -> _Document:
        address = self._jwks_url or await self._discovered()
        found = await self._document(address)
        if found is None:
            raise SourceError("There are no keys where the identity provider should publish them; check its jwks_uri.")
        return found

    async def _discovered(self) -> str:
        own = httpx.URL(self._address)
        found = await self._document(f"{self._address.rstrip('/')}/{OIDC}")
        found = found or await self._document(str(own.copy_with(path=OAUTH + own.path.rstrip("/"))))
        if found is None:
            raise SourceError("The identity provider has no metadata; check EDGEDNS_HTTP_ISSUER, or set ..._JWKS_URL.")
        if found.body.get("issuer") != self._address:
            raise SourceError(
                "The identity provider goes by another name than EDGEDNS_HTTP_ISSUER; set it to the issuer of its "
                "metadata, letter by letter."
            )
        address = found.body.get("jwks_uri")
        if not isinstance(address, str) or not _is_safe(address):
            raise SourceError("The metadata of the identity provider name no https address of its keys (jwks_uri).")
        return address

    async def _document(self, address: str) -> _Document | None:
        """Read what is at an address; None where nothing is."""
        async with self._client.stream("GET", address) as response:
            if response.status_code in NOT_THERE:
                return None
            if response.status_code != OK:
                raise UnavailableError(f"The identity provider answered with HTTP {response.status_code}.")
            content = bytearray()
            async for part in response.aiter_raw():
                content += part
                if len(content) > MOST_BYTES:
                    raise SourceError("The identity provider answered with more than 1 MB.")
        return _Document(_object(bytes(content)), response.headers.get("Cache-Control", ""))


def _object(content: bytes) -> Mapping[str, Any]:
    try:
        body = json.loads(content)
    except (ValueError, RecursionError) as exc:
        raise SourceError("The identity provider answered with something else than JSON.") from exc
    if not isinstance(body, dict):
        raise SourceError("The identity provider answered with something else than an object of JSON.")
    return cast("Mapping[str, Any]", body)


def _is_safe(address: str) -> bool:
    try:
        found = httpx.URL(address)
    except httpx.InvalidURL:
        return False
    is_here = found.scheme == "http" and HERE.fullmatch(found.host) is not None
    return bool(found.host) and (found.scheme == "https" or is_here)


def _fresh_s(cached: str) -> float:
    found = MAX_AGE.search(cached)
    return min(max(float(found[1]), SHORTEST_S), LONGEST_S) if found else FRESH_S
