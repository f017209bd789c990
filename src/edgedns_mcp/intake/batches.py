"""What a chunk of a file says, gathered line by line, and how it is settled with what the store already knows."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from edgedns_mcp.domain.cells import FIRST_ERROR_STATUS, HOUR_S
from edgedns_mcp.intake.fields import Values, event_of, text_of
from edgedns_mcp.intake.figures import Total, counted, total
from edgedns_mcp.intake.folding import Folding
from edgedns_mcp.intake.hours import Figures, Places, no_figures
from edgedns_mcp.intake.logs import Kind
from edgedns_mcp.intake.rejects import Reject
from edgedns_mcp.models import Cell, Event
from edgedns_mcp.store import cells, coverage, events, hours, snapshots, stated
from edgedns_mcp.store.accounts import Account
from edgedns_mcp.store.coverage import Unread
from edgedns_mcp.store.hours import Hours, Place


class Settled(NamedTuple):
    """What of a chunk was new, and which of its lines contradict what is known."""

    requests: int
    refused: Sequence[Reject] = ()
    unread: Sequence[Unread] = ()  # where they would have stood


@dataclass
class Seen:
    """Which keys and what time a chunk speaks of."""

    keys: set[str] = field(default_factory=set[str])
    without_key: int = 0  # requests
    first: int | None = None  # epoch seconds
    last: int | None = None

    def span(self, start: int, end: int) -> None:
        """Take notice of a stretch of time."""
        self.first = start if self.first is None else min(self.first, start)
        self.last = end if self.last is None else max(self.last, end)


class Batch(Protocol):
    """The readable lines of one chunk."""

    seen: Seen

    @property
    def is_empty(self) -> bool: ...

    def moment(self, values: Values) -> int: ...

    def take(self, line: int, values: Values) -> None: ...

    def settle(self, account: Account, since: int | None) -> Settled: ...


def batch_of(kind: Kind, folding: Folding | None, places: Places, *, with_ids: bool) -> "Batch":
    """Give an empty batch for lines of this kind."""
    if kind == "counts":
        return Counts(folding)
    if kind == "export":
        return Exported()
    if kind == "counters":
        return Counters()
    return Identified(folding) if with_ids else Requests(folding, places)


class Requests:
    """Requests of a log, summed into hour cells."""

    def __init__(self, folding: Folding | None, places: Places | None = None) -> None:
        self.seen = Seen()
        self.places = Places() if places is None else places
        self._hours: dict[int, Figures] = defaultdict(no_figures)  # by first second
        self._folding = folding

    @property
    def is_empty(self) -> bool:
        return not self._hours

    @property
    def hours(self) -> dict[int, dict[Place, tuple[int, int, int]]]:
        """Give requests, errors and last activity of each place, by the first second of the hour."""
        found = self.columns()
        return {
            hour.start: {
                found.places[number]: figures
                for number, figures in zip(hour.places, zip(*hour[2:], strict=True), strict=True)
            }
            for hour in found.hours
        }

    def moment(self, values: Values) -> int:
        return event_of(values).at

    def take(self, line: int, values: Values) -> None:
        del line
        event = event_of(values)
        self.seen.span(event.at, event.at)
        self.take_event(event)

    def take_event(self, event: Event) -> None:
        """Count a request."""
        endpoint = self._folding.path(event.endpoint) if self._folding else event.endpoint
        number = self.places.number((event.key_id, endpoint, event.environment))
        figures = self._hours[event.at - event.at % HOUR_S]
        figures.take(number, event.at, is_error=event.status >= FIRST_ERROR_STATUS)

    def add(self, start: int, figures: Figures) -> None:
        """Add what the hour that begins at `start` saw."""
        if start in self._hours:
            self._hours[start].add(figures)
        else:
            self._hours[start] = figures

    def settle(self, account: Account, since: int | None) -> Settled:
        """Add the cells; the time since the last request of the chunk before was observed as well."""
        seen = self.seen
        found = self.columns()
        hours.add(account, found)
        seen.keys = {key_id for key_id, _, _ in found.places.values()}
        nobodys = {number for number, (key_id, _, _) in found.places.items() if not key_id}
        seen.without_key = found.requests_at(nobodys) if nobodys else 0
        if seen.first is not None and seen.last is not None:
            before = seen.first if since is None else since
            coverage.observe(account, "import", min(seen.first, before), max(seen.last, before))
        return Settled(found.requests())

    def columns(self) -> Hours:
        """Give the cells as the store takes them, the hours in their order."""
        used = set[int]().union(*(hour.requests for hour in self._hours.values()))
        return Hours(
            {number: place for place, number in self.places.items() if number in used},
            [figures.columns(start) for start, figures in sorted(self._hours.items())],
        )


class Identified:
    """Requests of a log with event ids: one that another log had already does not count again."""

    def __init__(self, folding: Folding | None) -> None:
        self.seen = Seen()
        self._folding = folding
        self._events: list[tuple[Event, bytes | None]] = []

    @property
    def is_empty(self) -> bool:
        return not self._events

    def moment(self, values: Values) -> int:
        return event_of(values).at

    def take(self, line: int, values: Values) -> None:
        del line
        event, event_id = event_of(values), text_of(values.get("event_id"))
        self.seen.span(event.at, event.at)
        self._events.append((event, events.digest_of(event_id) if event_id else None))

    def settle(self, account: Account, since: int | None) -> Settled:
        """Add what is new."""
        new = Requests(self._folding)
        for event, digest in self._events:
            if digest is None or events.is_new(account, event.at, digest):
                new.take_event(event)
        new.seen = self.seen
        return new.settle(account, since)


class Counts:
    """Statements of how many requests there were."""

    def __init__(self, folding: Folding | None) -> None:
        self.seen = Seen()
        self._folding = folding
        self._lines: list[tuple[int, Cell]] = []

    @property
    def is_empty(self) -> bool:
        return not self._lines

    def moment(self, values: Values) -> int:
        return counted(values).start

    def take(self, line: int, values: Values) -> None:
        cell = counted(values)
        if self._folding:
            cell = cell._replace(endpoint=self._folding.path(cell.endpoint))
        self._lines.append((line, cell))

    def settle(self, account: Account, since: int | None) -> Settled:
        """Add the statements that are new, and refuse those that contradict one another."""
        del since
        new, refused = stated.state(account, self._lines)
        wrong = {line for line, _ in refused}
        good = [cell for line, cell in self._lines if line not in wrong]
        for cell in good:
            self.seen.span(cell.start, cell.end)
        _observe(account, "counts", [(cell.start, cell.end) for cell in good])
        cells.apply(account, [cell for cell in new if cell.requests or cell.bound == "lower"])
        self.seen.keys = {cell.key_id for cell in new}
        self.seen.without_key = sum(cell.requests for cell in new if not cell.key_id)
        unread = [Unread(cell.start, cell.end - 1, 1) for line, cell in self._lines if line in wrong]
        return Settled(sum(cell.requests for cell in new), [Reject(*one) for one in refused], unread)


class Exported:
    """The cells of another database, as `edgedns-mcp export` writes them: they belong together and stay as they are."""

    def __init__(self) -> None:
        self.seen = Seen()
        self._cells: list[Cell] = []

    @property
    def is_empty(self) -> bool:
        return not self._cells

    def moment(self, values: Values) -> int:
        return counted(values, full_hours=False).start

    def take(self, line: int, values: Values) -> None:
        del line
        self._cells.append(counted(values, full_hours=False))

    def settle(self, account: Account, since: int | None) -> Settled:
        """Add every cell."""
        del since
        for cell in self._cells:
            self.seen.span(cell.start, cell.end)
        _observe(account, "export", [(cell.start, cell.end) for cell in self._cells])
        cells.apply(account, self._cells)
        self.seen.keys = {cell.key_id for cell in self._cells}
        self.seen.without_key = sum(cell.requests for cell in self._cells if not cell.key_id)
        return Settled(sum(cell.requests for cell in self._cells))


class Counters:
    """Cumulative totals; their differences count."""

    def __init__(self) -> None:
        self.seen = Seen()
        self._lines: list[tuple[int, Total]] = []

    @property
    def is_empty(self) -> bool:
        return not self._lines

    def moment(self, values: Values) -> int:
        return total(values).snapshot.at

    def take(self, line: int, values: Values) -> None:
        self._lines.append((line, total(values)))

    def settle(self, account: Account, since: int | None) -> Settled:
        """Add the differences, and refuse totals that contradict one another."""
        del since
        found = snapshots.take(account, [(line, one.key_id, one.snapshot) for line, one in self._lines])
        for start, end in found.spans:
            self.seen.span(start, end)
        _observe(account, "counters", found.spans)
        self.seen.keys = {one.key_id for _, one in self._lines}
        wrong = dict(found.refused)
        unread = [Unread(one.snapshot.at, one.snapshot.at, 1) for line, one in self._lines if line in wrong]
        return Settled(found.requests, [Reject(*one) for one in found.refused], unread)


def _observe(account: Account, feed: str, spans: Sequence[tuple[int, int]]) -> None:
    """Note what was observed, stretches that touch as one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((start, end))
    for start, end in joined:
        coverage.observe(account, feed, start, end)
