"""What several commands take: the same words for the same thing, and the database that it names."""

from pathlib import Path
from typing import Annotated

import typer

from edgedns_mcp.errors import ConfigurationError
from edgedns_mcp.settings import Settings
from edgedns_mcp.store.database import Database

Base = Annotated[Path | None, typer.Option("--database", help="The SQLite file (EDGEDNS_DATABASE).")]
Organisation = Annotated[str | None, typer.Option("--account", help="The organisation (EDGEDNS_ACCOUNT).")]
AsOf = Annotated[str | None, typer.Option(help="As if it were this time (EDGEDNS_AS_OF).")]


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
