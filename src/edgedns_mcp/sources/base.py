"""The port: what can be asked of any source of figures."""

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol, TypeVar

from edgedns_mcp.domain.tallies import Tallies
from edgedns_mcp.domain.team_lines import TeamLines
from edgedns_mcp.models import (
    AccountTotal,
    Cell,
    Closed,
    ClosedPeriod,
    Coverage,
    Environment,
    Key,
    Notice,
    Series,
    SourceName,
    Tally,
    Window,
)
from edgedns_mcp.store.closings import Closings

Answered = TypeVar("Answered")


class UsageView(Protocol):
    """One consistent state of a source; everything read from it belongs together."""

    source: SourceName
    state: Hashable | None  # equal states answer alike; None where nobody can tell

    def coverage(self, window: Window) -> Coverage:
        """Tell which part of `window` the data reaches.

        Raises:
            NoDataError: nothing of the window was observed.
        """
        ...

    def account_total(self, window: Window) -> AccountTotal | None:
        """Give what EdgeDNS last counted for the whole account, and its plan's monthly quota.

        None where EdgeDNS did not tell, and for windows other than its billing periods, current and previous.
        """
        ...

    def keys(self) -> Sequence[Key]:
        """List the inventory, revoked keys included; without an inventory, the keys found in the data."""
        ...

    def totals(self, window: Window, endpoint: str = "") -> Tallies:
        """Sum the window per key id, "" being requests without a key; quickest to use in the order of `keys`' members.

        `last_activity` is the last request before the window's end, also of keys idle in it.
        With `endpoint`, only endpoints whose path contains it count, whatever the case.
        """
        ...

    def endpoints(self, window: Window, key_ids: Collection[str]) -> Mapping[str, Mapping[str, Tally]]:
        """Sum the window per endpoint of each of these keys."""
        ...

    def top_endpoints(
        self, window: Window, key_ids: Collection[str], most: int, *, others: Collection[str] | None = None
    ) -> Mapping[str, int]:
        """Sum the window per endpoint over these keys, and give the `most` used ones, most first.

        `others` are all other keys with requests in the window, where they are known: who can sum over those instead
        may do so.
        """
        ...

    def series(self, edges: Sequence[datetime], key_ids: Collection[str] | None = None) -> Series:
        """Sum each key, or each of these, in each bucket between two of these edges, full hours that ascend.

        Raises:
            NoDataError: the source knows of no time but the one it is asked at.
        """
        ...

    def cells(self, window: Window, key_ids: Collection[str]) -> Sequence[Cell]:
        """List the cells of these keys that lie in the window or reach into it, the earliest first.

        Raises:
            NoDataError: the source knows of no time but the one it is asked at.
        """
        ...

    def environments(
        self, window: Window, key_ids: Collection[str] | None = None
    ) -> Mapping[str, Collection[Environment]]:
        """Tell in which environments each key, or each of these, was seen around the window; none if nobody knows."""
        ...

    def may_call_new(self, window: Window) -> Mapping[str, bool]:
        """Tell of each key whose endpoints are known whether it may have called one in the window for the first time.

        A cheap answer for many keys: False is certain, True is to be looked at.
        """
        ...

    def acknowledged(self) -> Mapping[str, datetime]:
        """List the findings that somebody knows of by id, and until when they are hidden."""
        ...

    def closings(self) -> Closings:
        """Tell which periods are closed, and what was charged; none where the source keeps none."""
        ...

    def observed(self) -> Sequence[tuple[int, int]]:
        """List the stretches that any feed observed, in order and apart, in epoch seconds.

        Each is its first and its last moment; a source whose feeds tell of full hours begins at one.
        """
        ...


class TeamsHealth(NamedTuple):
    """The teams file as it is: its lines, or what is wrong with it."""

    path: str
    lines: TeamLines
    error: str = ""


class Health(NamedTuple):
    """What a source tells of itself."""

    source: SourceName
    chosen_because: str
    data_from: datetime | None = None
    data_to: datetime | None = None
    keys: int = 0
    requests: int = 0
    gaps: int = 0
    rejected_lines: int = 0
    unattributed: int | None = None  # of the requests
    size_bytes: int | None = None
    has_inventory: bool = True
    readings: int = 0
    calls_spent: int = 0
    account_total: str = ""  # what came of asking EdgeDNS for it
    key_dates: str = ""
    last_error: str = ""
    database: str = ""
    roster: Sequence[Key] = ()  # as the source knows them, before any teams file
    teams: TeamsHealth | None = None


class Turn(NamedTuple):
    """What a turn of the recorder did, and how long it may rest now."""

    rest: timedelta
    taken_at: datetime | None = None  # of the reading it took
    keys: int = 0
    requests: int = 0
    fallen: tuple[str, ...] = ()  # keys whose counter fell, and nobody knows why
    new_period: bool = False
    told: tuple[str, ...] = ()  # a line on each call beside the reading
    trouble: str = ""  # why there is no reading, or why it was not kept


class UsageSource(Protocol):
    """Where figures come from."""

    async def read(
        self,
        question: Callable[[UsageView], Answered],
        windows: Sequence[Window],
        known: Callable[[Hashable], Answered | None] | None = None,
    ) -> Answered:
        """Answer `question`, which is about `windows`, from one consistent state; a blocking engine in a thread.

        Where the source can tell its state at once, `known` may have the answer for that state already.

        Raises:
            SourceError: the source cannot be asked now.
        """
        ...

    async def health(self) -> Health:
        """Tell how the source is doing, without asking the network."""
        ...

    async def record(self, every: timedelta) -> Turn | None:
        """Take a reading if one is due and no other process is the recorder; one is due at each multiple of `every`.

        With `every` 0 one is due now, whoever is the recorder.

        None where there is nothing to record.
        """
        ...

    async def acknowledge(self, finding_id: str, until: datetime) -> None:
        """Hide a finding until then.

        Raises:
            ConfigurationError: the source keeps nothing.
            StoreError: its database cannot be written.
        """
        ...

    async def claim(self, finding_ids: Sequence[str], address: bytes) -> Sequence[str]:
        """Give those findings that an address (a digest of it) was not told of, noted as told from now on.

        Raises:
            ConfigurationError: the source keeps nothing.
            StoreError: its database cannot be written.
        """
        ...

    async def release(self, finding_ids: Sequence[str], address: bytes) -> None:
        """Note that an address could not be told of these findings after all."""
        ...

    async def close_period(self, closed: Closed, seen: Mapping[datetime, bytes]) -> None:
        """Keep a closed period for ever; `seen` are digests of the usage of it and of those it corrects.

        Raises:
            ConfigurationError: the source keeps nothing.
            QuestionError: another one was closed meanwhile.
            StoreError: its database cannot be written.
        """
        ...

    async def reopen_period(self) -> ClosedPeriod:
        """Forget the last closed period, and give which one it was.

        Raises:
            ConfigurationError: the source keeps nothing.
            QuestionError: none is closed.
            StoreError: its database cannot be written.
        """
        ...

    async def aclose(self) -> None:
        """Let go of files and connections."""
        ...


class Address(Protocol):
    """Who is told of findings."""

    host: str  # all of the address that may be shown
    digest: bytes  # by which it is known to `UsageSource.claim`

    async def tell(self, notice: Notice) -> None:
        """Tell of one finding.

        Raises:
            UnfitError: it does not take this notice.
            UncertainError: nobody knows whether it was told.
            UntoldError: it was not told.
        """
        ...

    async def aclose(self) -> None:
        """Let go of connections."""
        ...
