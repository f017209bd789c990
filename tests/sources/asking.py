"""Ask EdgeDNS the way the product does, and look for a leaked key in whatever comes back."""

import time
import traceback
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from fake_edgedns import Request, Response, fake_edgedns
from pydantic import SecretStr

from edgedns_mcp.errors import SourceError
from edgedns_mcp.models import Reading
from edgedns_mcp.sources.edgedns import DEADLINE_S, EdgeDnsSource, client

KEY = "edns_live_" + "Ab3dEf7hIj1kLm5nOp9qRs2tUv6wXy4z"
NOW = datetime(2026, 11, 22, 10, 30, 59, 700_000, tzinfo=UTC)
PATIENCE_S = 4.0
SHORT_S = 0.5  # a deadline for cases that wait for it


@dataclass
class Failed:
    """A failure, what it cost and what it took."""

    error: SourceError
    calls: int
    took_s: float

    def __str__(self) -> str:
        return str(self.error)


@asynccontextmanager
async def a_source(url: str, **options: Any) -> AsyncGenerator[EdgeDnsSource]:
    options = {"now": lambda: NOW, "deadline_s": DEADLINE_S} | options
    source = EdgeDnsSource(client(url, SecretStr(KEY)), **options)
    try:
        yield source
    finally:
        await source.aclose()


async def read(*responses: Response, period: str = "current", **options: Any) -> tuple[Reading, list[Request]]:
    """Ask once; give the reading and what the server saw."""
    async with fake_edgedns(*responses) as upstream, a_source(upstream.url, **options) as source:
        with in_time():
            reading = await source.reading(period)
        assert source.calls_spent == len(upstream.requests)
        assert KEY not in repr(reading)
        return reading, upstream.requests


async def fail(*responses: Response, **options: Any) -> Failed:
    """Ask once and expect a failure."""
    async with fake_edgedns(*responses) as upstream:
        failed = await fail_at(upstream.url, **options)
        assert failed.calls == len(upstream.requests)
        return failed


async def fail_at(url: str, silence_s: float | None = None, **options: Any) -> Failed:
    """Ask this address and expect a failure; `silence_s` shortens every wait of the client."""
    async with a_source(url, **options) as source:
        if silence_s is not None:
            source._client.timeout = silence_s
        began = time.monotonic()
        with in_time(), pytest.raises(SourceError) as caught:
            await source.reading()
        assert_no_key(caught.value)
        return Failed(caught.value, source.calls_spent, time.monotonic() - began)


@contextmanager
def in_time() -> Iterator[None]:
    """Hold the promise that nothing takes longer than the patience of an MCP client."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < PATIENCE_S


def assert_no_key(error: BaseException) -> None:
    printed = "".join(traceback.format_exception(error))
    texts = [printed, *(text for link in _chain(error) for text in (str(link), repr(link)))]
    assert not [text for text in texts if KEY in text]


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error:
        yield error
        error = error.__cause__
