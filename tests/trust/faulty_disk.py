"""A disk that fails at the write or the sync of a number, and at every later one until it is mended."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import apsw

from edgedns_mcp.store.database import Database

NAME = "faulty"


class Fault(NamedTuple):
    """What the disk says, and to which calls."""

    said: type[apsw.Error]
    code: int
    calls: str  # write or sync


FAULTS = {
    "full": Fault(apsw.FullError, apsw.SQLITE_FULL, "write"),
    "failing": Fault(apsw.IOError, apsw.SQLITE_IOERR_WRITE, "write"),
    "unsynced": Fault(apsw.IOError, apsw.SQLITE_IOERR_FSYNC, "sync"),
    "read-only": Fault(apsw.ReadOnlyError, apsw.SQLITE_READONLY, "write"),
}


class Disk(apsw.VFS):
    """Counts the calls, and fails them from one on."""

    def __init__(self, base: str) -> None:
        super().__init__(NAME, base, makedefault=True)
        self.base = base
        self.mend()

    def mend(self) -> None:
        """Fail no more, and count anew."""
        self.fault, self.first = None, 0
        self.counted = {"write": 0, "sync": 0}

    def fail(self, fault: Fault, first: int) -> None:
        """Fail from the call of this number on."""
        self.mend()
        self.fault, self.first = fault, first

    def called(self, calls: str) -> None:
        """Count a call, and fail it if it is time."""
        self.counted[calls] += 1
        if self.fault and self.fault.calls == calls and self.counted[calls] >= self.first:
            failure = self.fault.said("the disk of the test")
            failure.result, failure.extendedresult = self.fault.code & 0xFF, self.fault.code
            raise failure

    def xOpen(self, name: Any, flags: list[int]) -> "File":  # noqa: N802 - the engine's name
        return File(self, name, flags)

    def excepthook(self, *_: Any) -> bool:
        return False


class File(apsw.VFSFile):
    """A file on it."""

    def __init__(self, disk: Disk, name: Any, flags: list[int]) -> None:
        super().__init__(disk.base, name, flags)
        self._disk = disk

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._disk.called("write")
        super().xWrite(data, offset)

    def xTruncate(self, size: int) -> None:  # noqa: N802
        self._disk.called("write")
        super().xTruncate(size)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._disk.called("sync")
        super().xSync(flags)

    def excepthook(self, *_: Any) -> bool:
        return False  # what the engine may ignore, it ignores


@contextmanager
def faulty_disk(path: Path) -> Generator[Disk]:
    """Let every database that is opened lie on such a disk."""
    Database.open(path).close()  # from here on the engine keeps sums of pages
    base = apsw.vfs_names()[0]
    disk = Disk(base)
    try:
        yield disk
    finally:
        disk.unregister()
        apsw.set_default_vfs(base)
