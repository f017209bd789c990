"""One of the processes that use a database at once: `drive_together.py reader|writer PATH SECONDS SEED`."""

import json
import random
import sys
from collections import Counter
from datetime import UTC, datetime
from hashlib import sha256
from itertools import count, takewhile
from pathlib import Path
from time import monotonic

from store_builders import HOUR_S, a_window, epoch, of, to
from stored_cells import stored_rows

from edgedns_mcp.models import Cell
from edgedns_mcp.store import cells, ledger, sums
from edgedns_mcp.store.database import Database
from edgedns_mcp.store.upkeep import keep_up

FIRST, DAYS = epoch("2026-10-01"), 6
BATCH = 50  # requests
FOLDED_EVERY = 5  # commits
ALL_TIME = a_window("1970-01-01", "2100-01-01")


def write(database, until, chance):
    """Send batches, some again, and fold old days now and then."""
    done = Counter()
    for number in takewhile(lambda _: monotonic() < until, count()):
        again = number > 0 and chance.random() < 0.3
        sent = chance.randrange(done["commits"]) if again else done["commits"]
        is_new = database.write(lambda tx, sent=sent: send(tx, sent))
        done["commits" if is_new else "resent"] += 1
        if number % FOLDED_EVERY == 0:
            now = datetime.fromtimestamp(FIRST + (1 + number // FOLDED_EVERY % DAYS) * 86_400 + 3600, UTC)
            done["folded"] += keep_up(database, now, 1)
    return done


def send(tx, number):
    """Count a batch unless it was counted before: its cells and its row in the ledger in one transaction."""
    account, digest = to(tx), sha256(str(number).encode()).digest()
    if ledger.find(account, digest):
        return False
    chance = random.Random(number)
    starts = [FIRST + chance.randrange(DAYS * 24) * HOUR_S for _ in range(BATCH)]
    keys = [f"key_{chance.randrange(7)}" for _ in starts]
    cells.apply(
        account,
        (
            Cell(start, start + HOUR_S, key_id, "/v1/whois", "live", 1, 0, start)
            for start, key_id in zip(starts, keys, strict=True)
        ),
    )
    figures = {"lines": BATCH, "requests": BATCH, "rejected": 0, "last": FIRST}
    ledger.note(account, ledger.Imported(digest=digest, size=number, options="", head=digest, **figures))
    return True


def read(database, until, chance):
    """Ask again and again; every answer is compared with the ledger of the same moment."""
    done, before = Counter(), 0
    while monotonic() < until:
        midnight = f"2026-10-{chance.randrange(1, DAYS + 1):02}"
        counted, noted = database.read(lambda tx, midnight=midnight: (count_all(tx, midnight), ledger.requests(of(tx))))
        done["reads"] += 1
        done["torn"] += counted != {noted}
        done["backward"] += noted < before
        done["moves"] += noted > before
        before = noted
    return done


def count_all(tx, midnight):
    """Count all requests in each way there is."""
    account = of(tx)
    parts = [sums.totals(account, a_window(*ends)) for ends in (("1970-01-01", midnight), (midnight, "2100-01-01"))]
    whole = sums.totals(account, ALL_TIME)
    return {
        stored_rows(tx),
        cells.stored_requests(account),
        sum(tally.requests for tally in whole.values()),
        sum(tally.requests for part in parts for tally in part.values()),
    }


if __name__ == "__main__":
    role, path, seconds, seed = sys.argv[1:]
    work = {"writer": write, "reader": read}[role]
    opened = Database.open(Path(path))
    print("ready", flush=True)
    sys.stdin.readline()
    print(json.dumps(work(opened, monotonic() + float(seconds), random.Random(int(seed)))))
    opened.close()
