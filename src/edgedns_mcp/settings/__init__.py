"""Every setting; the only room that reads the environment and edgedns.toml."""

from edgedns_mcp.settings.loading import Settings, load
from edgedns_mcp.settings.tables import PlannedTime, SeverityPoints
from edgedns_mcp.settings.variables import PREFIX, LogLevel, SourceChoice, Variables

__all__ = ["PREFIX", "LogLevel", "PlannedTime", "Settings", "SeverityPoints", "SourceChoice", "Variables", "load"]
