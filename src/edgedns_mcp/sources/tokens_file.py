"""The file of tokens that open the MCP server: read when somebody comes, and again when it is another one."""

import json
import os
import stat
from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated, Any, cast

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationError

from edgedns_mcp.domain.naming import NAME_LENGTH, visible
from edgedns_mcp.errors import ConfigurationError
from edgedns_mcp.models.scopes import USAGE, Scope
from edgedns_mcp.render.phrases import listed
from edgedns_mcp.settings import file
from edgedns_mcp.settings.sentences import HARMLESS
from edgedns_mcp.settings.tables import STRICT

OWNER_ALONE = 0o600
OTHERS = stat.S_IRWXG | stat.S_IRWXO
HAS_OTHERS = os.name == "posix"  # elsewhere these bits say nothing
DIGEST = r"^[0-9a-f]{64}$"
HEAD = "# Written by edgedns-mcp tokens, which keeps no remarks.\n"
ALLOWED = {
    "name": f"a text of 1 to {NAME_LENGTH} characters that can be read, such as claude-finance",
    "hash": "the SHA-256 of the token in 64 hexadecimal digits, as edgedns-mcp tokens create writes it",
    "scopes": '["usage:read"], or ["usage:read", "chargeback:read"]',
    "expires": "a day such as 2027-06-30, or a time with its zone such as 2027-06-30T18:00:00Z",
    "tenant": "the name of a table [[tenant]] of edgedns.toml",
}
KNOWN = ", ".join(ALLOWED)
TABLE = '[[token]], and below it name = "claude-finance" and hash; edgedns-mcp tokens create NAME does'


def _readable(name: str) -> str:
    if not name or visible(name) != name:
        raise ValueError("not readable")
    return name


