"""The body of a batch: received within bounds, unpacked, and taken apart into events."""

import gzip
import zlib
from collections.abc import Iterable
from hashlib import sha256
from io import BytesIO
from typing import NamedTuple, cast

import anyio
from fastapi import Request
from pydantic_core import from_json
from starlette.requests import ClientDisconnect

from edgedns_mcp.endpoint.items import Item, item_of
from edgedns_mcp.endpoint.refusals import invalid
from edgedns_mcp.endpoint.wire import Rejected
from edgedns_mcp.intake.fields import Unreadable

JSON, NDJSON = "application/json", "application/x-ndjson"
MOST_BYTES = 5_000_000  # as sent, and unpacked
MOST_EVENTS = 10_000
LONGEST_UPLOAD_S = 30.0
TOO_LARGE = f"The body is too large. Send at most {MOST_EVENTS} events and {MOST_BYTES} bytes, packed or not."
NOT_A_BATCH = 'The body is no batch. Send a JSON array of events, or an object {"events": [...]} with nothing else.'


class Posted(NamedTuple):
    """A body as it was sent, and how it is written."""

    body: bytes
    media_type: str
    packing: str


class Batch(NamedTuple):
    """The events of a body, the bad ones beside; `digest` tells the same body again."""

    digest: bytes
    items: tuple[Item, ...]
    rejected: tuple[Rejected, ...]


class _Broken(NamedTuple):
    """A line that is not JSON."""


async def received(request: Request) -> Posted:
    """Read the body as it comes.

    Raises:
        Refusal: its headers cannot be right, or it is too large or too slow.
    """
    media_type, _, parameters = request.headers.get("Content-Type", "").lower().partition(";")
    media_type, packing = media_type.strip(), request.headers.get("Content-Encoding", "identity").strip().lower()
    if media_type not in (JSON, NDJSON) or parameters.replace(" ", "") not in ("", "charset=utf-8"):
        raise invalid(f"The Content-Type is not one of batches. Send {JSON} or {NDJSON}, in UTF-8.")
    if packing not in ("identity", "gzip"):
        raise invalid("The Content-Encoding is not known here. Send the body plain or as gzip.")
    try:
        with anyio.fail_after(LONGEST_UPLOAD_S):
            return Posted(await _bounded(request), media_type, packing)
    except TimeoutError as exc:
        raise invalid(f"The body did not arrive within {LONGEST_UPLOAD_S:g} seconds. Send smaller batches.") from exc
    except ClientDisconnect as exc:
        raise invalid("The body broke off. Send it again.") from exc


def batch_of(posted: Posted, now_s: int) -> Batch:
    """Take a body apart, sent at `now_s` (epoch seconds).

    Raises:
        Refusal: it is no batch as a whole.
    """
    body = _unpacked(posted)
    values = _lines(body) if posted.media_type == NDJSON else _listed(_parsed(body))
    if len(values) > MOST_EVENTS:
        raise invalid(TOO_LARGE)
    items, rejected = _checked(values, now_s)
    return Batch(sha256(posted.media_type.encode() + b"\0" + body).digest(), tuple(items), tuple(rejected))


async def _bounded(request: Request) -> bytes:
    stated = request.headers.get("Content-Length", "0")
    if stated.isdecimal() and int(stated) > MOST_BYTES:
        raise invalid(TOO_LARGE)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise invalid(TOO_LARGE)
    return bytes(body)


def _unpacked(posted: Posted) -> bytes:
    if posted.packing == "identity":
        return posted.body
    try:
        body = gzip.GzipFile(fileobj=BytesIO(posted.body)).read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as exc:
        raise invalid("The body is not whole gzip, as its Content-Encoding says.") from exc
    if len(body) > MOST_BYTES:
        raise invalid(TOO_LARGE)
    return body


def _parsed(body: bytes) -> object:
    try:
        return from_json(body, allow_inf_nan=False)
    except ValueError as exc:
        raise invalid("The body is not JSON.") from exc


def _listed(value: object) -> list[object]:
    if isinstance(value, dict):
        named = cast("dict[str, object]", value)
        value = named["events"] if named.keys() == {"events"} else None
    if not isinstance(value, list):
        raise invalid(NOT_A_BATCH)
    return cast("list[object]", value)


def _lines(body: bytes) -> list[object]:
    lines = [line for line in body.split(b"\n") if line.strip()]
    values = [_line(line) for line in lines[: MOST_EVENTS + 1]]
    if values and all(isinstance(value, _Broken) for value in values):
        raise invalid("The body is not NDJSON. Send one JSON object per line.")
    return values


def _line(line: bytes) -> object:
    try:
        return from_json(line, allow_inf_nan=False)
    except ValueError:
        return _Broken()


def _checked(values: Iterable[object], now_s: int) -> tuple[list[Item], list[Rejected]]:
    items: list[Item] = []
    rejected: list[Rejected] = []
    for index, value in enumerate(values):
        try:
            items.append(_item(value, now_s))
        except Unreadable as exc:
            rejected.append(Rejected(index=index, reason=str(exc)))
    return items, rejected


def _item(value: object, now_s: int) -> Item:
    if isinstance(value, _Broken):
        raise Unreadable("a line that is not JSON")
    return item_of(value, now_s)
