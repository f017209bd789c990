"""What a store must do to be held to the contract: take cells, and be asked through its view."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any, Protocol

from store_builders import KEY_IDS, PATHS

from edgedns_mcp.models import Cell, Window
from edgedns_mcp.sources.base import UsageView


class Held(Protocol):
    """A new store, with any number of organisations in it."""

    def put(self, cells: Iterable[Cell], name: str = "") -> None: ...

    def observe(self, feed: str, start: int, end: int) -> None: ...

    def ask(self, question: Callable[[UsageView], Any], name: str = "") -> Any: ...


NewStore = Callable[[], AbstractContextManager[Held]]


def everything(view: UsageView, window: Window, part: str = "") -> tuple[object, ...]:
    """Ask all that can be asked about a window; `part` is the endpoint filter."""
    return (
        dict(view.totals(window)),
        dict(view.totals(window, part)),
        view.endpoints(window, KEY_IDS),
        view.top_endpoints(window, KEY_IDS, len(PATHS)),
    )


def merged(batches: Iterable[Iterable[Cell]]) -> list[Cell]:
    """Add up the cells of one place."""
    sums: dict[Any, tuple[int, int, int]] = {}
    for batch in batches:
        for cell in batch:
            place = (*cell[:5], cell.bound)
            had = sums.get(place, (0, 0, 0))
            sums[place] = had[0] + cell.requests, had[1] + cell.errors, max(had[2], cell.last_activity)
    return [Cell(*place[:5], *figures, place[5]) for place, figures in sums.items()]
