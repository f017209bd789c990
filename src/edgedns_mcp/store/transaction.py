"""What can be asked and changed within one transaction of the database."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias, TypeVar

Found = TypeVar("Found")
Memory: TypeAlias = dict[tuple[Hashable, Hashable], Any]  # by what, and in which state of the database
Bindings: TypeAlias = "tuple[object, ...] | Mapping[str, object]"


class Transaction:
    """What can be done between BEGIN and COMMIT; every value is bound."""

    def __init__(self, connection: Any, written: Hashable, memory: Memory | None = None) -> None:
        """Without a `memory` that outlives the transaction, nothing is remembered."""
        self.connection = connection  # the engine's own types leave rows partially unknown
        self._written = written
        self._memory = memory

    def state(self) -> Hashable:
        """Give a value that changes when anybody commits a change."""
        return self._written, self.value("PRAGMA data_version")

    def remembered(self, what: Hashable, find: Callable[[], Found]) -> Found:
        """Give what `find` finds, from memory as long as nobody changed the database; it must not be changed itself."""
        if self._memory is None:
            return find()
        place = (what, self.state())
        if place not in self._memory:
            for older in [known for known in self._memory if known[1] != place[1]]:
                del self._memory[older]
            self._memory[place] = find()
        return self._memory[place]

    def size_bytes(self) -> int:
        """Give the size of the database."""
        return int(self.value("PRAGMA page_count") * self.value("PRAGMA page_size"))

    def rows(self, sql: str, bindings: Bindings = ()) -> list[Any]:
        """Give every row."""
        return self.connection.execute(sql, bindings).fetchall()

    def each(self, sql: str, bindings: Bindings = ()) -> Iterator[Any]:
        """Give one row after the other, without holding them all."""
        return self.connection.execute(sql, bindings)

    def row(self, sql: str, bindings: Bindings = ()) -> Any:
        """Give the first row, or None."""
        return self.connection.execute(sql, bindings).fetchone()

    def value(self, sql: str, bindings: Bindings = ()) -> Any:
        """Give the first column of the first row."""
        return self.row(sql, bindings)[0]

    def run(self, sql: str, bindings: Bindings = ()) -> None:
        """Run a statement, or several."""
        self.connection.execute(sql, bindings)

    def many(self, sql: str, rows: Iterable[tuple[object, ...]]) -> None:
        """Run a statement once per row."""
        self.connection.executemany(sql, rows)
