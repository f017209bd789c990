"""The commands about keys: who they are, whose they are, which are gone, and what replaced them."""

import json
import secrets
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from edgedns_mcp.cli.options import AsOf, Base, Organisation, existing
from edgedns_mcp.cli.terminal.faces import say
from edgedns_mcp.cli.terminal.listing import show_list
from edgedns_mcp.domain import credentials, naming
from edgedns_mcp.domain.credentials import KeyEnvironment
from edgedns_mcp.errors import QuestionError
from edgedns_mcp.intake.fields import Unreadable
from edgedns_mcp.intake.inventory import Outcome, checked_moment, checked_text, import_inventory
from edgedns_mcp.models import Key, Model, NamedKey
from edgedns_mcp.render.phrases import figure, listed, plural
from edgedns_mcp.settings import Settings, load
from edgedns_mcp.store import accounts, keys
from edgedns_mcp.store.accounts import Account
from edgedns_mcp.store.database import Database, Transaction

HEADS = ("NAME", "KEY", "ENDS", "ENVIRONMENT", "TEAM", "COST CENTRE", "CREATED", "EXPIRES", "REVOKED", "REPLACED BY")
GIVE_WAY = (
    "REPLACED BY",
    "COST CENTRE",
    "CREATED",
    "EXPIRES",
    "ENDS",
    "TEAM",
    "REVOKED",
    "ENVIRONMENT",
)  # on a terminal
FOUND_ONLY = "No inventory lists these keys; they were found in the data."
NO_KEYS = "No key is known; list yours with edgedns-mcp keys import, or make one with edgedns-mcp keys create."
MOST_NAMED = 5

app = typer.Typer(
    name="keys", help="The inventory of keys: list, create, revoke, import, link, tier.", no_args_is_help=True
)

Asked = Annotated[str, typer.Argument(metavar="KEY", help="key_id, name or last four characters.")]


Tier = Literal["free", "developer", "pro", "enterprise"]


class KeyList(Model):
    """The inventory as `keys list --json` prints it; `keys import` reads it again."""

    account: str
    has_inventory: bool
    keys: tuple[NamedKey, ...]


@app.command("list")
def list_(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the structured list.")] = False,
    database: Base = None,
    account: Organisation = None,
) -> None:
    """List the keys of the inventory, revoked ones included; without an inventory, those found in the data.

    Example: edgedns-mcp keys list --json
    """
    settings = load(database=database, account=account)

    def found(tx: Transaction) -> KeyList:
        own = accounts.find(tx, "local", settings.account)
        known = tuple(keys.list_keys(own))
        return KeyList(account=settings.account, has_inventory=keys.has_inventory(own), keys=known)

    with closing(existing(settings)) as base:
        answer = base.read(found)
    if as_json:
        typer.echo(json.dumps(answer.model_dump(mode="json"), indent=2))  # ASCII: names from outside stay inert
    else:
        _show(answer)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="What people call it, for example payments-api.")],
    *,
    environment: Annotated[KeyEnvironment, typer.Option(help="What it is for.")],
    team: Annotated[str, typer.Option(help="Whose it is.")] = "",
    cost_center: Annotated[str, typer.Option(help="Who pays for it.")] = "",
    expires: Annotated[str, typer.Option(help="When it stops working, for example 2027-06-30; empty is never.")] = "",
    database: Base = None,
    account: Organisation = None,
    as_of: AsOf = None,
) -> None:
    """Make a key for the endpoint of edgedns-mcp, and print its secret, once.

    Example: edgedns-mcp keys create payments-api --environment live --team payments
    """
    settings = load(database=database, account=account, as_of=as_of)
    secret = credentials.new_secret(environment, secrets.token_bytes)
    described = _described(name, team, cost_center, expires, _now(settings))
    key = described._replace(environment=environment, last_four=credentials.last_four_of(secret))
    with closing(Database.open(settings.database)) as base:
        unlisted = base.write(lambda tx: _keep(accounts.made(tx, "local", settings.account), key, secret))
    typer.echo(secret)
    say(f"Store this secret of the key {_shown(key)} now: it is shown once, and only a digest of it is kept.", err=True)
    _tell_unlisted(unlisted)


@app.command()
def revoke(key: Asked, *, database: Base = None, account: Organisation = None, as_of: AsOf = None) -> None:
    """Revoke a key for good: from now on it opens nothing, and its requests count as revoked.

    Example: edgedns-mcp keys revoke payments-api
    """
    settings = load(database=database, account=account, as_of=as_of)
    now = _now(settings)

    def done(tx: Transaction) -> Key:
        own = accounts.find(tx, "local", settings.account)
        meant = _meant(key, keys.list_keys(own))
        keys.revoke(own, meant.key_id, now)
        return meant

    with closing(existing(settings)) as base:
        meant = base.write(done)
    if meant.revoked_at and meant.revoked_at <= now:
        say(f"The key {_shown(meant)} was revoked before, at {figure(meant.revoked_at)}.")
    else:
        say(f"Revoked the key {_shown(meant)} at {figure(now)}.")


@app.command()
def tier(
    plan: Annotated[Tier, typer.Argument(metavar="TIER", help="The plan.")],
    *,
    database: Base = None,
    account: Organisation = None,
) -> None:
    """Say which plan an organisation has at the endpoint: free may send events, and reads no figures by key.

    Example: edgedns-mcp keys tier free --account acme
    """
    settings = load(database=database, account=account)
    with closing(existing(settings)) as base:
        base.write(lambda tx: accounts.set_tier(accounts.made(tx, "local", settings.account), plan))
    say(f"{settings.account or 'The organisation'} has the plan {plan} now.")


