"""Serve MCP over HTTP, for the people of a company or of several."""

import logging
import time
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from typing import Any

from edgedns_mcp.cli import listening
from edgedns_mcp.cli.logs import Structured, log_on_stderr
from edgedns_mcp.server.remote.limits import counted_at, counted_for_all, limits_of
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
    limits = limits_of(remote.rate_limit, time.monotonic)
    with closing(listening.listen(remote.host, remote.port)) as port:
        _log(settings.log_level, access_log=access_log)
        app = application(remote, settings, organisations, limits)  # what is wrong is said before anything is served
        options: dict[str, Any] = {"lifespan": "on"}
        if remote.workers > 1:
            address = counted_for_all(limits)
            app = partial(_begun, remote, settings, organisations, limits=address, access_log=access_log)
            options |= {"factory": True, "workers": remote.workers}
        listening.serve(listening.config_of(app, remote.proxy, **options), port)


def _begun(
    remote: RemoteSettings,
    settings: Settings,
    organisations: Sequence[Organisation],
    *,
    limits: str,
    access_log: bool,
) -> Any:
    """Begin to answer in one of several processes; callers are counted at the address `limits`."""
    _log(settings.log_level, access_log=access_log)
    own = limits_of(remote.rate_limit, time.monotonic)
    return application(remote, settings, organisations, counted_at(limits, own))


def _log(level: LogLevel, *, access_log: bool) -> None:
    log_on_stderr(level, Structured())
    for name in NEWS:
        logging.getLogger(name).setLevel("INFO")
    if not access_log:
        logging.getLogger("edgedns_mcp.access").setLevel("WARNING")
