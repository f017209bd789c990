"""A closed chargeback: what was charged, to whom, as which bytes, and by which version; and what corrects it later."""

from datetime import datetime
from typing import NamedTuple

from pydantic import ConfigDict, Field

from edgedns_mcp.models.chargeback import Charge, ChargebackReport, ChargeGroup, ChargeMethod
from edgedns_mcp.models.facts import Count, Environment, Model, Window


class Kept(Model):
    """A value that is checked only when it is read back, so that a start does not wait for it."""

    model_config = ConfigDict(frozen=True, defer_build=True)


class Owner(Kept):
    """A key, and whom it belonged to when a period was closed; without an id, nobody's use."""

    key_id: str
    name: str
    environment: Environment
    team: str
    cost_center: str


class ClosedKey(Owner):
    """What a key had used when its period was closed, and what it was charged in minor units."""

    request_count: Count
    units: int


class Correction(Owner):
    """What an earlier period should have charged a key besides, in minor units; it is charged in a later one."""

    period: str
    start: datetime
    end: datetime
    units: int


class ClosedTerms(Kept):
    """How the amount was shared: enough to share it again over other usage. Fractions are texts such as 7/50."""

    currency: str
    method: ChargeMethod
    group_by: ChargeGroup
    total: int
    fixed_fee: int
    percents: dict[str, str]  # by group
    tiers: tuple[tuple[int | None, str], ...]
    weights: dict[str, str]  # by endpoint or pattern
    spread: bool
    teams: str  # patterns of keys
    timezone: str


class Mention(NamedTuple):
    """A name in a note; one of a key has the key's id."""

    name: str
    key_id: str = ""


class Note(NamedTuple):
    """What must be said beside the lines; the names in it stand apart from the words around them."""

    before: str
    names: tuple[Mention, ...] = ()
    more: int = 0  # names that are left out
    after: str = ""


class ClosedView(Kept):
    """An answer of a closed period, grouped in one way, with every line, and the values its words are made of.

    After a key was forgotten there are no words: they are made anew of the values.
    """

    report: ChargebackReport
    words: str
    brief: str = Field(description="The words with as many lines as are usual; empty where those are all.")
    csv: str
    ids: tuple[str, ...]  # of the keys that the lines are of, uncut; none where the lines are of groups
    corrected_ids: tuple[str, ...]  # those of the corrections
    notes: tuple[Note, ...]


class Closed(Kept):
    """A closed period; `question` is what was asked, but for how it is shown."""

    period: str
    window: Window
    at: datetime
    version: str
    account: str
    question: str
    asked: dict[str, str]  # the words of terms that the question named
    standing: dict[str, str]  # and of those that edgedns.toml said then
    shares: dict[str, str]  # by the names that either gave
    terms: ClosedTerms
    keys: tuple[ClosedKey, ...]
    unknown: dict[str, int]  # requests by ids that nobody knew, "" being none
    unattributed_units: int
    corrections: tuple[Correction, ...]
    views: dict[ChargeGroup, ClosedView]
    rows: tuple[Charge, ...]
    focus: str  # without bytes after a key was forgotten, as the words of the views


class ClosedPeriod(Kept):
    """That a period is closed; `seen` is a digest of the usage that its charge and its corrections account for."""

    start: datetime
    end: datetime
    at: datetime
    version: str
    seen: bytes