@app.command("import")
def import_(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, JSON or NDJSON; a row for each key.")],
    *,
    database: Base = None,
    account: Organisation = None,
    as_of: AsOf = None,
) -> None:
    """Merge an inventory into the database: all of the file or nothing, and only the columns it has.

    Columns are key_id, name, environment, created_at, revoked_at, expires_at, team, cost_center and
    allowed_environments; only key_id is required.

    Example: edgedns-mcp keys import keys.csv
    """
    settings = load(database=database, account=account, as_of=as_of)
    with closing(Database.open(settings.database)) as base:
        outcome = import_inventory(base, settings.account, path, _now(settings))
    _tell(outcome)


@app.command()
def link(
    old: Annotated[str, typer.Argument(help="The key that was replaced: key_id, name or last four characters.")],
    new: Annotated[str, typer.Argument(help="The key that replaced it.")],
    *,
    database: Base = None,
    account: Organisation = None,
) -> None:
    """Note that one key replaced another in a rotation, so that both can be seen as one.

    Example: edgedns-mcp keys link key_2025 key_2026
    """
    settings = load(database=database, account=account)

    def done(tx: Transaction) -> tuple[Key, Key]:
        own = accounts.find(tx, "local", settings.account)
        known = keys.list_keys(own)
        older, newer = _meant(old, known), _meant(new, known)
        keys.link(own, older.key_id, newer.key_id)
        return older, newer

    with closing(existing(settings)) as base:
        older, newer = base.write(done)
    say(f"Linked: {_shown(newer)} replaced {_shown(older)}.")


def _now(settings: Settings) -> datetime:
    return (settings.as_of or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0)


def _described(name: str, team: str, cost_center: str, expires: str, now: datetime) -> Key:
    """Make a key of what a person says of it.

    Raises:
        QuestionError: a word is no name, no date, or looks like a secret.
    """
    try:
        key = Key(
            key_id=credentials.new_key_id(secrets.token_bytes),
            name=checked_text("name", name),
            team=checked_text("team", team),
            cost_center=checked_text("cost centre", cost_center),
            created_at=now,
            expires_at=checked_moment("--expires", expires),
        )
    except Unreadable as exc:
        raise QuestionError(f"No key was made: the command has {exc}.") from exc
    if not naming.visible(key.name):
        raise QuestionError("No key was made: give it a name that can be read, such as payments-api.")
    if key.expires_at and key.expires_at <= now:
        raise QuestionError("No key was made: it would have expired already; give --expires a later date.")
    return key


def _keep(account: Account, key: Key, secret: str) -> int:
    """Store a new key; give the number of keys in the data that no inventory lists."""
    keys.put_keys(account, [key])
    keys.put_secret(account, key.key_id, credentials.kept(secret, secrets.token_bytes))
    return keys.strangers(account)


def _meant(asked: str, known: Sequence[Key]) -> Key:
    """Find the one key that is meant; a part of a name is too little to act on, and the words are not repeated."""
    wanted, was_secret = naming.at_the_door(asked)
    match = (naming.find_by_secret if was_secret else naming.find)(wanted, known)
    if match.by in ("none", "part", "several"):
        near = [naming.shown_name(key) for key in match.keys[:MOST_NAMED]] or naming.nearest(wanted, known)
        advice = f"the nearest names are {listed(near)}" if near else "edgedns-mcp keys list shows all"
        raise QuestionError(f"No key has this id, name or last four characters; {advice}.")
    if len(match.keys) > 1:
        ids = [naming.visible(key.key_id) for key in match.keys[:MOST_NAMED]]
        raise QuestionError(f"{plural(len(match.keys), 'key')} go by this; name one by its id, such as {listed(ids)}.")
    return match.keys[0]


def _shown(key: Key) -> str:
    return f"{naming.shown_name(key)} ({key.environment}, {naming.visible(key.key_id)})"


def _show(answer: KeyList) -> None:
    if not answer.keys:
        say(NO_KEYS)
        return
    show_list(HEADS, [_line(key) for key in answer.keys], GIVE_WAY)
    if not answer.has_inventory:
        say(FOUND_ONLY, err=True)


def _line(key: Key) -> tuple[str, ...]:
    people = (naming.visible(text) for text in (key.team, key.cost_center))
    moments = (key.created_at, key.expires_at, key.revoked_at)
    cells = (key.last_four, key.environment, *people, *moments, naming.visible(key.replaced_by))
    return (naming.shown_name(key), naming.visible(key.key_id), *map(figure, cells))


def _tell(outcome: Outcome) -> None:
    same = outcome.keys - outcome.new - outcome.changed
    say(
        f"Imported {plural(outcome.keys, 'key')}: {outcome.new:,} new, {outcome.changed:,} changed, {same:,} as before."
    )
    if outcome.ignored:
        more = len(outcome.ignored) - MOST_NAMED
        named = [*outcome.ignored[:MOST_NAMED], *([f"{more:,} more"] if more > 0 else [])]
        say(f"Left out, because they mean nothing here: {listed(named)}.", err=True)
    if outcome.still_revoked:
        say(f"Stays revoked, because no import takes that back: {plural(outcome.still_revoked, 'key')}.", err=True)
    _tell_unlisted(outcome.unlisted)


def _tell_unlisted(count: int) -> None:
    if count:
        say(
            f"Found in the data, but not in the inventory: {plural(count, 'key')}; "
            "until edgedns-mcp keys import lists them, their requests count as unattributed.",
            err=True,
        )
