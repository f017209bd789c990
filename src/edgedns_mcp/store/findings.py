"""What was done about findings: those that somebody knows of, and those that an address was told of."""

from collections.abc import Collection

from edgedns_mcp.store.accounts import Account


def acknowledge(account: Account, finding_id: str, until: int) -> None:
    """Hide a finding until a moment (epoch seconds), in the place of any earlier one."""
    account.tx.run("INSERT OR REPLACE INTO acknowledged VALUES(?, ?, ?)", (account.number, finding_id, until))


def acknowledged(account: Account, now: int) -> dict[str, int]:
    """List the findings that are hidden at a moment, and until when."""
    asked = "SELECT finding_id, until FROM acknowledged WHERE account_no = ? AND until > ?"
    return dict(account.tx.rows(asked, (account.number, now)))


def claim(account: Account, finding_ids: Collection[str], address: bytes, at: int) -> list[str]:
    """Give those findings that an address was not told of, noted as told at a moment."""
    taken = "INSERT OR IGNORE INTO notified VALUES(?, ?, ?, ?) RETURNING 1"
    return [one for one in finding_ids if account.tx.row(taken, (account.number, one, address, at))]


def release(account: Account, finding_ids: Collection[str], address: bytes) -> None:
    """Take such notes back: the address could not be told."""
    taken_back = "DELETE FROM notified WHERE account_no = ? AND finding_id = ? AND address = ?"
    account.tx.many(taken_back, ((account.number, finding_id, address) for finding_id in finding_ids))
