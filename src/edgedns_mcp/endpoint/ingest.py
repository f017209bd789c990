"""A batch into the store: counted, remembered and noted as observed in one transaction, durable when it returns."""

from datetime import UTC, datetime
from hashlib import sha256

from edgedns_mcp.domain.cells import cells_of
from edgedns_mcp.endpoint.bodies import Batch
from edgedns_mcp.endpoint.items import Item
from edgedns_mcp.endpoint.refusals import reused
from edgedns_mcp.endpoint.wire import Receipt
from edgedns_mcp.errors import StoreError
from edgedns_mcp.models.secrets import holds_secret
from edgedns_mcp.store import batches, cells, coverage, events
from edgedns_mcp.store.accounts import Account
from edgedns_mcp.store.batches import Acknowledged
from edgedns_mcp.store.coverage import Unread
from edgedns_mcp.store.database import Database
from edgedns_mcp.store.upkeep import keep_up

FEED = "events"
LIVE_S = 900  # a batch whose newest event is older tells of the past, and not that all until now has come
REMEMBERED_S = 30 * 86_400  # how long an Idempotency-Key is known
SWEPT_EVERY_S = 86_400
FULL = 2  # PRAGMA synchronous: a commit waits until the disk has it


class Ingest:
    """The one writer of a running endpoint."""

    def __init__(self, database: Database, keep_hours: int = 0) -> None:
        """Take a database whose commits outlast a power cut; hours older than `keep_hours` are folded, 0 is never.

        Raises:
            StoreError: they do not.
        """
        if database.read(lambda tx: tx.value("PRAGMA synchronous")) < FULL:
            raise StoreError("Commits of this database would not outlast a power cut; open it with synchronous=FULL.")
        self._database = database
        self._in_touch: dict[int, int] = {}  # account -> when it last sent a live batch, in this run
        self._swept: dict[int, int] = {}
        self._keep_hours = keep_hours
        self._kept_up = 0

    def take(self, account_no: int, name: str, batch: Batch, now_s: int) -> Receipt:
        """Count a batch sent at `now_s` (epoch seconds) under an idempotency key; "" is none.

        Raises:
            Refusal: another batch was sent under that key.
            StoreError: nothing was changed.
        """
        if now_s - self._kept_up > SWEPT_EVERY_S:
            keep_up(self._database, datetime.fromtimestamp(now_s, UTC), self._keep_hours)
            self._kept_up = now_s
        known_as = sha256(name.encode()).hexdigest() if holds_secret(name) else name
        receipt = self._database.write(lambda tx: self._taken(Account(tx, account_no), known_as, batch, now_s))
        if _is_live(batch, now_s) and not receipt.duplicate:
            self._in_touch[account_no] = now_s
        return receipt

    def _taken(self, account: Account, name: str, batch: Batch, now_s: int) -> Receipt:
        known = batches.find(account, name) if name else None
        if known and known.digest != batch.digest:
            raise reused()
        if known:
            return Receipt.model_validate_json(known.answer).model_copy(update={"duplicate": True})
        fresh = [item for item in batch.items if _is_new(account, item)]
        cells.apply(account, cells_of(item.event for item in fresh))
        self._observe(account, batch, now_s)
        repeated = len(batch.items) - len(fresh)
        receipt = Receipt(accepted=len(fresh), repeated=repeated, rejected=batch.rejected, duplicate=False)
        if name:
            self._remember(account, Acknowledged(name, batch.digest, now_s, receipt.model_dump_json()))
        return receipt

    def _observe(self, account: Account, batch: Batch, now_s: int) -> None:
        moments = [item.event.at for item in batch.items]
        observed = [(at, at) for at in set(moments)]
        if _is_live(batch, now_s):
            observed.append((min(self._in_touch.get(account.number, now_s), now_s), now_s))
        coverage.observe_all(account, FEED, observed)
        if batch.rejected:
            where = moments or [now_s]
            coverage.note_unread(account, [Unread(min(where), max(where), len(batch.rejected))])

    def _remember(self, account: Account, batch: Acknowledged) -> None:
        batches.note(account, batch)
        if batch.taken_at - self._swept.get(account.number, 0) > SWEPT_EVERY_S:
            batches.forget(account, batch.taken_at - REMEMBERED_S)
            self._swept[account.number] = batch.taken_at


def _is_new(account: Account, item: Item) -> bool:
    return not item.event_id or events.is_new(account, item.event.at, events.digest_of(item.event_id))


def _is_live(batch: Batch, now_s: int) -> bool:
    """Tell whether a batch says that all until now has come: its newest event is of now, or nothing happened."""
    newest = max((item.event.at for item in batch.items), default=now_s)
    return newest >= now_s - LIVE_S and not (batch.rejected and not batch.items)
