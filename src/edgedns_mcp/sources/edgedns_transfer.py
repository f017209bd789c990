"""How much of an answer is taken in: no packing makes more of it than a limit, and one that breaks off is told."""

import zlib
from collections.abc import Callable

import httpx

from edgedns_mcp.sources.edgedns_body import unusable

PACKINGS = frozenset({"", "identity", "gzip"})  # one packing only: packings inside packings grow without bound
GZIP_WINDOW = zlib.MAX_WBITS | 16


async def body_of(response: httpx.Response, most: int) -> bytes:
    """Give the body, unpacked; never more than `most` bytes are held.

    Raises:
        UnavailableError: it is longer, or packed in a way that was not asked for.
        httpx.RequestError: it breaks off, or cannot be unpacked.
    """
    packing = response.headers.get("Content-Encoding", "").strip().lower()
    if packing not in PACKINGS:
        raise unusable("a packing that was not asked for")
    received, inflater = bytearray(), zlib.decompressobj(GZIP_WINDOW) if packing == "gzip" else None
    async for chunk in response.aiter_raw():
        room = most + 1 - len(received)
        received += _inflated(inflater.decompress, chunk, room) if inflater else chunk[:room]
        if len(received) > most:
            raise unusable(f"more than {most // 1_000_000} MB")
    if inflater and not inflater.eof:
        raise httpx.DecodingError("It breaks off.")
    return bytes(received)


def _inflated(inflate: Callable[[bytes, int], bytes], chunk: bytes, most: int) -> bytes:
    try:
        return inflate(chunk, most)
    except zlib.error:
        raise httpx.DecodingError("It is not packed as it says.") from None
