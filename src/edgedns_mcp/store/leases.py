"""Who does what only one process at a time should do."""

from edgedns_mcp.store.database import Transaction

LONGEST_S = 2 * 86_400  # a lease that ends later was taken by a clock that was wrong


def take(tx: Transaction, name: str, holder: str, now: int, until: int) -> int | None:
    """Take or renew a lease up to `until` (epoch seconds); where another holds it, give the moment it ends."""
    held = tx.row("SELECT holder, until FROM lease WHERE name = ?", (name,))
    if held and held[0] != holder and now < held[1] <= now + LONGEST_S:
        return held[1]
    tx.run("INSERT OR REPLACE INTO lease VALUES(?, ?, ?)", (name, holder, until))
    return None


def give_back(tx: Transaction, name: str, holder: str) -> None:
    """End a lease before its time."""
    tx.run("DELETE FROM lease WHERE name = ? AND holder = ?", (name, holder))


def holder(tx: Transaction, name: str, now: int) -> str:
    """Tell who holds a lease now; "" is nobody."""
    row = tx.row("SELECT holder FROM lease WHERE name = ? AND until > ?", (name, now))
    return row[0] if row else ""
