"""Closed chargebacks: kept as they were told, and what was charged later to correct them."""

import zlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from edgedns_mcp.errors import QuestionError
from edgedns_mcp.models import Closed, ClosedPeriod
from edgedns_mcp.store.accounts import Account

TAKEN = "Another process closed a period meanwhile, nothing was changed; ask again."
NOTHING_CLOSED = "No period is closed, so none can be reopened."
_PERIODS = "SELECT start, end, at, version, seen FROM closing WHERE account_no = ? AND at <= ? ORDER BY start"
_CORRECTED = """
    SELECT key_id, sum(units) FROM correction JOIN closing USING(account_no, start)
    WHERE account_no = ? AND of = ? AND at <= ? GROUP BY key_id
"""
_EVER = 1 << 62


class Closings:
    """What is closed, as it was known at a moment; without an account, nothing."""

    def __init__(self, account: Account | None = None, until: datetime | None = None) -> None:
        self._account = account
        self._until = int(until.timestamp()) if until else _EVER

    def periods(self) -> Sequence[ClosedPeriod]:
        """List the closed periods, which lie apart, the earliest first."""
        if self._account is None:
            return ()
        rows = self._account.tx.rows(_PERIODS, (self._account.number, self._until))
        return [_period(*row) for row in rows]

    def closed(self, period: ClosedPeriod) -> Closed:
        """Give what was kept of one of them."""
        assert self._account  # noqa: S101 - there is a period
        asked = "SELECT body FROM closing WHERE account_no = ? AND start = ?"
        return unpacked(self._account.tx.value(asked, (self._account.number, _epoch(period.start))))

    def corrected(self, period: ClosedPeriod) -> Mapping[str, int]:
        """Sum what later periods charged each key to correct this one, in minor units; "" is nobody."""
        assert self._account  # noqa: S101 - there is a period
        return dict(self._account.tx.rows(_CORRECTED, (self._account.number, _epoch(period.start), self._until)))


def close(account: Account, closed: Closed, seen: Mapping[datetime, bytes]) -> None:
    """Keep a closed period; `seen` has the digests of its own usage and of that of the periods it corrects.

    Raises:
        QuestionError: it does not follow the last one, because somebody else was faster.
    """
    tx, start = account.tx, _epoch(closed.window.start)
    last = tx.value("SELECT max(end) FROM closing WHERE account_no = ?", (account.number,))
    if last not in (None, start):
        raise QuestionError(TAKEN)
    body, at = zlib.compress(closed.model_dump_json().encode()), _epoch(closed.at)
    row = (account.number, start, _epoch(closed.window.end), at, closed.version, seen[closed.window.start], body)
    tx.run("INSERT INTO closing VALUES(?, ?, ?, ?, ?, ?, ?)", row)
    for of, digest in seen.items():
        tx.run("UPDATE closing SET seen = ? WHERE account_no = ? AND start = ?", (digest, account.number, _epoch(of)))
    tx.many(
        "INSERT INTO correction VALUES(?, ?, ?, ?, ?)",
        ((account.number, start, _epoch(one.start), one.key_id, one.units) for one in closed.corrections),
    )


def reopen(account: Account) -> ClosedPeriod:
    """Forget the last closed period and the corrections that it charged, and give which one it was.

    Raises:
        QuestionError: none is closed.
    """
    periods = Closings(account).periods()
    if not periods:
        raise QuestionError(NOTHING_CLOSED)
    last = periods[-1]
    place = (account.number, _epoch(last.start))
    # What it corrected is to be looked at again.
    account.tx.run(
        "UPDATE closing SET seen = x'' WHERE account_no = ?1 AND start IN "
        "(SELECT of FROM correction WHERE account_no = ?1 AND start = ?2)",
        place,
    )
    account.tx.run("DELETE FROM correction WHERE account_no = ? AND start = ?", place)
    account.tx.run("DELETE FROM closing WHERE account_no = ? AND start = ?", place)
    return last


def unpacked(body: bytes) -> Closed:
    """Read what was kept."""
    return Closed.model_validate_json(zlib.decompress(body))


def _period(start: int, end: int, at: int, version: str, seen: bytes) -> ClosedPeriod:
    return ClosedPeriod(start=_moment(start), end=_moment(end), at=_moment(at), version=version, seen=seen)


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _epoch(moment: datetime) -> int:
    return int(moment.timestamp())
