"""What was already imported, so that nothing is counted twice."""

from edgedns_mcp.models import Model
from edgedns_mcp.store.accounts import Account


class Imported(Model):
    """The first `size` bytes of some file, read with `options`; a file has one for each chunk and each end it had."""

    digest: bytes
    size: int
    options: str
    lines: int  # from the beginning of the file
    requests: int  # by this chunk alone; fewer than none where late counters took some back
    rejected: int  # by this chunk alone
    head: bytes  # digest of the file up to the first line that this chunk took
    last: int  # epoch seconds of the last request, from the beginning of the file


_COLUMNS = "digest, bytes AS size, options, lines, requests, rejected, head, last"


def sizes(account: Account, above: int = 0, up_to: int = 2**62) -> list[int]:
    """List the sizes of what was imported, smallest first: where a file may have been read up to."""
    asked = "SELECT DISTINCT bytes FROM ledger WHERE account_no = ? AND bytes > ? AND bytes <= ? ORDER BY bytes"
    return [size for (size,) in account.tx.rows(asked, (account.number, above, up_to))]


def find(account: Account, digest: bytes) -> Imported | None:
    """Find what was imported with this content."""
    asked = f"SELECT {_COLUMNS} FROM ledger WHERE account_no = ? AND digest = ?"  # noqa: S608 - our own constants
    row = account.tx.row(asked, (account.number, digest))
    return row and Imported(**dict(zip(Imported.model_fields, row, strict=True)))


def was_begun(account: Account, head: bytes) -> bool:
    """Tell whether an import took the same first line behind the same beginning."""
    asked = "SELECT 1 FROM ledger WHERE account_no = ? AND head = ?"
    return account.tx.row(asked, (account.number, head)) is not None


def note(account: Account, done: Imported) -> None:
    """Note an import."""
    account.tx.run(
        "INSERT INTO ledger(account_no, digest, bytes, options, lines, requests, rejected, head, last) "
        "VALUES(:account_no, :digest, :size, :options, :lines, :requests, :rejected, :head, :last)",
        done.model_dump() | {"account_no": account.number},
    )


def requests(account: Account) -> int:
    """Count the requests that imports brought."""
    asked = "SELECT coalesce(sum(requests), 0) FROM ledger WHERE account_no = ?"
    return int(account.tx.value(asked, (account.number,)))


def rejected_lines(account: Account) -> int:
    """Count the lines that could not be read."""
    asked = "SELECT coalesce(sum(rejected), 0) FROM ledger WHERE account_no = ?"
    return int(account.tx.value(asked, (account.number,)))
