"""What several commands take: the same words for the same thing, and the database that it names."""

from pathlib import Path
from typing import Annotated

import typer

from edgedns_mcp.errors import ConfigurationError
from edgedns_mcp.models import EnvironmentFilter, GroupBy
from edgedns_mcp.settings import Settings, SourceChoice
from edgedns_mcp.store.database import Database

Base = Annotated[Path | None, typer.Option("--database", help="The SQLite file (EDGEDNS_DATABASE).")]
Organisation = Annotated[str | None, typer.Option("--account", help="The organisation (EDGEDNS_ACCOUNT).")]
AsOf = Annotated[str | None, typer.Option(help="As if it were this time (EDGEDNS_AS_OF).")]
Source = Annotated[SourceChoice | None, typer.Option(help="Where figures come from (EDGEDNS_SOURCE).")]
Json = Annotated[bool, typer.Option("--json", help="Print the structured result.")]
Force = Annotated[bool, typer.Option("--force", help="Replace a file that exists.")]
Watch = Annotated[
    float | None, typer.Option(min=2, metavar="SECONDS", help="Ask again every so many seconds, until Ctrl-C.")
]
Period = Annotated[str, typer.Option(help="current, previous, today, 7d, 2026-10, 2026-10-01..2026-10-15, ...")]
Start = Annotated[str, typer.Option(help="Start of the window; overrides --period.")]
End = Annotated[str, typer.Option(help="End of the window, exclusive; empty means now.")]
Limit = Annotated[int, typer.Option(min=1, max=100, help="Rows per page.")]
Endpoints = Annotated[int, typer.Option("--top-endpoints", min=0, max=50, help="Endpoints listed per key.")]
GroupedBy = Annotated[GroupBy, typer.Option(help="What a row is.")]
Cursor = Annotated[str, typer.Option(help="next_cursor of the page before.")]
Environments = Annotated[EnvironmentFilter, typer.Option(help="Which keys to count.")]
Team = Annotated[str, typer.Option(help="Only this team's keys.")]
NamePart = Annotated[str, typer.Option(help="Only keys whose name has this part.")]
PathPart = Annotated[str, typer.Option(help="Only requests to paths with this part.")]


def existing(settings: Settings) -> Database:
    """Open the database that is there.

    Raises:
        ConfigurationError: there is none.
        StoreError: it cannot be opened.
    """
    if not settings.database.exists():
        raise ConfigurationError(
            f"There is no database at {settings.database}; fill it with edgedns-mcp import or keys import, "
            "or set EDGEDNS_DATABASE."
        )
    return Database.open(settings.database)
