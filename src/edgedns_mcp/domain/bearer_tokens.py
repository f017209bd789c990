"""Tokens that open the MCP server: made of random bytes, kept as a digest, told again in constant time."""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Protocol, TypeVar

BEGINNING = "ednsmcp_"
TOKEN_BYTES = 32


class Held(Protocol):
    """Whatever a token opens."""

    @property
    def digest(self) -> bytes:
        """Give what is kept of its token."""
        ...


Holder = TypeVar("Holder", bound=Held)


def new_token(draw: Callable[[int], bytes]) -> str:
    """Make a token, `ednsmcp_` and the 43 characters of 256 random bits, which `draw` gives."""
    return BEGINNING + urlsafe_b64encode(draw(TOKEN_BYTES)).decode("ascii").rstrip("=")


def digest_of(token: str) -> bytes:
    """Give what may be kept of a token.

    A plain SHA-256 is right for it: salt and slowness protect what people choose, and nobody can go through the
    2^256 tokens that there may be.
    """
    return sha256(token.encode(errors="surrogatepass")).digest()


def holder_of(token: str, known: Iterable[Holder]) -> Holder | None:
    """Find what a token opens; every digest is compared, each in constant time."""
    digest = digest_of(token)
    found = [one for one in known if hmac.compare_digest(one.digest, digest)]
    return found[0] if found else None
