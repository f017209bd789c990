"""kill -9 at any moment of an import, once alone and once beside another: every line counts exactly once."""

import gzip
import json
import subprocess
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import NamedTuple

import pytest
from soak_builders import (
    IMPORTER,
    asked,
    ended,
    is_sound,
    killed_amid,
    kills_of,
    log_of,
    output_of,
    started,
    wait_for_changes,
)
from stored_cells import stored_rows

from edgedns_mcp.store import accounts, cells, ledger

LINES = 4_000
FIRST = datetime(2026, 10, 1, 6, tzinfo=UTC)
STEP_S = 90  # between two requests, on average
BAD = ("garbage", '{"key_id": "key_1", "timest', '{"key_id": "key_1", "timestamp": "yesterday", "status": 200}')
BAD_PERCENT = 3
GROWTHS = 8
WAYS = ("plain", "gzip", "stdin")
QUESTIONS = (
    ("--period", "2026-10"),
    ("--start", "2026-10-02T05:00:00Z", "--end", "2026-10-03T17:00:00Z"),
    ("--period", "2026-10-04", "--group-by", "endpoint"),
)


class State(NamedTuple):
    """What a database holds of an import."""

    rows: int  # requests, as the three places that know them count them
    sums: int
    ledger: int
    chunks: int
    lines: int
    rejected: int

    @property
    def is_whole(self):
        return self.rows == self.sums == self.ledger


class Place(NamedTuple):
    """A folder with a log and a database."""

    folder: object

    @property
    def log(self):
        return self.folder / "access.log"

    @property
    def path(self):
        return self.folder / "usage.db"

    def changing(self, way="plain"):
        """Give the files that an import writes to."""
        return log_of(self.path), self.folder / f"{'stdin' if way == 'stdin' else self.log.name}.rejects"

    def state(self):
        return asked(self.path, state_of)

    def answers(self):
        """Give all that can be asked of the figures, and the lines that could not be read."""
        asks = ("usage", "--json", "--source", "local", "--as-of", "2026-10-20T12:00:00Z", "--database", self.path)
        more = ("--limit", "100", "--top-endpoints", "50")
        told = output_of(*((*asks, *more, *one) for one in QUESTIONS), ("export", "--database", self.path))
        kept = [path.read_text(encoding="utf-8") for path in self.folder.glob("*.rejects")]
        return [*told, *kept]


def state_of(tx):
    account = accounts.find(tx, "local")
    chunks, lines = tx.row("SELECT count(*), coalesce(max(lines), 0) FROM ledger")
    known = ledger.requests(account), chunks, lines, ledger.rejected_lines(account)
    return State(stored_rows(tx), cells.stored_requests(account), *known)


def a_line(chance, at):
    if chance.randrange(100) < BAD_PERCENT:
        return chance.choice(BAD)
    late = timedelta(seconds=chance.choice((0, 0, 0, 4_000, 90_000)))
    record = {
        "key_id": f"key_{chance.randrange(12)}",
        "timestamp": f"{at - late:%Y-%m-%dT%H:%M:%SZ}",
        "endpoint": f"/v1/{chance.randrange(20)}",
        "status": chance.choice((200, 200, 200, 404, 503)),
    }
    return json.dumps(record)


def a_log(chance):
    lines = [a_line(chance, FIRST + timedelta(seconds=number * STEP_S)) for number in range(LINES)]
    return "".join(f"{line}\n" for line in lines).encode()


@pytest.fixture
def content(chance):
    return a_log(chance)


@contextmanager
def importing(place, way="plain"):
    """Start an import of a file as it lies there, packed or from standard input."""
    base = ("--database", place.path)
    if way != "stdin":
        with started(*IMPORTER, "import", place.log, *base) as process:
            yield process
        return
    with (
        subprocess.Popen(["cat", place.log], stdout=subprocess.PIPE) as feed,
        started(*IMPORTER, "import", "-", *base, stdin=feed.stdout) as process,
    ):
        feed.stdout.close()  # or the feed would never hear that the import was killed
        yield process


@pytest.fixture
def place(tmp_path):
    """Give a new folder at each call."""

    def made(name, content=b""):
        place = Place(tmp_path / name)
        place.folder.mkdir()
        place.log.write_bytes(content)
        return place

    return made


def imported(place, way="plain"):
    with importing(place, way) as process:
        assert ended(process) == 0
    return place


def test_an_import_killed_at_any_moment_and_run_again_takes_every_line_once(place, content, chance, score):
    whole = imported(place("whole", content))
    truth, answers = whole.state(), whole.answers()
    assert (truth.is_whole, truth.lines, truth.ledger) == (True, LINES, LINES - truth.rejected)
    assert truth.chunks > LINES // 100  # the chunks are small enough to be killed between
    for way in cycle(WAYS):
        ours = place(f"{way}-{score.kills}", gzip.compress(content) if way == "gzip" else content)
        die_until_done(ours, way, truth, chance, score)
        assert ours.state() == truth
        assert ours.answers() == answers
        assert is_sound(ours.path)
        if score.kills >= kills_of("import"):
            break
    assert score.amid > score.kills // 4
    assert score.resent > score.kills // 4


def die_until_done(place, way, truth, chance, score):
    """Import, be killed and import again, until an import ends by itself or was killed often enough."""
    before, enough = place.state(), score.kills + kills_of("import") // len(WAYS)
    while score.kills < enough:
        with importing(place, way) as process:
            was_killed = killed_amid(process, place.changing(way), chance)
        now = place.state()
        assert now.is_whole
        assert before.ledger <= now.ledger <= truth.ledger
        score.resent += before.lines > 0
        score.batches += now.chunks - before.chunks
        if not was_killed:
            return
        score.kills += 1
        score.amid += before.lines < now.lines < LINES
        before = now
    imported(place, way)


def test_two_imports_of_a_growing_file_take_every_line_once_when_one_is_killed(place, content, chance, score):
    whole = imported(place("whole", content))
    truth, answers = whole.state(), whole.answers()
    while score.kills < kills_of("together"):
        ours = place(f"after-{score.kills}")
        grow(ours, content, chance, score)
        imported(ours)
        found = ours.state()
        assert (found.is_whole, found.ledger, found.rejected) == (True, truth.ledger, truth.rejected)
        assert ours.answers() == answers
        assert is_sound(ours.path)
    assert score.amid > 0
    assert score.resent > 0


def grow(place, content, chance, score):
    """Let a file grow, now and then within a line, while two imports of it run and one of them is killed."""
    cuts = sorted(chance.randrange(200, len(content)) for _ in range(2 * GROWTHS))
    for early, late in zip(cuts[::2], cuts[1::2], strict=True):
        before = place.state()
        place.log.write_bytes(content[:early])
        with importing(place) as victim, importing(place) as survivor:
            wait_for_changes(victim, log_of(place.path), 1)
            append(place.log, content[early:late])
            was_killed = killed_amid(victim, place.changing(), chance)
            assert ended(survivor) == 0
        now = place.state()
        assert now.is_whole
        assert now.ledger >= before.ledger
        score.kills += was_killed
        score.amid += was_killed and now.chunks > before.chunks
        score.resent += before.lines > 0
        score.batches += now.chunks - before.chunks
    append(place.log, content[cuts[-1] :])


def append(path, more):
    with path.open("ab") as file:
        file.write(more)
