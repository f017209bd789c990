"""The words that people have for environments."""

from collections.abc import Mapping

from edgedns_mcp.models import Environment

_NAMES: Mapping[Environment, str] = {
    "live": "live production prod",
    "test": "test testing sandbox staging stage dev development ci qa preview",
}
ENVIRONMENTS: Mapping[str, Environment] = {name: kind for kind, names in _NAMES.items() for name in names.split()}
