"""What was imported, so that nothing is counted twice."""

from edgedns_mcp.models import Model
from edgedns_mcp.store.database import Transaction


class Imported(Model):
    """The first `size` bytes of some file, read with `options`; a file that has grown has one for each import."""

    digest: bytes
    size: int
    options: str
    lines: int  # from the beginning of the file
    rejected: int  # by this import alone
    head: bytes  # digest of the file up to the first line that this import took
    last: int  # epoch seconds of the last request, from the beginning of the file


def sizes(tx: Transaction) -> list[int]:
    """List the sizes of what was imported, smallest first: where a file may have been read up to."""
    return [size for (size,) in tx.rows("SELECT DISTINCT bytes FROM ledger ORDER BY bytes")]


def find(tx: Transaction, digest: bytes) -> Imported | None:
    """Find what was imported with this content."""
    row = tx.row(
        "SELECT digest, bytes AS size, options, lines, rejected, head, last FROM ledger WHERE digest = ?", (digest,)
    )
    return row and Imported(**dict(zip(Imported.model_fields, row, strict=True)))


def was_begun(tx: Transaction, head: bytes) -> bool:
    """Tell whether an import took the same first line behind the same beginning."""
    return tx.row("SELECT 1 FROM ledger WHERE head = ?", (head,)) is not None


def note(tx: Transaction, done: Imported) -> None:
    """Note an import."""
    tx.run(
        "INSERT INTO ledger(digest, bytes, options, lines, rejected, head, last) "
        "VALUES(:digest, :size, :options, :lines, :rejected, :head, :last)",
        done.model_dump(),
    )


def rejected_lines(tx: Transaction) -> int:
    """Count the lines that could not be read."""
    return int(tx.value("SELECT coalesce(sum(rejected), 0) FROM ledger"))
