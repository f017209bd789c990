"""A source whose keys belong where a teams file says; the file may change between two questions."""

from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping, Sequence
from datetime import datetime

from edgedns_mcp.domain.tallies import Tallies
from edgedns_mcp.domain.team_lines import TeamLines
from edgedns_mcp.errors import ConfigurationError
from edgedns_mcp.models import (
    AccountTotal,
    Cell,
    Coverage,
    Environment,
    Key,
    Series,
    SourceName,
    Tally,
    Window,
)
from edgedns_mcp.sources.base import Answered, Health, TeamsHealth, UsageSource, UsageView
from edgedns_mcp.sources.forwarding import Forwarding, Given
from edgedns_mcp.sources.teams_file import TeamsFile
from edgedns_mcp.store.closings import Closings


class MappedSource(Forwarding):
    """Another source, and what a file says of its keys.

    A file that is wrong is told in answer to each question until it is mended: figures by the teams of before would be
    wrong ones.
    """

    def __init__(self, source: UsageSource, file: TeamsFile) -> None:
        self._source = source
        self._file = file

    async def read(
        self,
        question: Callable[[UsageView], Answered],
        windows: Sequence[Window],
        known: Callable[[Hashable], Answered | None] | None = None,
    ) -> Answered:
        mark, lines = self._file.read()

        def asked(view: UsageView) -> Answered:
            return question(MappedView(view, lines, mark))

        def recalled(state: Hashable) -> Answered | None:
            return known((state, mark)) if known else None

        return await self._source.read(asked, windows, recalled if known else None)

    async def health(self) -> Health:
        found, path = await self._source.health(), str(self._file.path)
        try:
            return found._replace(teams=TeamsHealth(path, self._file.read()[1]))
        except ConfigurationError as exc:
            return found._replace(teams=TeamsHealth(path, TeamLines(), str(exc)))

    async def aclose(self) -> None:
        await self._source.aclose()

    async def _passed_on(self, ask: Callable[[UsageSource], Awaitable[Given]]) -> Given:
        return await ask(self._source)


class MappedView:
    """One state of the source, by one state of the file."""

    def __init__(self, view: UsageView, lines: TeamLines, mark: Hashable) -> None:
        self.source: SourceName = view.source
        self.state: Hashable | None = None if view.state is None else (view.state, mark)
        self._view = view
        self._lines = lines

    def keys(self) -> Sequence[Key]:
        return self._lines.applied(self._view.keys())

    def coverage(self, window: Window) -> Coverage:
        return self._view.coverage(window)

    def account_total(self, window: Window) -> AccountTotal | None:
        return self._view.account_total(window)

    def totals(self, window: Window, endpoint: str = "") -> Tallies:
        return self._view.totals(window, endpoint)

    def endpoints(self, window: Window, key_ids: Collection[str]) -> Mapping[str, Mapping[str, Tally]]:
        return self._view.endpoints(window, key_ids)

    def top_endpoints(
        self, window: Window, key_ids: Collection[str], most: int, *, others: Collection[str] | None = None
    ) -> Mapping[str, int]:
        return self._view.top_endpoints(window, key_ids, most, others=others)

    def series(self, edges: Sequence[datetime], key_ids: Collection[str] | None = None) -> Series:
        return self._view.series(edges, key_ids)

    def cells(self, window: Window, key_ids: Collection[str]) -> Sequence[Cell]:
        return self._view.cells(window, key_ids)

    def environments(
        self, window: Window, key_ids: Collection[str] | None = None
    ) -> Mapping[str, Collection[Environment]]:
        return self._view.environments(window, key_ids)

    def may_call_new(self, window: Window) -> Mapping[str, bool]:
        return self._view.may_call_new(window)

    def acknowledged(self) -> Mapping[str, datetime]:
        return self._view.acknowledged()

    def closings(self) -> Closings:
        return self._view.closings()

    def observed(self) -> Sequence[tuple[int, int]]:
        return self._view.observed()