def moment_of(value: object) -> datetime:
    """Read a day, which begins in UTC, or a time with its zone.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(value, str):
        words = value.strip().upper()
        value = date.fromisoformat(words) if "T" not in words and ":" not in words else datetime.fromisoformat(words)
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time(), UTC)
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ValueError("no day, and no time with its zone")
    return value.astimezone(UTC)


class Token(BaseModel):
    """One token, as the file knows it."""

    model_config = STRICT

    name: Annotated[str, AfterValidator(_readable)]
    hash: Annotated[str, Field(pattern=DIGEST)]
    scopes: Annotated[tuple[Scope, ...], Field(strict=False, min_length=1)] = (USAGE,)
    expires: Annotated[datetime, BeforeValidator(moment_of)] | None = None
    tenant: str = ""

    @property
    def digest(self) -> bytes:
        """Give the SHA-256 of the token."""
        return bytes.fromhex(self.hash)

    def has_expired(self, now: datetime) -> bool:
        """Tell whether it opens nothing any more."""
        return self.expires is not None and self.expires <= now


class TokensFile:
    """A file of tokens, as it is now."""

    def __init__(self, path: Path, tenants: Collection[str] = ()) -> None:
        """Take where it lies, and the names of the organisations that there are."""
        self.path = path
        self._tenants = tenants
        self._known: tuple[Hashable, Sequence[Token]] | None = None

    def read(self) -> Sequence[Token]:
        """Give the tokens; those of before are never given for a file that is wrong now.

        Raises:
            ConfigurationError: it cannot be read, others can read it, or a token is wrong.
        """
        mark = _mark(self.path)
        if self._known is None or self._known[0] != mark:
            tokens = tokens_of(self.path)
            _check_tenants(self.path, tokens, self._tenants)
            self._known = mark, tokens
        return self._known[1]


def tokens_of(path: Path) -> Sequence[Token]:
    """Read a file of tokens, whatever organisations it names.

    Raises:
        ConfigurationError: it cannot be read, others can read it, or a token is wrong; the sentence names the line.
    """
    _mark(path)
    text = file.text_of(path, f"The tokens file {path}", "revoke tokens that nobody uses")
    found = file.parsed(path, text, 'name = "claude-finance"')
    tables = found.values.get("token", [])
    if unknown := next((name for name in found.values if name != "token"), None):
        raise _wrong(found.place(unknown, 0), f"write the file as tables {TABLE}")
    if not isinstance(tables, list):
        raise _wrong(found.place("token"), f"write the file as tables {TABLE}")
    tokens = [_token(found, at, table) for at, table in enumerate(cast("list[Any]", tables))]
    for what, marks in (("name", [one.name.casefold() for one in tokens]), ("hash", [one.hash for one in tokens])):
        if twice := _again(marks):
            raise _wrong(found.place("token", twice), f"two tokens have the same {what}; give each one of its own")
    return tokens


def change(path: Path, how: Callable[[Sequence[Token]], Sequence[Token]]) -> None:
    """Replace the file by one with the tokens that `how` makes of those that there are: all of it, or nothing.

    Raises:
        ConfigurationError: it is wrong, cannot be written, or is being changed by somebody else.
    """
    path = Path(os.path.realpath(path))
    part = path.with_name(f"{path.name}.new")
    number = _turn_at(path, part)
    try:
        with os.fdopen(number, "w", encoding="utf-8", newline="\n") as written:
            before = tokens_of(path) if path.exists() else ()
            written.write(HEAD + "".join(map(_written, how(before))))
            written.flush()
            os.fsync(number)
            _keep_owner(path, number)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _mark(path: Path) -> Hashable:
    """Give what no other state of the file has; refuse a file that others can read."""
    try:
        found = path.stat()
    except FileNotFoundError as exc:
        raise ConfigurationError(
            f"There is no tokens file at {path}; edgedns-mcp tokens create NAME makes it, with the first token."
        ) from exc
    except (OSError, ValueError):
        return None  # reading it will say why
    if HAS_OTHERS and found.st_mode & OTHERS:
        raise ConfigurationError(f"Others can read or change the tokens file {path}; run chmod 600 {path}.")
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino


def _wrong(place: str, words: str) -> ConfigurationError:
    return ConfigurationError(f"{place}: {words}.")


def _token(found: file.StandingChoices, at: int, table: object) -> Token:
    try:
        return Token.model_validate(table)
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False)[0]
        key = str(first["loc"][0]) if first["loc"] else ""
        place = found.place("token", at, key)
        if key in ALLOWED:
            kind = "is missing" if first["type"] == "missing" else "is not valid"
            raise _wrong(place, f"{key} of [[token]] {kind}; set it to {ALLOWED[key]}") from exc
        shown = key if HARMLESS.fullmatch(key) else "this"
        raise _wrong(place, f"{shown} is no key of [[token]], which has {KNOWN}; write {TABLE}") from exc


def _again(marks: Sequence[str]) -> int:
    """Tell which is there for the second time; 0 where none is."""
    first: dict[str, int] = {}
    return next((at for at, mark in enumerate(marks) if first.setdefault(mark, at) != at), 0)


def _check_tenants(path: Path, tokens: Sequence[Token], tenants: Collection[str]) -> None:
    for one in tokens:
        if one.tenant and one.tenant not in tenants:
            fix = f"its tenants are {listed(sorted(tenants))}" if tenants else "it has no [[tenant]], so leave it out"
            raise _wrong(f"{path}", f"tenant of the token {one.name} is not in edgedns.toml; {fix}")


def _turn_at(path: Path, part: Path) -> int:
    """Make the next file, which whoever else would change the file waits for."""
    try:
        return os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ALONE)
    except FileExistsError as exc:
        raise ConfigurationError(
            f"The tokens file {path} is being changed by somebody else; try again, and delete {part} if nobody is."
        ) from exc
    except OSError as exc:
        raise ConfigurationError(
            f"The tokens file {path} cannot be written; make its folder, and check who may write to it."
        ) from exc


def _written(token: Token) -> str:
    return "\n".join(["", "[[token]]", *_lines(token), ""])


def _lines(token: Token) -> Iterator[str]:
    """Give the keys as TOML writes them; a text of JSON is one of TOML, too."""
    yield f"name = {json.dumps(token.name, ensure_ascii=False)}"
    yield f'hash = "{token.hash}"'
    yield f"scopes = {json.dumps(token.scopes)}"
    if token.expires:
        yield f"expires = {token.expires.isoformat()}"
    if token.tenant:
        yield f"tenant = {json.dumps(token.tenant, ensure_ascii=False)}"


def _keep_owner(path: Path, number: int) -> None:
    """Leave a file to the user who runs the server, where root changes it."""
    if HAS_OTHERS and path.exists() and os.geteuid() == 0:
        before = path.stat()
        os.fchown(number, before.st_uid, before.st_gid)
