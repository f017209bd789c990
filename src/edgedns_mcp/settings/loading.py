"""From edgedns.toml, the environment and arguments to settings: each of them wins over those before."""

import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, GetPydanticSchema, ValidationError
from pydantic_core import core_schema

from edgedns_mcp.errors import ConfigurationError
from edgedns_mcp.models import NO_TERMS, BudgetTerms, StandingTerms
from edgedns_mcp.settings import file, sentences
from edgedns_mcp.settings.budgets import wrong_budgets
from edgedns_mcp.settings.tables import Planned, SeverityPoints
from edgedns_mcp.settings.terms import wrong_terms
from edgedns_mcp.settings.variables import PREFIX, Variables

OF_A_SERVER = ("http", "tenant")  # tables that are read when one starts
PATHS = ("api_key_file", "database", "teams_file")


def _when_it_comes(_model: object, _inner: object) -> core_schema.CoreSchema:
    """Build what checks the terms when some come: most servers start without."""
    return core_schema.no_info_plain_validator_function(StandingTerms.model_validate)


class Settings(Variables):
    """Everything that can be set: the variables, and the tables of edgedns.toml."""

    planned: tuple[Planned, ...] = Field(default=(), description="Times in which unusual use is planned.")
    severity: SeverityPoints = Field(default=SeverityPoints(), description="What makes a finding severe.")
    chargeback: Annotated[StandingTerms, GetPydanticSchema(_when_it_comes)] = Field(
        default=NO_TERMS, description="What a chargeback takes unless asked."
    )
    budget: tuple[BudgetTerms, ...] = Field(default=(), description="What may be used in a month.")


def load(**overrides: Any) -> Settings:
    """Read the settings from edgedns.toml and the environment, which wins; `overrides` that are not None win over both.

    Raises:
        ConfigurationError: a setting is wrong; the sentence names the variable, or file, line and key, never the value.
    """
    given = {
        **of_the_environment(Variables.model_fields, PREFIX),
        **{name: value for name, value in overrides.items() if value is not None},
    }
    return _loaded(given, file.read(given.get("config")))


def load_file(path: Path) -> Settings:
    """Read the settings from a file alone.

    Raises:
        ConfigurationError: a setting is wrong, or belongs into the file of a server.
    """
    choices = file.parsed(path, file.text_of(path, f"{path}", file.TOO_LARGE))
    for name in OF_A_SERVER:
        if name in choices.values:
            raise ConfigurationError(f"{choices.place(name)}: {name} belongs into the file of the server alone.")
    return _loaded({}, choices)


def _loaded(given: Mapping[str, Any], choices: file.StandingChoices) -> Settings:
    sentences.check(choices)
    standing = {
        name: placed(choices, name, value, PATHS)
        for name, value in choices.values.items()
        if value != "" and name not in OF_A_SERVER
    }
    try:
        settings = Settings.model_validate({**standing, **given, "config": choices.path})
    except ValidationError as exc:
        raise ConfigurationError(sentences.wrong(exc, choices, given)) from exc
    if wrong := settings.chargeback != NO_TERMS and wrong_terms(settings.chargeback, settings.currency):
        raise ConfigurationError(f"{choices.place('chargeback', *wrong[0])}: {wrong[1]}")
    if wrong := wrong_budgets(settings.budget, settings.chargeback, settings.currency):
        raise ConfigurationError(f"{choices.place('budget', *wrong[0])}: {wrong[1]}")
    return settings


def of_the_environment(names: Iterable[str], prefix: str) -> dict[str, str]:
    """Give those variables that are set, by name; an empty one is not, and its case does not matter."""
    found = {name.upper(): value for name, value in os.environ.items() if value}
    return {name: found[prefix + name.upper()] for name in names if prefix + name.upper() in found}


def placed(choices: file.StandingChoices, name: str, value: Any, paths: Collection[str]) -> Any:
    """Let a path in the file begin where the file lies; `paths` are the keys that hold one."""
    if name not in paths or not choices.path or not isinstance(value, str):
        return value
    return choices.path.parent / os.path.expanduser(value)  # noqa: PTH111 - Path.expanduser raises without a home
