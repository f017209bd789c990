"""Figures as bytes: columns, each as narrow as its largest figure, and the sums of many members in four of them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain, repeat
from operator import add, sub
from struct import Struct
from typing import TypeAlias
from zlib import crc32

from edgedns_mcp.domain.cells import HOUR_S
from edgedns_mcp.errors import DamagedError

_CODES = {2: "H", 3: "I", 4: "I"}  # of struct, by the bytes that a figure needs

COLUMNS = 4  # of the sums of many members
CHECK = 3  # bytes of a checksum behind the columns: fewer than a row has, so that bodies without one are told apart
DAMAGED = (
    "The database holds figures that are not as they were written; put a backup back with edgedns-mcp restore FILE."
)
FIGURES = slice(1, 3)  # of these columns: requests and errors
Row: TypeAlias = tuple[int, int, int, int]  # member, requests, errors, last activity (epoch seconds)


@dataclass
class Sums:
    """Requests, errors and last activity (epoch seconds) of each member, in the order in which members came."""

    members: list[int]
    requests: list[int]
    errors: list[int]
    last: list[int]

    @cached_property
    def places(self) -> dict[int, int]:
        """Give the place of each member, once there are any."""
        return dict(zip(self.members, range(len(self.members)), strict=True))

    def add(self, more: "Sums") -> None:
        """Add figures; members that are new come last."""
        if not self.members:
            self.members.extend(more.members)
            self.requests.extend(more.requests)
            self.errors.extend(more.errors)
            self.last.extend(more.last)
            return
        if self.members[: len(more.members)] == more.members:  # the usual case
            self.requests[:] = map(add, self.requests, chain(more.requests, repeat(0)))
            self.errors[:] = map(add, self.errors, chain(more.errors, repeat(0)))
            self.last[: len(more.last)] = map(max, self.last, more.last)
            return
        places, all_requests, all_errors, all_last = self.places, self.requests, self.errors, self.last
        for member, requests, errors, last in zip(more.members, more.requests, more.errors, more.last, strict=True):
            at = places.get(member)
            if at is None:
                places[member] = len(places)
                self.members.append(member)
                all_requests.append(requests)
                all_errors.append(errors)
                all_last.append(last)
            else:
                all_requests[at] += requests
                if errors:
                    all_errors[at] += errors
                if last > all_last[at]:  # noqa: PLR1730 - max() takes three times as long
                    all_last[at] = last

    def take(self, less: "Sums") -> None:
        """Take requests and errors out; nobody knows what came last before the last."""
        if self.members[: len(less.members)] == less.members:  # the usual case: what came later stands behind
            self.requests[:] = map(sub, self.requests, chain(less.requests, repeat(0)))
            self.errors[:] = map(sub, self.errors, chain(less.errors, repeat(0)))
            return
        places, all_requests, all_errors = self.places, self.requests, self.errors
        for member, requests, errors in zip(less.members, less.requests, less.errors, strict=True):
            at = places[member]
            all_requests[at] -= requests
            if errors:
                all_errors[at] -= errors


def nothing() -> Sums:
    """Give the sums of nobody."""
    return Sums([], [], [], [])


def summed(rows: Iterable[Row]) -> Sums:
    """Sum rows by member, in any order."""
    figures: dict[int, list[int]] = {}
    for member, requests, errors, last in rows:
        had = figures.get(member)
        if had is None:
            figures[member] = [requests, errors, last]
        else:
            had[0] += requests
            had[1] += errors
            if last > had[2]:  # noqa: PLR1730 - in the innermost loop of an import, a call is felt
                had[2] = last
    return Sums(list(figures), *map(list, zip(*figures.values(), strict=True))) if figures else nothing()


def pack(sums: Sums, hour: int) -> bytes:
    """Write sums up to the end of `hour` (hours since 1970) as bytes; ages are shorter than times."""
    return pack_columns((sums.members, sums.requests, sums.errors, [hour * HOUR_S - last for last in sums.last]))


def unpack(body: bytes, hour: int) -> Sums:
    """Read what `pack` wrote."""
    members, requests, errors, ages = unpack_columns(body, COLUMNS)
    until = hour * HOUR_S
    return Sums(members, requests, errors, [until - age for age in ages])


def unpack_figures(body: bytes) -> Sums:
    """Read what `pack` wrote, but not when: `last` is 0."""
    members, requests, errors = map(list, columns(body, COLUMNS, slice(COLUMNS - 1)))
    return Sums(members, requests, errors, [0] * len(members))


def pack_columns(columns: Sequence[Sequence[int]]) -> bytes:
    """Write columns of one length as bytes, each as narrow as its largest figure."""
    packed = [_packed(column) for column in columns]
    body = "".join(code for code, _ in packed).encode() + b"".join(column for _, column in packed)
    return body + _check(body)


def unpack_columns(body: bytes, count: int) -> list[list[int]]:
    """Read the `count` columns that `pack_columns` wrote.

    Raises:
        DamagedError: they are not as they were written.
    """
    return [[*column] for column in columns(body, count, slice(count))]


def columns(body: bytes, count: int, wanted: slice) -> list[tuple[int, ...]]:
    """Read some of the `count` columns that `pack_columns` wrote.

    Raises:
        DamagedError: they are not as they were written.
    """
    codes, length = body[:count].decode(), _length(body, count)
    begin = count + _columns(codes[: wanted.start], length).size if wanted.start else count
    figures = _columns(codes[wanted], length).unpack_from(body, begin)
    return [figures[at : at + length] for at in range(0, len(figures), length)] if length else [()] * len(codes[wanted])


def first_rows(body: bytes, count: int, rows: int) -> Iterator[tuple[int, ...]]:
    """Read so many rows of the `count` columns that `pack_columns` wrote."""
    at, length = count, _length(body, count)
    for code in body[:count].decode():
        yield _columns(code, rows).unpack_from(body, at)
        at += _columns(code, length).size


def first_column(body: bytes, count: int) -> Sequence[int]:
    """Read the first of `count` columns that `pack_columns` wrote."""
    column = first_bytes(body, count)
    return column if body[:1] == b"B" else columns(body, count, slice(1))[0]


def first_bytes(body: bytes, count: int) -> bytes:
    """Give the first of `count` columns as it was written, so that columns that begin alike are told by their bytes."""
    whole, first = _widths(body[:count])
    return body[count : count + (len(body) - count) // whole * first]


def without(later: bytes, earlier: bytes, count: int, wanted: slice) -> bytes | None:
    """Give `later`, with the figures of `earlier` taken out of its `wanted` columns, which are not the first.

    None of the figures of `earlier` may be larger: then the bytes of a column are one large number, and no figure
    borrows from the next. Gives nothing unless the first columns begin alike and the others are of one width.
    """
    codes, before = later[:count], earlier[:count]
    is_alike = codes[0] == before[0] and codes[wanted] == before[wanted]
    if not is_alike or not first_bytes(later, count).startswith(first_bytes(earlier, count)):
        return None
    rows, fewer = _length(later, count), _length(earlier, count)
    at, past = (
        count + _columns(some[: wanted.start].decode(), length).size
        for some, length in ((codes, rows), (before, fewer))
    )
    rest = later[:at]
    for code in codes[wanted].decode():
        here, there = (_columns(code, length).size for length in (rows, fewer))
        left = int.from_bytes(later[at : at + here], "little") - int.from_bytes(earlier[past : past + there], "little")
        rest += left.to_bytes(here, "little")
        at, past = at + here, past + there
    return rest + later[at : count + rows * _widths(codes)[0]]


def _length(body: bytes, count: int) -> int:
    length, more = divmod(len(body) - count, _widths(body[:count])[0])
    if more and body[-CHECK:] != _check(body[:-CHECK]):
        raise DamagedError(DAMAGED)
    return length


def _check(body: bytes) -> bytes:
    return crc32(body).to_bytes(4, "little")[:CHECK]


@lru_cache(maxsize=4096)
def _widths(codes: bytes) -> tuple[int, int]:
    """Give the bytes of a row, and those of its first figure."""
    return _columns(codes.decode(), 1).size, _columns(codes[:1].decode(), 1).size


@lru_cache(maxsize=4096)
def _columns(codes: str, length: int) -> Struct:
    """Lay columns one after the other, little end first."""
    return Struct("<" + "".join(f"{length}{code}" for code in codes))


def _packed(column: Sequence[int]) -> tuple[str, bytes]:
    try:
        return "B", bytes([*column])  # most columns: nothing is faster than to try it
    except ValueError:
        code = _CODES.get((max(column).bit_length() + 7) // 8, "q") if min(column) >= 0 else "q"
        return code, _columns(code, len(column)).pack(*column)
