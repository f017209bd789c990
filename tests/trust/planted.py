"""Secrets to plant, and a search for any trace of them in whatever came out of a home."""

import base64
import sqlite3
import zlib
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, unquote_to_bytes

GIVEN = "given"  # the folder of a home that secrets are put into
SQLITE = b"SQLite format 3\0"


class Secret(NamedTuple):
    """A secret as it is written, and the part of it that nothing else has and nobody may show."""

    text: str
    needle: str


SECRETS = {
    "API key": Secret("edns_live_Qw8Er7Ty6Ui5Op4As3Df2Gh1Jk0Lz9Xc", "Qw8Er7Ty6Ui5Op4As3"),
    "token of ours": Secret("ednsmcp_Rt5Zu6Io7Pa8Sd9Fg0Hj1Kl2Yx3Cv4Bn", "Rt5Zu6Io7Pa8Sd9Fg0"),
    "JWT": Secret("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJwbGFudGVkIn0.Mn8Bv7Cx6Yl5Kj4Hg3Fd2Sa1", "Mn8Bv7Cx6Yl5Kj4Hg3"),
    "webhook": Secret("https://hooks.slack.com/services/T0A/B0B/Pq9Wo8Ei7Ru6Tz5Ly4", "Pq9Wo8Ei7Ru6Tz"),
    "password in a URL": Secret("https://robot:hunter2Planted@db.example.com/x", "hunter2Plan"),
    "client secret": Secret("Bearer kD8sJf7Hg6Kl5Mn4Bv3Cx2Yq1Wp0Zo9Ra", "kD8sJf7Hg6Kl5Mn4"),
}
TEXTS = tuple(secret.text for secret in SECRETS.values())


def traces(home: Path) -> list[str]:
    """Name each file of a home and the secret that left a trace in it; what was given is not looked at."""
    files = [path for path in sorted(home.rglob("*")) if path.is_file() and GIVEN not in path.parts]
    return [
        f"{name} in {path.relative_to(home)}"
        for path in files
        for content in contents_of(path)
        for name in held(content)
    ]


def held(content: bytes) -> Iterator[str]:
    """Name the secrets of which a content has a trace: plain, percent-encoded, base64 at any offset, hex."""
    for text in (content, unquote_to_bytes(content)) if b"%" in content else (content,):
        for name, secret in SECRETS.items():
            if any(form in text for form in forms_of(secret.needle.encode())):
                yield name


def forms_of(needle: bytes) -> Iterator[bytes]:
    """Give the ways in which it may be written."""
    yield needle
    yield quote(needle).encode()
    yield needle.hex().encode()
    for offset in range(3):
        inside = base64.b64encode(b"\0" * offset + needle)
        yield inside[-(-offset * 4 // 3) : -4]


def contents_of(path: Path) -> Generator[bytes]:
    """Give the bytes of a file, and of a database each value of each table as well."""
    content = path.read_bytes()
    yield content
    if content.startswith(SQLITE):
        yield from values_of(path)


def values_of(path: Path) -> Generator[bytes]:
    """Give every value of every table, unpacked where it is packed."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as base:
        for (table,) in base.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
            for row in base.execute(f'SELECT * FROM "{table}"'):
                yield from map(unpacked, row)


def unpacked(value: object) -> bytes:
    content = value if isinstance(value, bytes) else str(value).encode(errors="surrogateescape")
    try:
        return zlib.decompress(content)
    except zlib.error:
        return content
