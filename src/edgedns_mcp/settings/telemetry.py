"""What the standard variables of OpenTelemetry ask for: which exporters are wanted."""

import os
from typing import NamedTuple

from edgedns_mcp.errors import ConfigurationError

OTLP = "OTEL_EXPORTER_OTLP"
SPOKEN = ("", "http/protobuf")


class Wanted(NamedTuple):
    """Which signals are exported."""

    traces: bool
    metrics: bool


def load_telemetry() -> Wanted:
    """Read which signals are exported; without a variable none is.

    Raises:
        ConfigurationError: an exporter or a protocol is asked for that is not offered.
    """
    if os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return Wanted(traces=False, metrics=False)
    return Wanted(traces=_is_wanted("TRACES"), metrics=_is_wanted("METRICS"))


def _is_wanted(signal: str) -> bool:
    name = f"OTEL_{signal}_EXPORTER"
    exporter = os.environ.get(name, "").strip().lower()
    endpoint = os.environ.get(f"{OTLP}_{signal}_ENDPOINT") or os.environ.get(f"{OTLP}_ENDPOINT")
    if exporter not in ("", "otlp", "none"):
        raise ConfigurationError(f"{name} names an exporter that is not offered; set it to otlp or none.")
    if exporter == "none" or not (exporter or endpoint):
        return False
    protocol = os.environ.get(f"{OTLP}_{signal}_PROTOCOL") or os.environ.get(f"{OTLP}_PROTOCOL", "")
    if protocol.strip().lower() not in SPOKEN:
        raise ConfigurationError(f"{OTLP}_PROTOCOL names a protocol that is not offered; set it to http/protobuf.")
    return True
