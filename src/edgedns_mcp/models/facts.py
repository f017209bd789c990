"""Facts: what a source knows. Times are UTC, windows half-open."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

Count = Annotated[int, Field(ge=0)]
Percent = Annotated[float, Field(ge=0, le=100)]
Environment = Literal["live", "test", "unknown"]
Bound = Literal["exact", "lower"]


class Model(BaseModel):
    """A frozen value."""

    model_config = ConfigDict(frozen=True)


class Window(Model):
    """A half-open interval `start <= t < end` in UTC, and the words it was asked for with."""

    start: datetime
    end: datetime
    period: str


class Event(NamedTuple):
    """One request as a log line tells it; `at` in epoch seconds. A tuple, because there are millions."""

    at: int
    key_id: str
    endpoint: str
    status: int
    environment: Environment = "unknown"


class Cell(NamedTuple):
    """The additive unit that crosses every store boundary; times in epoch seconds, `end` exclusive.

    Most cells are one UTC hour; a day or a span between two counter readings is as legal. An endpoint "" is not known.
    `last_activity` is the last request, or `start` where only a count is known. With the bound `lower`, there were at
    least `requests`, and nobody knows how many more.
    """

    start: int
    end: int
    key_id: str
    endpoint: str
    environment: Environment
    requests: int
    errors: int
    last_activity: int
    bound: Bound = "exact"


class Tally(NamedTuple):
    """A sum over cells. `errors` is None where the source does not know; `last_activity` in epoch seconds.

    `slack` requests may have come on top of `requests`: those of cells that reach beyond the window; None where nobody
    knows how many.
    """

    requests: int
    errors: int | None
    last_activity: int | None
    slack: int | None = 0


class Span(NamedTuple):
    """What a key did in a stretch of time that cannot be split, or that is a lower bound; times in epoch seconds."""

    start: int
    end: int
    key_id: str
    requests: int
    errors: int
    bound: Bound = "exact"


class Series(NamedTuple):
    """What each key did in each of a row of buckets that tile, by key id; a key without requests may be missing.

    `apart` lists what a bucket alone cannot tell: spans that reach over an edge, which no bucket counts, and lower
    bounds, which count in their bucket where they reach over no edge. They come by key and time.
    """

    requests: Mapping[str, Sequence[int]]
    errors: Mapping[str, Sequence[int]]
    apart: Sequence[Span]


class Key(NamedTuple):
    """An API key as the inventory or the API describes it; never its secret. A tuple, because there may be many.

    `last_used_at` is as EdgeDNS last told, None where it did not; `replaced_by` is the key_id of its successor after a
    rotation.
    """

    key_id: str
    name: str
    environment: Environment = "unknown"
    team: str = ""
    cost_center: str = ""
    last_four: str = ""
    allowed_environments: tuple[Environment, ...] = ()
    created_at: datetime | None = None
    revoked_at: datetime | None = None
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    replaced_by: str = ""


NamedKey = Annotated[Key, PlainSerializer(Key._asdict)]  # in JSON a key names its fields


class KeyUsage(NamedTuple):
    """What one key did in a window; a tuple, because a ranking holds one for each key.

    `slack` requests may have come on top; None where nobody knows how many.
    """

    key: Key
    team: str
    requests: int
    errors: int | None
    last_activity: datetime | None
    slack: int | None = 0


class KeyReading(Model):
    """One key's counters as EdgeDNS stated them."""

    key: NamedKey
    requests: Count
    errors: Count
    last_activity: datetime | None
    endpoints: dict[str, Count]


class Reading(Model):
    """One answer of EdgeDNS: the counters of every active key at `taken_at`.

    `window_start` and `window_end` are set only where EdgeDNS itself stated them. `gone` are keys that vanished in this
    billing period, with the counters last seen: what was recorded adds them.
    """

    taken_at: datetime
    keys: tuple[KeyReading, ...]
    gone: tuple[KeyReading, ...] = ()
    window_start: datetime | None = None
    window_end: datetime | None = None


class KeyDates(NamedTuple):
    """What EdgeDNS's list of keys says of one."""

    key_id: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None  # None: never used


class AccountTotal(Model):
    """What EdgeDNS counted for a whole account in its billing period, beside the sum of its active keys at that time.

    `gone_requests` is what keys that vanished in that period had used when last seen. `quota` is what the plan allows
    in a month, null where EdgeDNS does not state it.
    """

    taken_at: datetime
    requests: Count
    keys_requests: Count
    gone_requests: Count = 0
    quota: Count | None = None

    @property
    def unattributed(self) -> int | None:
        """Give the requests of no active key; None where the total lies below its keys' sum."""
        rest = self.requests - self.keys_requests
        return None if rest < 0 else rest


class Coverage(Model):
    """What a source says about a window: which part of it the data reaches.

    `window_start` and `window_end` are null where the source does not state them; `complete` is null where
    nobody can know.
    """

    window_start: datetime | None
    window_end: datetime | None
    data_from: datetime | None
    data_to: datetime | None
    complete: bool | None
    age_s: Count = 0
    active_only: bool = False  # use by keys that are no longer active is in no figure
    notes: tuple[str, ...] = ()
