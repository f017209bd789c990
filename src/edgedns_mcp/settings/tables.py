"""The tables of edgedns.toml: what is too much for an environment variable."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, ValidationInfo

from edgedns_mcp.settings.budgets import ALLOWED_BUDGET
from edgedns_mcp.settings.terms import ALLOWED_TERMS, ALLOWED_TIER

EARLIEST, LATEST = 1971, 2200  # years, far enough from the calendar's ends that every zone can show them
DAY_LENGTH = len("2026-11-20")
DAY = timedelta(days=1)
MOST_POINTS = 100
STRICT = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


def _day_or_moment(value: object) -> date:
    """Read what TOML, or a text in ISO 8601, says: a day, or a time with or without offset."""
    if isinstance(value, str):
        words = value.strip().upper()
        value = date.fromisoformat(words) if len(words) <= DAY_LENGTH else datetime.fromisoformat(words)
    if not isinstance(value, date) or not EARLIEST <= value.year <= LATEST:
        raise ValueError("no date and no time")
    return value


def _stripped(value: object) -> object:
    return value.strip() if isinstance(value, str) else value


def _rising(bars: tuple[float, float, float]) -> tuple[float, float, float]:
    if not bars[0] < bars[1] < bars[2]:
        raise ValueError("not rising")
    return bars


DayOrMoment = Annotated[date | datetime, PlainValidator(_day_or_moment)]
Points = Annotated[float, Field(ge=-MOST_POINTS, le=MOST_POINTS, allow_inf_nan=False)]
Bars = Annotated[tuple[Points, Points, Points], Field(strict=False), AfterValidator(_rising)]
Text = Annotated[str, BeforeValidator(_stripped), Field(min_length=1, max_length=100)]


class PlannedTime(BaseModel):
    """A time in which unusual use is planned, of all keys or of `who`: a team or a key_id."""

    model_config = STRICT

    start: DayOrMoment
    end: DayOrMoment
    what: Text
    who: Text | None = None

    def between(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Give the first moment, and the first one after; a date is a whole day of `zone`."""
        return _moment(self.start, zone), _moment(self.end, zone, after=DAY)


class SeverityPoints(BaseModel):
    """The points that are given for what makes a finding severe; None keeps those of the default table."""

    model_config = STRICT

    spike: Points | None = None
    dormant: Points | None = None
    environment: Points | None = None
    error_burst: Points | None = None
    endpoint_shift: Points | None = None
    silence: Points | None = None
    budget: Points | None = None
    live: Points | None = None
    errors: Points | None = None
    long_sleep: Points | None = None
    bars: Bars | None = None


class Table(NamedTuple):
    """How a table is written, and what is in it."""

    header: str
    allowed: Mapping[str, str]  # what each key may hold


ADDRESS = "a plain https address such as"
ALLOWED_HTTP = {
    "host": "an address of this machine such as 127.0.0.1",
    "port": "a number from 0 to 65535",
    "workers": "a number from 1 to 64",
    "auth": "none, token or oauth",
    "public_url": f"{ADDRESS} https://mcp.example.com/mcp",
    "allowed_origins": "origins of web pages such as https://inspector.example.com",
    "tokens_file": "the path of a file, which edgedns-mcp tokens writes",
    "issuer": f"{ADDRESS} https://login.example.com/realms/acme",
    "audience": "names that tokens are for, such as https://mcp.example.com/mcp",
    "jwks_url": f"{ADDRESS} https://login.example.com/keys",
    "scope_prefix": "what your identity provider puts before a scope, such as api://edgedns/",
    "tenant_claim": "the name of a claim such as org_id",
    "rate_limit": "a number of questions a minute, such as 120; 0 is no limit",
    "most_at_once": "a number from 1 to 10000",
    "audit_log": "the path of a file",
    "proxy": "the address of the server in front, such as 127.0.0.1",
}
ALLOWED_TENANT = {
    "name": "1 to 64 letters, digits, dots, dashes or underscores, such as acme",
    "config": "the path of a file like this one, with the settings of that organisation",
    "who": 'texts that the claim tenant_claim may hold, such as ["acme", "acme-labs"]',
}
POINTS = f"a number from -{MOST_POINTS} to {MOST_POINTS}"
PLANNED = {
    "start": "a day such as 2026-11-20, or a time such as 2026-11-20T08:00",
    "end": "a day such as 2026-11-20, the last one, or a time such as 2026-11-20T18:00",
    "what": "a text of 1 to 100 characters",
    "who": "a team or a key_id, or leave it out for every key",
}
SEVERITY = {
    **dict.fromkeys(SeverityPoints.model_fields, POINTS),
    "bars": "three rising numbers, from which on a finding is medium, high and critical",
}
TABLES: Mapping[str, Table] = {
    "planned": Table("[[planned]]", PLANNED),
    "severity": Table("[severity]", SEVERITY),
    "chargeback": Table("[chargeback]", ALLOWED_TERMS),
    "budget": Table("[[budget]]", ALLOWED_BUDGET),
    "http": Table("[http]", ALLOWED_HTTP),
    "tenant": Table("[[tenant]]", ALLOWED_TENANT),
}
TIERS = Table("[[chargeback.tiers]]", ALLOWED_TIER)


def _moment(value: date, zone: ZoneInfo, *, after: timedelta = timedelta()) -> datetime:
    if not isinstance(value, datetime):
        value = datetime.combine(value + after, time())
    return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)


def _ends_after_it_begins(one: PlannedTime, asked: ValidationInfo) -> PlannedTime:
    start, end = one.between(asked.data.get("timezone", ZoneInfo("UTC")))
    if start >= end:
        raise ValueError("ends before it begins")
    return one


Planned = Annotated[PlannedTime, AfterValidator(_ends_after_it_begins)]
