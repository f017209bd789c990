"""The calls that are made once a day: when each was made last, and the account's totals that one of them told."""

from typing import NamedTuple

from edgedns_mcp.models import AccountTotal
from edgedns_mcp.store.accounts import Account

ASLEEP_S = 86_400  # a call noted further ahead than this was noted by a clock that was wrong
NO_ANSWER = "Asked, and no answer was noted"


class Call(NamedTuple):
    """A call of one API key, by its fingerprint."""

    name: str
    credential: str


class Outcome(NamedTuple):
    """What came of a call, in words; `asked_at` in epoch seconds."""

    asked_at: int
    is_good: bool
    words: str


def claim(account: Account, call: Call, now: int, since: int) -> bool:
    """Note a call as made at `now`, before it is made, and tell whether it may be.

    It may not where this API key made it since `since`, or any other did and was answered: so, however processes come
    and go, it is made at most once.
    """
    asked = """
        SELECT EXISTS(SELECT 1 FROM daily WHERE account_no = ? AND call = ? AND (credential = ? OR is_good = 1)
            AND asked_at >= ? AND asked_at < ?)
    """
    if account.tx.value(asked, (account.number, call.name, call.credential, since, now + ASLEEP_S)):
        return False
    settle(account, call, Outcome(now, False, NO_ANSWER))
    return True


def settle(account: Account, call: Call, outcome: Outcome) -> None:
    """Note what came of a call."""
    account.tx.run("INSERT OR REPLACE INTO daily VALUES(?, ?, ?, ?, ?, ?)", (account.number, *call, *outcome))


def last(account: Account, call: Call) -> Outcome | None:
    """Give the last outcome that concerns this API key: its own, or another's that was answered."""
    asked = """
        SELECT asked_at, is_good, outcome FROM daily
        WHERE account_no = ? AND call = ? AND (credential = ? OR is_good = 1)
        ORDER BY asked_at DESC, is_good DESC LIMIT 1
    """
    row = account.tx.row(asked, (account.number, *call))
    return row and Outcome(row[0], bool(row[1]), row[2])


def keep_total(account: Account, total: AccountTotal) -> None:
    """Keep the account's total."""
    body = (account.number, int(total.taken_at.timestamp()), total.model_dump_json())
    account.tx.run("INSERT OR REPLACE INTO account_total VALUES(?, ?, ?)", body)


def total(account: Account, since: int, before: int) -> AccountTotal | None:
    """Give the account's last total told from `since` on and before `before` (epoch seconds)."""
    asked = """
        SELECT body FROM account_total WHERE account_no = ? AND taken_at >= ? AND taken_at < ?
        ORDER BY taken_at DESC LIMIT 1
    """
    row = account.tx.row(asked, (account.number, since, before))
    return row and AccountTotal.model_validate_json(row[0])
