"""The command `audit`: what to do about which key, the most urgent first."""

from typing import Annotated

import typer

from edgedns_mcp.cli.asking import ask, show
from edgedns_mcp.cli.options import AsOf, Base, Cursor, Environments, Json, NamePart, Organisation, Source, Team
from edgedns_mcp.cli.terminal.audit import AUDIT
from edgedns_mcp.models import EVERY_ITEM, AuditChoice, AuditQuery
from edgedns_mcp.service.audit import audit_keys
from edgedns_mcp.settings import load


def audit(
    *,
    action: Annotated[
        AuditChoice,
        typer.Option(help="Only this; limit proposes a limit for every used key."),
    ] = "all",
    dormant_days: Annotated[int, typer.Option(min=1, max=365, help="Days without a request.")] = 30,
    environment: Environments = "all",
    team: Team = "",
    name_contains: NamePart = "",
    limit: Annotated[int, typer.Option(min=0, help="Things to do per page; 0 lists all.")] = 0,
    cursor: Cursor = "",
    source: Source = None,
    database: Base = None,
    account: Organisation = None,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """List which keys to revoke, rotate, rename, limit, move or repair, and why.

    Example: edgedns-mcp audit --source demo --action revoke
    """
    query = AuditQuery(
        action=action,
        dormant_days=dormant_days,
        environment=environment,
        team=team,
        name_contains=name_contains,
        limit=limit or EVERY_ITEM,
        cursor=cursor,
    )
    settings = load(source=source, database=database, account=account, as_of=as_of)
    answer = ask(settings, lambda desk: audit_keys(desk, query, fits_a_host=False))
    show(answer, AUDIT, as_json=as_json)
