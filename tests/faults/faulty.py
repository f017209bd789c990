"""A TCP proxy on loopback that bends what the server sends: late, slow, stuck, cut off or reset.

async with fake_edgedns(ok()) as upstream, faulty(upstream.url) as way:
    way.fault = reset_at(100)
    ...  # way.url
"""

import asyncio
import socket
import struct
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from urllib.parse import urlsplit

from fake_edgedns import attended

Send = Callable[[bytes], Awaitable[None]]
Fault = Callable[[asyncio.StreamReader, Send], Awaitable[None]]
AT_ONCE = 65_536  # bytes


class _ResetError(Exception):
    """The connection is to be reset."""


@dataclass
class Way:
    """The running proxy; what it does and where it leads may change between two connections."""

    url: str
    target: str
    fault: Fault
    connections: int = 0


@asynccontextmanager
async def faulty(target: str, fault: Fault | None = None) -> AsyncGenerator[Way]:
    """Lead to `target`, over a fault."""
    way = Way("", target, fault or as_it_is)

    async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        way.connections += 1
        try:
            await _bend(way, reader, writer)
        except _ResetError:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        except (ConnectionError, asyncio.CancelledError):
            writer.transport.abort()  # the client left, or the test is over
        finally:
            writer.close()

    async with attended(attend) as port:
        address = urlsplit(target)
        way.url = f"{address.scheme}://{address.hostname}:{port}"
        yield way


async def _bend(way: Way, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    answers, questions = await asyncio.open_connection("127.0.0.1", urlsplit(way.target).port)
    asking = asyncio.create_task(as_it_is(reader, _to(questions)))
    try:
        await way.fault(answers, _to(writer))
    finally:
        questions.transport.abort()
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)


def _to(writer: asyncio.StreamWriter) -> Send:
    async def send(part: bytes) -> None:
        writer.write(part)
        await writer.drain()

    return send


async def as_it_is(answers: asyncio.StreamReader, send: Send) -> None:
    while part := await answers.read(AT_ONCE):
        await send(part)


def late(seconds: float) -> Fault:
    """Wait before the first byte."""

    async def bend(answers: asyncio.StreamReader, send: Send) -> None:
        await asyncio.sleep(seconds)
        await as_it_is(answers, send)

    return bend


def by_steps(size: int, pause: Callable[[], float]) -> Fault:
    """Send so many bytes at a time, and wait after each."""

    async def bend(answers: asyncio.StreamReader, send: Send) -> None:
        while part := await answers.read(size):
            await send(part)
            await asyncio.sleep(pause())

    return bend


def narrow(bytes_per_s: int, size: int = 50) -> Fault:
    """Let no more through."""
    return by_steps(size, lambda: size / bytes_per_s)


def jittery(seed: int, most_s: float, size: int = 50) -> Fault:
    """Wait now longer, now shorter."""
    chance = Random(seed)
    return by_steps(size, lambda: chance.uniform(0, most_s))


def cut_at(place: int) -> Fault:
    """Close the connection after so many bytes, as if all was said."""

    async def bend(answers: asyncio.StreamReader, send: Send) -> None:
        left = place
        while part := await answers.read(AT_ONCE):
            await send(part[:left])
            left -= len(part)
            if left <= 0:
                return

    return bend


def reset_at(place: int) -> Fault:
    """Reset the connection after so many bytes."""

    async def bend(answers: asyncio.StreamReader, send: Send) -> None:
        await cut_at(place)(answers, send)
        raise _ResetError

    return bend


def stuck_at(place: int) -> Fault:
    """Send so many bytes and then nothing more, with the connection left open."""

    async def bend(answers: asyncio.StreamReader, send: Send) -> None:
        await cut_at(place)(answers, send)
        await asyncio.Event().wait()

    return bend
