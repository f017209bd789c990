"""The door for those whom the company's identity provider knows: an OAuth resource server."""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

from mcp.shared.auth import ProtectedResourceMetadata
from pydantic import AnyHttpUrl
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from edgedns_mcp.domain.credentials import bearer_of
from edgedns_mcp.models.scopes import CHARGEBACK, SCOPES, USAGE
from edgedns_mcp.server.remote import refusals
from edgedns_mcp.server.remote.callers import Caller
from edgedns_mcp.server.remote.claims import ExpiredTokenError, Terms, check, groups_of, name_of, scopes_of
from edgedns_mcp.server.remote.doors import tenant_of
from edgedns_mcp.server.remote.keyring import Keyring, UnjudgedError
from edgedns_mcp.server.remote.refusals import Refusal
from edgedns_mcp.server.remote.signatures import WrongTokenError, claims_of, header_of

LOG = logging.getLogger("edgedns_mcp.door")
WELL_KNOWN = "/.well-known/oauth-protected-resource"
NEEDED = {USAGE: (USAGE,), CHARGEBACK: (USAGE, CHARGEBACK)}
EXPIRED = "This token has expired; get a new one from your identity provider."
WRONG = "This token is not one that your identity provider made for this server; sign in again."
SIGN_IN = "Sign in at your identity provider, and send its access token as the header Authorization: Bearer."


class Provider(Protocol):
    """Whatever holds a connection to the identity provider."""

    async def aclose(self) -> None:
        """Let go of it."""
        ...


class Resource:
    """This server as clients of OAuth see it: its name, its scopes and its metadata."""

    def __init__(self, public_url: str, issuer: str, scope_prefix: str = "") -> None:
        """Take the address that clients use, who makes their tokens, and what is put before a scope there."""
        self.name = public_url.rstrip("/")
        parts = urlsplit(self.name)
        self._issuer = issuer
        self._prefix = scope_prefix
        self._path = WELL_KNOWN + parts.path
        self._metadata = f"{parts.scheme}://{parts.netloc}{self._path}"

    def challenge(self, scopes: Sequence[str], **error: str) -> Mapping[str, str]:
        """Give the header by which a client knows where to get which token."""
        said = error | {"resource_metadata": self._metadata, "scope": " ".join(map(self._outside, scopes))}
        return {"WWW-Authenticate": "Bearer " + ", ".join(f'{name}="{value}"' for name, value in said.items())}

    def metadata(self) -> Mapping[str, Any]:
        """Give the document of RFC 9728; the names in it are compared letter by letter."""
        document = ProtectedResourceMetadata(
            resource=AnyHttpUrl(self.name),
            authorization_servers=[AnyHttpUrl(self._issuer)],
            scopes_supported=[*map(self._outside, SCOPES)],
            bearer_methods_supported=["header"],
            resource_name="edgedns-mcp",
        ).model_dump(mode="json", exclude_none=True)
        return document | {"resource": self.name, "authorization_servers": [self._issuer]}

    def routes(self) -> Sequence[Route]:
        """Give the two addresses that clients look for the metadata at; any web page may read them."""
        document = CORSMiddleware(
            _Document(self.metadata()), allow_origins=["*"], allow_methods=["GET"], allow_headers=["*"]
        )
        return [Route(path, document) for path in dict.fromkeys((self._path, WELL_KNOWN))]

    def _outside(self, scope: str) -> str:
        return self._prefix + scope


class OAuthDoor:
    """Lets in whoever has an access token that the identity provider made for this server."""

    steps_up = True

    def __init__(
        self,
        resource: Resource,
        keyring: Keyring,
        terms: Terms,
        *,
        provider: Provider,
        members: Mapping[str, str] | None,
        now: Callable[[], datetime],
    ) -> None:
        """Take what tokens are for, checked by and say, who belongs where if there are several places, and a clock."""
        self._resource = resource
        self._keyring = keyring
        self._terms = terms
        self._provider = provider
        self._members = members
        self._now = now

    async def admit(self, sent: Sequence[str]) -> Caller:
        token = bearer_of(sent)
        if not token:
            raise Refusal(401, SIGN_IN, headers=self._resource.challenge([USAGE]))
        claims = await self._claims(token)
        identity, scopes = (claims["iss"], claims["sub"]), scopes_of(claims, self._terms.scope_prefix)
        return Caller(name_of(claims), identity, scopes, self._tenant(claims))

    def lacking(self, scope: str) -> Refusal:
        needed = NEEDED[scope]
        told = f"This needs the scope {scope}, which your token lacks; sign in again and allow it."
        header = self._resource.challenge(needed, error="insufficient_scope", error_description=told)
        return Refusal(403, told, headers=header, scope=scope)

    async def aclose(self) -> None:
        await self._provider.aclose()

    def _tenant(self, claims: Mapping[str, Any]) -> str:
        if self._members is None:
            return ""
        tenant = tenant_of(self._members, groups_of(claims, self._terms.tenant_claim))
        if tenant is None:
            LOG.warning(
                "token refused", extra={"fields": {"check": f"no one organisation by {self._terms.tenant_claim}"}}
            )
            raise refusals.no_organisation()
        return tenant

    async def _claims(self, token: str) -> Mapping[str, Any]:
        try:
            header = header_of(token)
            claims = claims_of(token, header, await self._keyring.find(header))
            check(claims, self._terms, self._now().timestamp())
        except UnjudgedError as exc:
            raise refusals.unjudged(exc.wait_s) from exc
        except WrongTokenError as exc:
            LOG.warning("token refused", extra={"fields": {"check": str(exc)}})
            told = EXPIRED if isinstance(exc, ExpiredTokenError) else WRONG
            header = self._resource.challenge([USAGE], error="invalid_token", error_description=told)
            raise Refusal(401, told, headers=header) from exc
        return claims


class _Document:
    """One document of JSON, for whoever asks."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self._answer = JSONResponse(content)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405)
        await self._answer(scope, receive, send)


def audiences_of(public_url: str, given: Collection[str]) -> Collection[str]:
    """Give the names that tokens may be for: those that are given, else this server's, with and without a slash."""
    own = public_url.rstrip("/")
    return given or (own, f"{own}/")
