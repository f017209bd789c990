"""What a token of an identity provider says: whether it is for here and now, and who is who."""

from collections.abc import Collection, Mapping, Sequence
from math import isfinite
from typing import Any, NamedTuple, cast

from edgedns_mcp.domain.naming import visible
from edgedns_mcp.models.scopes import SCOPES
from edgedns_mcp.server.remote.signatures import WrongTokenError

LEEWAY_S = 30.0  # between this machine's clock and the provider's
OF_SCOPES = ("scope", "scp", "permissions", "roles")
OF_NAMES = ("preferred_username", "email", "client_id", "azp")
OF_ID_TOKENS = ("at_hash", "c_hash", "s_hash")
OTHER_KINDS = ("id", "refresh", "offline", "logout")  # as Keycloak names them in the claim typ
Claims = Mapping[str, Any]


class Terms(NamedTuple):
    """What tokens of a provider have to say."""

    issuer: str
    audiences: Collection[str]
    scope_prefix: str
    tenant_claim: str


class ExpiredTokenError(WrongTokenError):
    """A token that was good."""


def check(claims: Claims, terms: Terms, now_s: float) -> None:
    """Check that a token whose signature is good is for this server, and for now.

    Raises:
        ExpiredTokenError: it was.
        WrongTokenError: it is not.
    """
    if claims.get("iss") != terms.issuer:
        raise WrongTokenError("iss")
    if not set(_texts(claims.get("aud"))) & set(terms.audiences):
        raise WrongTokenError("aud")
    if not isinstance(claims.get("sub"), str) or not claims["sub"]:
        raise WrongTokenError("sub")
    if any(name in claims for name in OF_ID_TOKENS) or str(claims.get("typ")).lower() in OTHER_KINDS:
        raise WrongTokenError("not an access token, by its claims")
    for name in ("nbf", "iat"):
        if name in claims and _moment(claims, name) > now_s + LEEWAY_S:
            raise WrongTokenError(name)
    if _moment(claims, "exp") <= now_s - LEEWAY_S:
        raise ExpiredTokenError("exp")


def scopes_of(claims: Claims, prefix: str) -> frozenset[str]:
    """Give the scopes of ours that a token carries, by whichever claim its provider writes them."""
    carried = [word for name in OF_SCOPES for text in _texts(claims.get(name)) for word in text.split()]
    return frozenset(word.removeprefix(prefix) for word in carried) & frozenset(SCOPES)


def name_of(claims: Claims) -> str:
    """Give the name that logs know a caller by."""
    texts = (claims.get(name) for name in OF_NAMES)
    names = (visible(text) for text in texts if isinstance(text, str))
    return next(filter(None, names), "") or visible(claims["sub"]) or "(unnamed)"


def groups_of(claims: Claims, path: str) -> Sequence[str]:
    """Give the texts of a claim, which a name with dots leads to where no claim has that very name."""
    return _texts(claims[path] if path in claims else _at(claims, path))


def _at(claims: Claims, path: str) -> object:
    found: object = claims
    for name in path.split("."):
        found = cast("Claims", found).get(name) if isinstance(found, dict) else None
    return found


def _texts(value: object) -> Sequence[str]:
    """Give a text, or the texts of a list, each by itself."""
    values = cast("list[object]", value) if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, str)]


def _moment(claims: Claims, name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise WrongTokenError(name)
    return float(value)
