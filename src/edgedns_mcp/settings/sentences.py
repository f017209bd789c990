"""What is wrong with a setting, in one sentence that names its place and never its value."""

import re
from collections.abc import Collection, Mapping
from datetime import date, datetime

from pydantic import ValidationError

from edgedns_mcp.errors import ConfigurationError
from edgedns_mcp.settings.file import StandingChoices
from edgedns_mcp.settings.tables import TABLES, TIERS, Table
from edgedns_mcp.settings.variables import PREFIX, Variables

ALLOWED = {
    "source": "auto, edgedns, local, demo or clickhouse",
    "api_key_file": "the path of a file",
    "base_url": "a plain https address such as https://api.edgedns.dev",
    "database": "the path of a file",
    "clickhouse_url": "addresses such as https://user:password@clickhouse.example.org:8443, separated by commas",
    "clickhouse_database": "a name of letters, digits and _",
    "clickhouse_cluster": "a name of letters, digits and _",
    "clickhouse_layout": "single, replicated or distributed",
    "clickhouse_keep_events": "a number of days, such as 90; 0 is for ever",
    "timezone": "an IANA name such as UTC or Europe/Berlin",
    "billing_day": "a number from 1 to 31",
    "send_period": "true or false",
    "account": "a name of at most 64 characters",
    "record_every": "a duration such as 30m, 1h or 1d; 0 is never",
    "currency": "a code of ISO 4217 such as EUR",
    "teams_file": "the path of a file",
    "monthly_quota": "a number of requests, such as 500000; 0 is the plan's quota",
    "plan": "free, developer, pro or enterprise",
    "keep_hours": "a number of hours, such as 2160; 0 keeps every hour",
    "as_of": "a time such as 2026-11-22T15:00:00Z",
    "log_level": "DEBUG, INFO, WARNING or ERROR",
}
# What opens a door does not belong in a file that others read.
SECRET = {
    "api_key": "an API key does not belong in this file; take it out, and set EDGEDNS_API_KEY, "
    "or EDGEDNS_API_KEY_FILE to a file that holds it alone.",
    "clickhouse_url": "an address with a password does not belong in this file; take it out, and set "
    "EDGEDNS_CLICKHOUSE_URL.",
}
IN_FILE = [name for name in Variables.model_fields if name not in ("config", *SECRET)]
TEXT = (str,)
KINDS: Mapping[str, tuple[type, ...]] = {
    "billing_day": (int,),
    "clickhouse_keep_events": (int,),
    "keep_hours": (int,),
    "monthly_quota": (int,),
    "send_period": (bool,),
    "as_of": (str, date, datetime),
}
ONLY_OWN = ("base_url", "api_key_file")  # a folder that somebody else filled must not say where the API key goes
HARMLESS = re.compile(r"(?!edns(?:mcp)?_)[A-Za-z0-9_-]{1,23}")  # shorter than a secret


def check(choices: StandingChoices) -> None:
    """Refuse what cannot stand in the file.

    Raises:
        ConfigurationError: a secret, an unknown key or table, a value of the wrong kind.
    """
    for name, value in choices.values.items():
        reason = _refusal(choices, name, value)
        if reason:
            raise ConfigurationError(f"{choices.place(name)}: {reason}")


def wrong(exc: ValidationError, choices: StandingChoices, given: Collection[str]) -> str:
    """Say what is wrong with a setting, those that are `given` beside the file included."""
    first = exc.errors(include_url=False, include_input=False)[0]
    name = str(first["loc"][0])
    if name in TABLES:
        return f"{choices.place(*first['loc'])}: {_wrong_in_table(first['loc'], first['type'])}"
    place = f"{PREFIX}{name.upper()}" if name in given else f"{choices.place(name)}: {name}"
    return f"{place} is not valid; set it to {ALLOWED.get(name, first['msg'])}."


def _refusal(choices: StandingChoices, name: str, value: object) -> str:
    if name in SECRET:
        return SECRET[name]
    if name in TABLES:
        return ""
    if name not in IN_FILE:
        return _unknown(name, value)
    if name in ONLY_OWN and not choices.is_own:
        return (
            f"{name} is not taken from a file that merely lies in the current folder; set EDGEDNS_{name.upper()}, "
            "or name the file in EDGEDNS_CONFIG."
        )
    is_kind = type(value) in KINDS.get(name, TEXT) and (not isinstance(value, str) or value.isprintable())
    return "" if is_kind else f"{name} is not valid; set it to {ALLOWED[name]}."


def _unknown(name: str, value: object) -> str:
    *most, last = (table.header for table in TABLES.values())
    tables = f"{', '.join(most)} and {last}"
    if isinstance(value, dict | list):
        return f"{_shown(name)} is no table that is known; known are {tables}."
    return f"{_shown(name)} is no key that is known; known are {', '.join(IN_FILE)}, and the tables {tables}."


def _wrong_in_table(location: tuple[str | int, ...], kind: str) -> str:
    table, place = _table_of(location)
    keys = ", ".join(table.allowed)
    key = next((part for part in place if isinstance(part, str)), "")
    if kind == "missing" and key == place[-1]:
        return f"{key} is missing in this {table.header}; set it to {table.allowed[key]}."
    if kind == "extra_forbidden":
        return f"{_shown(key)} is no key of {table.header}; its keys are {keys}."
    if key:
        return f"{key} of {table.header} is not valid; set it to {table.allowed[key]}."
    if kind == "value_error":
        return f"this {table.header} ends before it begins; set end to its last day, or to a time after start."
    return f"{location[0]} is not valid; write it as {table.header}, and below it {keys}."


def _table_of(location: tuple[str | int, ...]) -> tuple[Table, tuple[str | int, ...]]:
    """Give the table that a location lies in, and the location within it."""
    if location[:2] == ("chargeback", "tiers") and len(location) > len(("chargeback", "tiers", 0)):
        return TIERS, location[2:]
    return TABLES[str(location[0])], location[1:]


def _shown(name: str) -> str:
    return name if HARMLESS.fullmatch(name) else "this"
