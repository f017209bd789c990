"""API keys in EdgeDNS's format: made of random bytes, kept as a salted digest, told again in constant time."""

import hmac
import string
from collections.abc import Callable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Literal, NamedTuple, Protocol, TypeVar

from edgedns_mcp.domain.report import is_active
from edgedns_mcp.models import Key
from edgedns_mcp.models.secrets import LAST_FOUR

KeyEnvironment = Literal["live", "test"]
Draw = Callable[[int], bytes]  # so many random bytes, as secrets.token_bytes gives them

ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits
SECRET_LENGTH = 32
UNBIASED = 256 - 256 % len(ALPHABET)  # from here on, a byte would make the first letters likelier
SALT_BYTES = 16
ID_BYTES = 8
COMPARED = 4  # digests taken for every secret; two of 10,000 keys rarely end alike, and five never will
NOBODY_S_SALT, NOBODY_S_DIGEST = bytes(SALT_BYTES), bytes(sha256().digest_size)


class Secret(NamedTuple):
    """What is kept of a key's secret: SHA-256 over salt and secret."""

    salt: bytes
    digest: bytes


class Candidate(Protocol):
    """Whoever may hold a secret."""

    @property
    def secret(self) -> Secret:
        """Give what is kept of its secret."""
        ...


Holder = TypeVar("Holder", bound=Candidate)


def new_secret(environment: KeyEnvironment, draw: Draw) -> str:
    """Make a secret, `edns_{environment}_` and 32 of 62 letters and digits, each as likely as any other."""
    drawn = ""
    while len(drawn) < SECRET_LENGTH:
        drawn += "".join(ALPHABET[byte % len(ALPHABET)] for byte in draw(SECRET_LENGTH) if byte < UNBIASED)
    return f"edns_{environment}_{drawn[:SECRET_LENGTH]}"


def new_key_id(draw: Draw) -> str:
    """Make the id of a key: `key_` and 16 hex digits."""
    return f"key_{draw(ID_BYTES).hex()}"


def kept(secret: str, draw: Draw) -> Secret:
    """Give what may be stored of a secret, under a salt of its own."""
    salt = draw(SALT_BYTES)
    return Secret(salt, digest_of(secret, salt))


def digest_of(secret: str, salt: bytes) -> bytes:
    """Give the SHA-256 over salt and secret."""
    return sha256(salt + secret.encode(errors="surrogatepass")).digest()


def matches(secret: str, salt: bytes, digest: bytes) -> bool:
    """Tell in constant time whether this is the secret that the digest was taken of."""
    return hmac.compare_digest(digest_of(secret, salt), digest)


def bearer_of(sent: Sequence[str]) -> str:
    """Give what stands behind Bearer in the one Authorization header; '' where nothing does."""
    scheme, _, token = (sent[0] if len(sent) == 1 else "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def last_four_of(secret: str) -> str:
    """Give the characters by which people, and the store's index, know a secret; '' where it cannot be one."""
    return secret[-LAST_FOUR:] if secret.isascii() else ""


def holder_of(secret: str, candidates: Sequence[Holder]) -> Holder | None:
    """Find the candidate whose secret this is, with the same work for a known, an unknown and a malformed one.

    Every candidate is compared, and nobody where there are fewer than four; whether the one found may still use
    it, `opens` tells, after the same work.
    """
    found: Holder | None = None
    for candidate in candidates:
        if matches(secret, *candidate.secret):
            found = candidate
    for _ in range(len(candidates), COMPARED):
        matches(secret, NOBODY_S_SALT, NOBODY_S_DIGEST)
    return found


def opens(key: Key, now: datetime) -> bool:
    """Tell whether a key's secret is good for a request: begun, and neither revoked nor expired at `now`."""
    return is_active(key, now) and (key.expires_at is None or key.expires_at > now)
