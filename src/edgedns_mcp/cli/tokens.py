"""The commands about tokens: who may ask this server over HTTP, and who no longer."""

import json
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from edgedns_mcp.cli.terminal.faces import say
from edgedns_mcp.cli.terminal.listing import show_list
from edgedns_mcp.domain.bearer_tokens import digest_of, new_token
from edgedns_mcp.domain.naming import visible
from edgedns_mcp.errors import QuestionError
from edgedns_mcp.models.scopes import SCOPES, USAGE
from edgedns_mcp.render.phrases import figure
from edgedns_mcp.settings.remote import load_organisations, load_tokens_file
from edgedns_mcp.sources.tokens_file import ALLOWED, Token, change, moment_of, tokens_of

HEADS = ("NAME", "SCOPES", "EXPIRES", "TENANT")
GIVE_WAY = ("TENANT", "EXPIRES")  # on a terminal
NO_TOKENS = "There is no token; make one with edgedns-mcp tokens create."

app = typer.Typer(
    name="tokens", help="Tokens for serve --http --auth token: create, list, revoke.", no_args_is_help=True
)

File = Annotated[Path | None, typer.Option(help="The file of tokens (EDGEDNS_HTTP_TOKENS_FILE).")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="What people call it, for example claude-finance.")]


@app.command()
def create(
    name: Name,
    *,
    scope: Annotated[list[str], typer.Option(help="usage:read, chargeback:read; once for each.")] = [USAGE],  # noqa: B006 - typer reads it, and nobody changes it
    expires: Annotated[str, typer.Option(help="When it stops working, for example 2027-06-30; empty is never.")] = "",
    tenant: Annotated[str, typer.Option(help="Whose figures it opens, where [[tenant]] tables are.")] = "",
    file: File = None,
) -> None:
    """Make a token, and print it, once; only its digest is kept.

    Example: edgedns-mcp tokens create claude-finance --scope usage:read --scope chargeback:read
    """
    path = load_tokens_file(file)
    secret = new_token(secrets.token_bytes)
    token = _described(name.strip(), secret, scope, expires).model_copy(update={"tenant": _tenant(tenant)})

    def with_it(known: Sequence[Token]) -> Sequence[Token]:
        if _named(token.name, known):
            raise QuestionError(
                f"No token was made: {token.name} is the name of another one; revoke that, or choose another name."
            )
        return [*known, token]

    change(path, with_it)
    typer.echo(secret)
    say(
        f"Store this token of {token.name} now: it is shown once, and only a digest of it is kept, in {path}.", err=True
    )


@app.command("list")
def list_(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the structured list.")] = False,
    file: File = None,
) -> None:
    """List the tokens, and what each one opens.

    Example: edgedns-mcp tokens list --json
    """
    known = tokens_of(load_tokens_file(file))
    if as_json:
        listing = [token.model_dump(mode="json", exclude={"hash"}) for token in known]
        typer.echo(json.dumps({"tokens": listing}, indent=2))
        return
    if not known:
        say(NO_TOKENS)
        return
    now = datetime.now(UTC)
    show_list(HEADS, [_line(token, now) for token in known], GIVE_WAY)


@app.command()
def revoke(name: Name, *, file: File = None) -> None:
    """Revoke a token: servers that are running stop taking it at once.

    Example: edgedns-mcp tokens revoke claude-finance
    """

    def without_it(known: Sequence[Token]) -> Sequence[Token]:
        gone = _named(name, known)
        if gone is None:
            raise QuestionError("No token has this name; edgedns-mcp tokens list shows all.")
        return [token for token in known if token is not gone]

    change(load_tokens_file(file), without_it)
    say(f"Revoked the token {visible(name)}; servers stop taking it at once.")


def _described(name: str, secret: str, scopes: Sequence[str], expires: str) -> Token:
    """Make a token of what a person says of it.

    Raises:
        QuestionError: a word is no name, no scope, or no date to come.
    """
    said = {"name": name, "hash": digest_of(secret).hex(), "scopes": list(dict.fromkeys(scopes))}
    try:
        token = Token.model_validate(said | ({"expires": moment_of(expires)} if expires.strip() else {}))
    except ValidationError as exc:
        key = str(exc.errors(include_url=False, include_input=False)[0]["loc"][0])
        fix = f"give --scope {' or '.join(SCOPES)}" if key == "scopes" else f"give it as NAME {ALLOWED[key]}"
        raise QuestionError(f"No token was made: {fix}.") from exc
    except ValueError as exc:
        raise QuestionError(f"No token was made: give --expires {ALLOWED['expires']}.") from exc
    if token.has_expired(datetime.now(UTC)):
        raise QuestionError("No token was made: it would have expired already; give --expires a later date.")
    return token


def _tenant(name: str) -> str:
    names = [one.name for one in load_organisations()]
    if names and name not in names:
        raise QuestionError(f"No token was made: say whose figures it opens, --tenant {' or '.join(names)}.")
    if name and not names:
        raise QuestionError("No token was made: edgedns.toml has no [[tenant]], so leave --tenant out.")
    return name


def _named(name: str, known: Sequence[Token]) -> Token | None:
    return next((token for token in known if token.name.casefold() == name.strip().casefold()), None)


def _line(token: Token, now: datetime) -> tuple[str, ...]:
    expires = figure(token.expires) + (" (expired)" if token.has_expired(now) else "")
    return token.name, " ".join(token.scopes), expires, figure(visible(token.tenant))
