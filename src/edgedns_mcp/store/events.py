"""Which events were counted, where they carry an id, so that none counts twice."""

from hashlib import blake2b

from edgedns_mcp.domain.cells import DAY_S
from edgedns_mcp.store.accounts import Account

DIGEST_BYTES = 16


def digest_of(event_id: str) -> bytes:
    """Shorten an event's id to what is kept of it."""
    return blake2b(event_id.encode(errors="replace"), digest_size=DIGEST_BYTES).digest()


def is_new(account: Account, at: int, digest: bytes) -> bool:
    """Note the event of this digest at `at` (epoch seconds); tell whether its UTC day did not have it yet."""
    added = "INSERT OR IGNORE INTO event(account_no, day, digest) VALUES(?, ?, ?) RETURNING 1"
    return account.tx.row(added, (account.number, at // DAY_S, digest)) is not None
