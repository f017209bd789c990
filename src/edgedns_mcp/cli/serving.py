"""The command that serves MCP: over stdio for one client, or over HTTP for a company."""

from typing import Annotated

import typer

from edgedns_mcp.cli.options import AsOf, Base, Source
from edgedns_mcp.errors import QuestionError
from edgedns_mcp.settings import load

Host = Annotated[str | None, typer.Option(help="The address to listen on.  [default: 127.0.0.1]")]
Port = Annotated[int | None, typer.Option(help="The port; 0 is any free one.  [default: 8054]")]
Workers = Annotated[int | None, typer.Option(help="How many processes answer.  [default: 1]")]
Auth = Annotated[str | None, typer.Option(help="Who may ask: oauth, token, or none (this machine alone).")]
AccessLog = Annotated[bool, typer.Option(help="Log each HTTP request on standard error.")]


def serve(
    *,
    http: Annotated[bool, typer.Option("--http", help="Serve Streamable HTTP at /mcp, instead of stdio.")] = False,
    host: Host = None,
    port: Port = None,
    workers: Workers = None,
    auth: Auth = None,
    access_log: AccessLog = True,
    source: Source = None,
    database: Base = None,
    as_of: AsOf = None,
) -> None:
    """Serve MCP over stdio, as edgedns-mcp does without a command, or over HTTP for others.

    Example: edgedns-mcp serve --http --port 8054
    """
    remote = {"host": host, "port": port, "workers": workers, "auth": auth}
    if http:
        from edgedns_mcp.cli.serve_http import serve_http
        from edgedns_mcp.settings.remote import load_organisations, load_remote

        settings = load(source=source, database=database, as_of=as_of)
        serve_http(load_remote(**remote), settings, load_organisations(), access_log=access_log)
        return
    if given := next((name for name, value in remote.items() if value is not None), None):
        raise QuestionError(f"--{given} is for serving over HTTP; add --http.")
    from edgedns_mcp.cli.serve import serve as serve_stdio

    serve_stdio(source=source, database=database, as_of=as_of)
