"""Whether a token was signed by a key: which keys can tell, by which algorithm, and what it says then."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, cast

import jwt
from jwt.algorithms import get_default_algorithms

from edgedns_mcp.errors import UsageError

OF_RSA = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
KINDS: Mapping[tuple[str, str], Sequence[str]] = {  # by kty and crv; whoever knows a public key signs none of these
    ("RSA", ""): OF_RSA,
    ("EC", "P-256"): ("ES256",),
    ("EC", "P-384"): ("ES384",),
    ("EC", "P-521"): ("ES512",),
    ("OKP", "Ed25519"): ("EdDSA",),
    ("OKP", "Ed448"): ("EdDSA",),
}
ALGORITHMS = frozenset(name for names in KINDS.values() for name in names)
OF_ACCESS_TOKENS = ("jwt", "at+jwt")
LONGEST_TOKEN = 16_384
STRICT = {"enforce_minimum_key_length": True}


class WrongTokenError(UsageError):
    """A token that opens nothing; the words say which check failed, and are for the log alone."""


class Header(NamedTuple):
    """What a token says of its signature: nobody has vouched for it yet."""

    algorithm: str
    kid: str | None


class Key(NamedTuple):
    """A public key that signatures can be checked by."""

    kid: str | None
    algorithms: frozenset[str]
    key: Any

    def fits(self, header: Header) -> bool:
        """Tell whether a token can have been signed by it; one that names no key by any."""
        return header.algorithm in self.algorithms and header.kid in (None, self.kid)


def header_of(token: str) -> Header:
    """Read which key and algorithm a token names.

    Raises:
        WrongTokenError: it is no token, or names an algorithm that proves nothing.
    """
    if len(token) > LONGEST_TOKEN:
        raise WrongTokenError("too long")
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError) as exc:
        raise WrongTokenError("not a JWT") from exc
    if str(header.get("typ") or "jwt").lower().removeprefix("application/") not in OF_ACCESS_TOKENS:
        raise WrongTokenError("not an access token, by its typ")
    algorithm = str(header.get("alg"))
    if algorithm not in ALGORITHMS:
        raise WrongTokenError("an algorithm that is not taken")
    return Header(algorithm, header.get("kid"))


def claims_of(token: str, header: Header, key: Key) -> Mapping[str, Any]:
    """Give what a token says, once it is known that `key` signed it.

    Raises:
        WrongTokenError: it did not.
    """
    try:
        payload = jwt.PyJWS([header.algorithm], STRICT).decode(token, key.key, [header.algorithm])  # type: ignore[arg-type] - its options are a TypedDict
        claims = json.loads(payload)
    except (jwt.PyJWTError, ValueError, RecursionError) as exc:
        raise WrongTokenError("signature") from exc
    if not isinstance(claims, dict):
        raise WrongTokenError("no claims")
    return cast("Mapping[str, Any]", claims)


def keys_of(published: Iterable[Mapping[str, Any]]) -> Sequence[Key]:
    """Give those of some JSON Web Keys that signatures can be checked by; a provider has others, too."""
    return [key for one in published if (key := _key(one))]


def _key(one: Mapping[str, Any]) -> Key | None:
    kind, algorithm = (str(one.get("kty")), str(one.get("crv", ""))), one.get("alg")
    algorithms = frozenset(name for name in KINDS.get(kind, ()) if algorithm in (None, name))
    operations = one.get("key_ops", ["verify"])
    is_ours = one.get("use", "sig") == "sig" and isinstance(operations, list) and "verify" in operations
    if not algorithms or not is_ours or "d" in one:  # with d it is a private key, which is nobody's any more
        return None
    kid = one.get("kid")
    try:
        key = get_default_algorithms()[min(algorithms)].from_jwk(dict(one))
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    return Key(kid if isinstance(kid, str) else None, algorithms, key)
