"""The command `report`: the dashboard in a file that any browser opens, with all its figures inside."""

import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from edgedns_mcp.cli.asking import ask
from edgedns_mcp.cli.options import AsOf, Base, End, Force, Organisation, Period, Source, Start
from edgedns_mcp.cli.terminal.faces import say
from edgedns_mcp.models import DashboardQuery
from edgedns_mcp.render.page import usage_page
from edgedns_mcp.render.phrases import plain, plural
from edgedns_mcp.service.dashboard import dashboard
from edgedns_mcp.settings import load
from edgedns_mcp.store.files import new_file, refuse_existing


def report(
    *,
    output: Annotated[Path, typer.Option(help="The HTML file to write.")] = Path("report.html"),
    force: Force = False,
    open_it: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
    period: Period = "current",
    start: Start = "",
    end: End = "",
    source: Source = None,
    database: Base = None,
    account: Organisation = None,
    as_of: AsOf = None,
) -> None:
    """Write the dashboard with all its figures into one file, to be opened in any browser, or mailed.

    Example: edgedns-mcp report --source demo --period 30d --output report.html --open
    """
    settings = load(source=source, database=database, account=account, as_of=as_of)
    refuse_existing(output, force=force)
    query = DashboardQuery(period=period, start=start, end=end)
    answers = ask(settings, lambda desk: dashboard(desk, query))
    with new_file(output, force=force) as file:
        file.write(usage_page(answers.model_dump_json()))
    say(f"Wrote {plural(len(answers.keys), 'key')} to {output}. {plain(answers.usage_by_key.summary)}", err=True)
    if open_it:
        webbrowser.open(output.resolve().as_uri())
