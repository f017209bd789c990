"""The commands that keep the database: backup, restore, forget, export."""

import sys
from contextlib import AbstractContextManager, closing, nullcontext
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, TextIO

import typer

from edgedns_mcp.cli.options import Base, Force, Organisation, existing
from edgedns_mcp.cli.progress import ProgressLine, waiting
from edgedns_mcp.cli.terminal.faces import say
from edgedns_mcp.domain import naming
from edgedns_mcp.errors import DamagedError, QuestionError
from edgedns_mcp.models.work import Far, Tell, tell_nobody
from edgedns_mcp.render.phrases import listed, plural
from edgedns_mcp.settings import load
from edgedns_mcp.store import accounts, cells
from edgedns_mcp.store.backups import Told
from edgedns_mcp.store.backups import backup as back_up
from edgedns_mcp.store.backups import restore as put_back
from edgedns_mcp.store.database import Database
from edgedns_mcp.store.exporting import export_charges, export_counts, export_keys
from edgedns_mcp.store.files import new_file
from edgedns_mcp.store.forgetting import Forgotten, Named, erase_rest, forget_before, forget_key, known_keys
from edgedns_mcp.store.transaction import Transaction

MEGABYTE = 1_000_000
STANDARD_OUTPUT = "-"
EPOCH = date(1970, 1, 1)
MOST_NAMED = 5
STILL_READ = (
    "Another process still reads the database; the last bytes of what was forgotten go when every process that has it "
    "open is done."
)
ERASED_NOW = "What was forgotten before, by a command that was interrupted, is erased now."
ELSEWHERE = (
    "Backups, exports, reject files and the logs themselves are not touched; closed chargebacks keep their amounts."
)

What = Literal["usage", "keys", "charges"]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask; needed where nobody can be asked.")]


def backup(
    target: Annotated[Path, typer.Argument(metavar="FILE", help="The copy to make.")],
    *,
    force: Force = False,
    database: Base = None,
) -> None:
    """Copy the database to a file, while it is read and written; the copy is whole or not there.

    Example: edgedns-mcp backup usage-backup.db
    """
    settings = load(database=database)
    with closing(existing(settings)) as base:
        back_up(base, target, _progress("Copied"), force=force)
    say(f"Backed up {settings.database} to {target} ({target.stat().st_size / MEGABYTE:.1f} MB).")


def restore(
    copy: Annotated[Path, typer.Argument(metavar="FILE", help="A file that edgedns-mcp backup wrote.")],
    *,
    yes: Yes = False,
    database: Base = None,
) -> None:
    """Replace everything in the database by what a backup holds; whoever has it open goes on with that.

    Example: edgedns-mcp restore usage-backup.db
    """
    path = load(database=database).database
    if path.exists():
        _agree(f"Replace everything in {path} ({_content(path)}) by {copy}?", yes=yes)
    aside = put_back(path, copy, _progress("Restored"))
    say(f"Restored {path} from {copy}: {_content(path)}.")
    if aside:
        say(f"The damaged file is kept as {aside}.", err=True)


def forget(
    key: Annotated[str, typer.Argument(metavar="[KEY]", help="key_id or name of the key to forget.")] = "",
    *,
    before: Annotated[str, typer.Option(metavar="DATE", help="Forget all before this UTC date instead.")] = "",
    yes: Yes = False,
    database: Base = None,
) -> None:
    """Forget a key with its name and figures, or everything before a date, in every organisation, for good.

    Importing the same files again does not bring it back: they are known, and no line counts twice.

    Example: edgedns-mcp forget --before 2025-01-01
    """
    if bool(key) == bool(before):
        raise QuestionError("Name one thing to forget: a key, or --before with a date such as 2025-01-01.")
    day = _date(before) if before else None
    with closing(existing(load(database=database))) as base:
        if erase_rest(base):
            say(ERASED_NOW, err=True)
        if day:
            _forget_past(base, day, yes=yes)
        else:
            _forget_key(base, key, yes=yes)


