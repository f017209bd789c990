"""The arguments that several tools take, described once."""

from typing import Annotated

from pydantic import Field

from edgedns_mcp.models import EnvironmentFilter, GroupBy, Limit, TopEndpoints

Period = Annotated[
    str,
    Field(
        description="current (billing period), previous, today, yesterday, this_week, last_week, mtd, last_month, 24h, "
        "7d, any Nh or Nd, this_quarter, 2026-10, 2026-10-05 or 2026-10-01..2026-10-15."
    ),
]
Start = Annotated[str, Field(description="Date or time; with end, overrides period.")]
End = Annotated[str, Field(description="Exclusive; empty means now. For whole days use period=A..B.")]
Environments = Annotated[EnvironmentFilter, Field(description="Which keys to count.")]
Team = Annotated[str, Field(description="Only this team's keys; unassigned for keys of no team.")]
NamePart = Annotated[str, Field(description="Only keys whose name has this part.")]
PathPart = Annotated[str, Field(description="Only requests to paths with this part, e.g. /v1/dns.")]
RowKind = Annotated[GroupBy, Field(description="What a row is.")]
Rows = Annotated[Limit, Field(description="Rows per page, 1-100.")]
OneKey = Annotated[str, Field(description="One key: key_id, name, last four or part of the name; empty for all.")]
Cursor = Annotated[str, Field(description="next_cursor of the page before.")]
Endpoints = Annotated[TopEndpoints, Field(description="Endpoints listed per key, 0-50.")]
