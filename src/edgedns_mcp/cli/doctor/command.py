"""The command `doctor`."""

import json
from collections.abc import Iterator

import typer

from edgedns_mcp.cli.doctor.checks import Check, looked
from edgedns_mcp.cli.doctor.figures import figures
from edgedns_mcp.cli.doctor.machine import clients, served, versions
from edgedns_mcp.cli.options import Json
from edgedns_mcp.cli.terminal.checks import show_check
from edgedns_mcp.cli.terminal.faces import say
from edgedns_mcp.render.phrases import plural


def doctor(*, as_json: Json = False) -> None:
    """Look for what is wrong: versions, settings, database, API key, clock, clients, and a server that is started.

    Example: edgedns-mcp doctor
    """
    found = list[Check]()
    for check in _all():
        found.append(check)
        if not as_json:
            show_check(check.state, check.what, check.found, check.fix)
    wrong = sum(check.state == "fail" for check in found)
    if as_json:
        typer.echo(json.dumps([check.model_dump() for check in found], indent=2))
    else:
        doubts = sum(check.state == "warn" for check in found)
        say(f"{plural(len(found), 'check')}: {wrong} failed, {doubts} to look at.")
    if wrong:
        raise typer.Exit(1)


def _all() -> Iterator[Check]:
    yield from versions()
    yield from looked("Settings", figures)
    yield from clients()
    yield from looked("Server", served)