def export(
    *,
    what: Annotated[What, typer.Option(help="All figures, the inventory of keys, or closed chargebacks.")] = "usage",
    layout: Annotated[Literal["counts"], typer.Option("--format", help="How usage is written.")] = "counts",
    output: Annotated[Path, typer.Option(help="The file to write; - is standard output.")] = Path(STANDARD_OUTPUT),
    source: Annotated[Literal["local", "edgedns"], typer.Option(help="Whose: imported, or recorded.")] = "local",
    force: Force = False,
    database: Base = None,
    account: Organisation = None,
) -> None:
    """Write what the database holds as CSV; edgedns-mcp import and keys import read usage and keys again.

    Example: edgedns-mcp export --output usage.csv
    """
    del layout  # there is one
    settings = load(database=database, account=account)
    write = {"usage": export_counts, "keys": export_keys, "charges": export_charges}[what]

    def written(file: TextIO) -> int:
        with _told(file) as tell:
            return base.read(lambda tx: write(accounts.find(tx, source, settings.account), file, tell))

    with closing(existing(settings)) as base:
        if str(output) == STANDARD_OUTPUT:
            count = written(sys.stdout)
        else:
            with new_file(output, force=force) as file:
                count = written(file)
        held = base.read(lambda tx: accounts.names(tx, source))
    say(f"Exported {plural(count, 'key' if what == 'keys' else 'row')} from {settings.database}.", err=True)
    if not count and (others := [name for name in held.values() if name != settings.account]):
        say(f"The database holds other accounts: {listed(others)}; name one with --account.", err=True)


def _forget_past(base: Database, day: date, *, yes: bool) -> None:
    _agree(f"Forget everything before {day}T00:00:00Z in {base.where}, for good?", yes=yes)
    with waiting("Forgetting") as tell:
        done = forget_before(base, (day - EPOCH).days, tell)
    say(f"Forgot {plural(done.requests, 'request')} before {day}T00:00:00Z; data begins there now. {ELSEWHERE}")
    if done.kept_spans:
        say(f"Kept: {plural(done.kept_spans, 'figure')} of stretches of time that reach over that moment.")
    _tell_rest(done)


def _forget_key(base: Database, asked: str, *, yes: bool) -> None:
    meant = _meant(asked, known_keys(base))
    shown = f"{listed(sorted(map(naming.visible, meant.names)))} ({naming.visible(meant.key_id)})"
    _agree(f"Forget the key {shown} and all its requests in {base.where}, for good?", yes=yes)
    with waiting("Forgetting") as tell:
        done = forget_key(base, meant.key_id, tell)
    say(
        f"Forgot the key {shown} with {plural(done.requests, 'request')}, which no total holds any more. Importing the "
        f"same files again does not bring it back, because they are known. {ELSEWHERE}"
    )
    _tell_rest(done)


def _tell_rest(done: Forgotten) -> None:
    if not done.is_erased:
        say(STILL_READ, err=True)


def _meant(asked: str, known: list[Named]) -> Named:
    """Find the one key of this id or name; a part of a name is too little to forget by."""
    wanted, _ = naming.at_the_door(asked)
    by_id = [one for one in known if one.key_id == wanted]
    found = by_id or [one for one in known if wanted in one.names]
    if not found:
        raise QuestionError("No key has this id or name; edgedns-mcp keys list shows all.")
    if len(found) > 1:
        ids = [naming.visible(one.key_id) for one in found[:MOST_NAMED]]
        raise QuestionError(f"{plural(len(found), 'key')} go by this name; name one by its id, such as {listed(ids)}.")
    return found[0]


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError as exc:
        raise QuestionError("--before needs a date such as 2025-01-01.") from exc


def _agree(question: str, *, yes: bool) -> None:
    """Go on only if a person wants it.

    Raises:
        QuestionError: nobody can be asked.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise QuestionError(f"{question} Nothing was changed, because nobody can be asked here; repeat with --yes.")
    if not typer.confirm(question, err=True):
        say("Nothing was changed.", err=True)
        raise typer.Exit(1)


def _content(path: Path) -> str:
    def counted(tx: Transaction) -> int:
        numbers = [number for (number,) in tx.rows("SELECT account_no FROM account")]
        return sum(cells.stored_requests(accounts.Account(tx, number)) for number in numbers)

    try:
        with closing(Database.open(path)) as base:
            return plural(base.read(counted), "request")
    except DamagedError:
        return "damaged"


def _told(file: TextIO) -> AbstractContextManager[Tell]:
    """Tell how far an export is, unless it goes to the same terminal."""
    return nullcontext(tell_nobody) if file.isatty() else waiting("Exporting")


def _progress(word: str) -> Told:
    line = ProgressLine()

    def told(done: int, pages: int) -> None:
        line(Far(word, done, pages, "pages"))
        if done == pages:
            line.wipe()

    return told
