"""What was imported, so that nothing is counted twice."""

from edgedns_mcp.models import Model
from edgedns_mcp.store.database import Transaction


class Imported(Model):
    """The first `size` bytes of some file, read with `options`."""

    digest: bytes
    size: int
    options: str
    lines: int
    rejected: int


def sizes(tx: Transaction) -> list[int]:
    """List the sizes of what was imported, smallest first: where a file may have been read up to."""
    return [size for (size,) in tx.rows("SELECT DISTINCT bytes FROM ledger ORDER BY bytes")]


def find(tx: Transaction, digest: bytes) -> Imported | None:
    """Find what was imported with this content."""
    row = tx.row("SELECT digest, bytes, options, lines, rejected FROM ledger WHERE digest = ?", (digest,))
    return row and Imported(digest=row[0], size=row[1], options=row[2], lines=row[3], rejected=row[4])


def note(tx: Transaction, done: Imported, replaces: Imported | None) -> None:
    """Note an import; where it is a known file that has grown, the longer stretch takes the shorter one's place."""
    if replaces:
        tx.run("DELETE FROM ledger WHERE digest = ?", (replaces.digest,))
    tx.run(
        "INSERT INTO ledger VALUES(?, ?, ?, ?, ?)", (done.digest, done.size, done.options, done.lines, done.rejected)
    )


def rejected_lines(tx: Transaction) -> int:
    """Count the lines that could not be read."""
    return int(tx.value("SELECT coalesce(sum(rejected), 0) FROM ledger"))
