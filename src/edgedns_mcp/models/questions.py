"""Questions: the arguments of the tools, under the names every face uses."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from edgedns_mcp.models.facts import Model
from edgedns_mcp.models.secrets import cut

EnvironmentFilter = Literal["all", "live", "test"]
GroupBy = Literal["key", "team", "environment", "endpoint"]
HistoryGroup = Literal["none", "key", "team", "environment", "endpoint"]  # Gemini refuses an empty word in an enum
BucketSize = Literal["hour", "day", "week", "month"]
BucketChoice = Literal["auto", "hour", "day", "week", "month"]
SortBy = Literal["requests", "errors", "error_percent", "last_activity", "name"]
Limit = Annotated[int, Field(ge=1, le=100)]
TopEndpoints = Annotated[int, Field(ge=0, le=50)]
Part = Annotated[str, AfterValidator(cut)]  # nothing that is stored holds a whole secret


class Filters(Model):
    """Which keys and endpoints a question is about; the defaults take everything."""

    environment: EnvironmentFilter = "all"
    team: Part = ""
    name_contains: Part = ""
    endpoint: Part = ""


class PagedQuery(Filters):
    """What the questions over several keys share whose rows come in pages."""

    period: str = "current"
    start: str = ""
    end: str = ""
    group_by: GroupBy = "key"
    limit: Limit = 10
    cursor: str = ""


class UsageQuery(PagedQuery):
    """The arguments of `usage_by_key`, under the names every face uses."""

    sort_by: SortBy = "requests"
    top_endpoints: TopEndpoints = 3


class CompareQuery(PagedQuery):
    """The arguments of `compare_usage`; the baseline is a period, or the one right before."""

    baseline: str = "preceding"


class KeyQuery(Model):
    """The arguments of `key_details`."""

    key: str
    period: str = "current"
    start: str = ""
    end: str = ""
    top_endpoints: TopEndpoints = 10


class HistoryQuery(Filters):
    """The arguments of `usage_history`."""

    key: str = ""
    period: str = "30d"
    start: str = ""
    end: str = ""
    bucket: BucketChoice = "auto"
    usual: bool = False
    group_by: HistoryGroup = "none"
    limit: Annotated[int, Field(ge=1)] = 10
