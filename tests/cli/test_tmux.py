"""Every command in a real terminal, from narrow to wide: no line is wrapped by the terminal, and no word is broken."""

import re
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from faces import NOW
from terminals import Terminal

from edgedns_mcp.cli.main import app
from edgedns_mcp.settings import load
from edgedns_mcp.sources import demo_organisation
from edgedns_mcp.store import accounts, cells, coverage
from edgedns_mcp.store.database import Database
from edgedns_mcp.store.keys import put_keys

pytestmark = pytest.mark.skipif(not shutil.which("tmux"), reason="tmux is not on this machine")

WIDTHS = (60, 100, 160)
SECONDS = re.compile(r"\d(\.\d)?")  # the doctor tells how long it took
WIDEST = 400  # columns, where every word stands whole
DRAWN = re.compile(r"[█▏▎▍▌▋▊▉▁▂▃▄▅▆▇·│─╭╮╰╯┃*]+")
HINT = "No room here for"  # only where a column gave way
# What the doctor says of a server on a machine that is busy, or not: it is looked at once for each width.
SERVED = "ok answers after with tools, and says nothing else; warn when some clients gave up Close what keeps it busy."
LOG = '127.0.0.1 - - [05/Oct/2026:10:15:30 +0000] "GET /v1/dns/lookup HTTP/1.1" 200 512 "-" "-"\n'
FIRST = [
    ["import", "access.log"],
    ["keys", "import", "keys.csv"],
    ["tokens", "create", "finance", "--scope", "usage:read"],
]
COMMANDS = [
    ["usage"],
    ["usage", "--group-by", "team"],
    ["key", "newsletter-signup"],
    ["key", "e"],
    ["history", "--group-by", "team"],
    ["compare", "--period", "7d"],
    ["anomalies", "--period", "14d"],
    ["chargeback", "--amount", "1200"],
    ["audit"],
    ["forecast"],
    ["status"],
    ["demo"],
    ["import", "access.log"],
    ["keys", "list"],
    ["keys", "import", "keys.csv"],
    ["tokens", "list"],
    ["backup", "copy.db", "--force"],
    ["restore", "copy.db", "--yes"],
    ["export", "--output", "usage.csv", "--force"],
    ["forget", "nobody-knows-this-key", "--yes"],
    ["install", "cursor", "--print"],
    ["uninstall", "cursor", "--yes"],
    ["record"],
    ["endpoint", "--rate-limit", "much"],
    ["serve", "--http", "--auth", "token", "--port", "many"],
    ["doctor"],
    ["clickhouse", "status"],
    ["copy"],
    ["report", "--force"],
    ["usage", "--period", "sometime"],
    ["--help"],
    *([name, "--help"] for name in ("usage", "history", "anomalies", "chargeback", "audit", "import", "export")),
]


@pytest.fixture(scope="module")
def folder():
    with TemporaryDirectory(prefix="t", dir="/tmp") as name:  # short: a long path is a word that no line can hold
        yield Path(name)


@pytest.fixture(scope="module")
def shown(folder):
    database = _filled(folder)
    terminal = Terminal(
        folder,
        EDGEDNS_SOURCE="local",
        EDGEDNS_DATABASE=database.name,
        EDGEDNS_AS_OF=NOW,
        EDGEDNS_TOKENS_FILE="tokens.toml",
    )
    try:
        widest = terminal.shown(WIDEST, [*FIRST, *COMMANDS])[len(FIRST) :]
        yield {WIDEST: widest, **{width: terminal.shown(width, COMMANDS) for width in WIDTHS}}
    finally:
        terminal.close()


def _filled(folder: Path) -> Path:
    """Keep the demo's organisation in a file, so that no command has to build it."""
    now = load(as_of=NOW).as_of
    begin = int(now.timestamp()) // 86_400 * 86_400 - demo_organisation.HISTORY_DAYS * 86_400

    def fill(tx):
        account = accounts.made(tx, "local")
        put_keys(account, demo_organisation.keys(now))
        cells.apply(account, demo_organisation.cells(now))
        coverage.observe(account, "import", begin, int(now.timestamp()))

    database = Database.open(folder / "usage.db")
    database.write(fill)
    database.close()
    (folder / "access.log").write_text(LOG)
    (folder / "keys.csv").write_text("key_id,name\nkey_562be1,payments-fraud\n")
    return folder / "usage.db"


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("at", range(len(COMMANDS)), ids=[" ".join(words) for words in COMMANDS])
def test_no_line_is_wrapped_by_the_terminal_and_no_word_is_broken(shown, width, at):
    (screen, joined), (_, whole) = shown[width][at], shown[WIDEST][at]
    assert any(screen)
    assert screen == joined
    assert max(map(len, screen)) <= width
    known = _words([*whole, HINT, SERVED])
    assert [
        word for word in _words(screen) if word not in known and not word.endswith("…") and not SECONDS.fullmatch(word)
    ] == []


def test_no_command_is_left_out():
    names = {one.name or one.callback.__name__ for one in app.registered_commands}
    groups = {one.typer_instance.info.name for one in app.registered_groups}
    assert names | groups == {words[0] for words in COMMANDS if words[0] != "--help"}


def test_nothing_is_shown_with_the_escapes_of_markdown(shown):
    assert [line for screens in shown.values() for screen, _ in screens for line in screen if "\\" in line] == []


def _words(lines: list[str]) -> dict[str, None]:
    return dict.fromkeys(word.strip(",.:;()") for line in lines for word in DRAWN.sub(" ", line).split())
