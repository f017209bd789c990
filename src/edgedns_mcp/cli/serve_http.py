"""Serve MCP over HTTP, for the people of a company or of several."""

import logging
from collections.abc import Sequence
from contextlib import closing
from functools import partial

from edgedns_mcp.cli import listening
from edgedns_mcp.cli.logs import Structured, log_on_stderr
from edgedns_mcp.server.remote.setup import application
from edgedns_mcp.settings import LogLevel, Settings
from edgedns_mcp.settings.remote import Organisation, RemoteSettings

NEWS = ("edgedns_mcp.access", "edgedns_mcp.audit")  # lines that are told whatever the level


def serve_http(
    remote: RemoteSettings, settings: Settings, organisations: Sequence[Organisation], *, access_log: bool
) -> None:
    """Serve until SIGINT or SIGTERM; answers in flight are finished first.

    Raises:
        ConfigurationError: the settings do not go together, or the port is taken.
    """
    application(remote, settings, organisations)  # what is wrong is said before anything listens
    begun = partial(_begun, remote, settings, organisations, access_log=access_log)
    with closing(listening.listen(remote.host, remote.port)) as port:
        _log(settings.log_level, access_log=access_log)
        config = listening.config_of(begun, remote.proxy, factory=True, lifespan="on", workers=remote.workers)
        listening.serve(config, port)


def _begun(
    remote: RemoteSettings, settings: Settings, organisations: Sequence[Organisation], *, access_log: bool
) -> object:
    """Begin to answer, in the process that this is called in."""
    _log(settings.log_level, access_log=access_log)
    return application(remote, settings, organisations)


def _log(level: LogLevel, *, access_log: bool) -> None:
    log_on_stderr(level, Structured())
    for name in NEWS:
        logging.getLogger(name).setLevel("INFO")
    if not access_log:
        logging.getLogger("edgedns_mcp.access").setLevel("WARNING")
