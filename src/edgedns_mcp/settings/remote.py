"""What can be set for serving others over HTTP: the table [http], its variables, and whose organisation is asked."""

import os
from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationError

from edgedns_mcp.errors import ConfigurationError
from edgedns_mcp.settings import file
from edgedns_mcp.settings.loading import Settings, load_file, of_the_environment, placed
from edgedns_mcp.settings.tables import ALLOWED_HTTP, ALLOWED_TENANT, STRICT, Text
from edgedns_mcp.settings.variables import PREFIX

# Tokens and keys never cross the network in clear, except on this machine itself.
SAFE_ADDRESS = (
    r"^(https://[A-Za-z0-9._:\[\]-]+|http://(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?)"
    r"(/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?$"  # what RFC 3986 has in a path
)
OF_SCOPES = r"^[!#-\[\]-~]*$"  # RFC 6749, and quotes would end a header
REMOTE_PREFIX = f"{PREFIX}HTTP_"
PATHS = ("tokens_file", "audit_log")
AUTH_CHOICES = (
    "Choose who may ask: --auth oauth (your identity provider), or --auth token (tokens that you hand out); "
    "--auth none is for this machine alone, where --host is 127.0.0.1."
)
Auth = Literal["none", "token", "oauth"]


def _words(value: object) -> object:
    return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


def _lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


def _from_home(path: Path) -> Path:
    return Path(os.path.expanduser(path))  # noqa: PTH111 - Path.expanduser raises without a home


Address = Annotated[str, Field(pattern=SAFE_ADDRESS)]
File = Annotated[Path, AfterValidator(_from_home)]
Words = Annotated[tuple[str, ...], BeforeValidator(_words)]


class RemoteSettings(BaseModel):
    """Each field is the variable EDGEDNS_HTTP_<FIELD>, and a key of the table [http] of edgedns.toml."""

    model_config = {**STRICT, "strict": False}

    host: str = Field(default="127.0.0.1", description="The address to listen on.")
    port: int = Field(default=8054, ge=0, le=65_535, description="The port; 0 is any free one.")
    workers: int = Field(default=1, ge=1, le=64, description="How many processes answer.")
    auth: Annotated[Auth | None, BeforeValidator(_lower)] = Field(
        default=None, description="Who may ask: oauth, token, or none (on this machine alone)."
    )
    public_url: Address | None = Field(
        default=None, description="The address that clients use, such as https://mcp.example.com/mcp."
    )
    allowed_origins: Words = Field(
        default=(), description="Web pages whose scripts may ask, such as https://inspector.example.com."
    )
    tokens_file: File | None = Field(default=None, description="The file of tokens, which edgedns-mcp tokens writes.")
    issuer: Address | None = Field(
        default=None, description="Your identity provider, such as https://login.example.com/realms/acme."
    )
    audience: Words = Field(default=(), description="Whom its tokens must be for; else public_url.")
    jwks_url: Address | None = Field(default=None, description="Where its keys are, if its metadata do not say.")
    scope_prefix: str = Field(
        default="", max_length=200, pattern=OF_SCOPES, description="What it puts before a scope, such as api://ID/."
    )
    tenant_claim: str = Field(
        default="sub", max_length=200, description="The claim that tells whose figures are asked."
    )
    rate_limit: int = Field(default=120, ge=0, description="Questions per minute and caller; 0 is no limit.")
    most_at_once: int = Field(default=64, ge=1, le=10_000, description="Requests answered at once by each process.")
    audit_log: File | None = Field(default=None, description="The file of who asked what, else standard error.")
    proxy: str = Field(
        default="", description="The address of the TLS server in front, whose X-Forwarded-For is believed."
    )


class Tenant(BaseModel):
    """One of several organisations: who belongs to it, and the settings of its own."""

    model_config = STRICT

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    config: Text
    who: Annotated[list[Text], Field(max_length=10_000)] = []


class Organisation(BaseModel):
    """Whose figures are asked, and the settings that they are read by."""

    model_config = {"frozen": True, "arbitrary_types_allowed": True}

    name: str
    who: frozenset[str]
    settings: Settings


def load_remote(**overrides: Any) -> RemoteSettings:
    """Read the table [http] and its variables, which win; `overrides` that are not None win over both.

    Raises:
        ConfigurationError: a setting is wrong; the sentence names its place, never its value.
    """
    settings = _loaded(overrides)
    _check(settings)
    return settings


def load_tokens_file(given: Path | None) -> Path:
    """Tell where the file of tokens lies: where it is `given`, else where [http] or its variable says.

    Raises:
        ConfigurationError: nothing says where, or a setting is wrong.
    """
    found = _loaded({"tokens_file": given}).tokens_file
    if found is None:
        raise ConfigurationError(
            f"Nothing says where the tokens are; set {REMOTE_PREFIX}TOKENS_FILE to the path of a file, or add --file."
        )
    return found


def load_organisations() -> Sequence[Organisation]:
    """Read the tables [[tenant]] and each one's own file; none is fine.

    Raises:
        ConfigurationError: a table or a file is wrong, or two of them would share a database or a member.
    """
    choices = _choices()
    found = [_organisation(choices, at, one) for at, one in enumerate(choices.values.get("tenant", ()))]
    for what, names in (
        ("name", [one.name for one in found]),
        ("database", [str(_real(one.settings.database)) for one in found]),
        ("member", [member for one in found for member in one.who]),
    ):
        if twice := next((at for at, name in enumerate(names) if name in names[:at]), None):
            place = choices.place("tenant", twice) if what != "member" else f"{choices.path}"
            raise ConfigurationError(f"{place}: two tables [[tenant]] have the same {what}; give each one of its own.")
    return found


def _loaded(overrides: Mapping[str, Any]) -> RemoteSettings:
    given = of_the_environment(RemoteSettings.model_fields, REMOTE_PREFIX) | {
        name: value for name, value in overrides.items() if value is not None
    }
    choices = _choices()
    standing = {name: placed(choices, name, value, PATHS) for name, value in choices.values.get("http", {}).items()}
    try:
        return RemoteSettings.model_validate(standing | given)
    except ValidationError as exc:
        raise ConfigurationError(_wrong(exc, choices, given)) from exc


def _choices() -> file.StandingChoices:
    choices = file.read(os.environ.get(f"{PREFIX}CONFIG"))
    for name, kind, written in (("http", dict, "[http] as a table"), ("tenant", list, "[[tenant]] as tables")):
        if not isinstance(choices.values.get(name, kind()), kind):
            raise ConfigurationError(f"{choices.place(name)}: write {written}.")
        if name in choices.values and not choices.is_own:
            raise ConfigurationError(
                f"{choices.place(name)}: {name} is not taken from a file that merely lies in the current folder; "
                "name the file in EDGEDNS_CONFIG."
            )
    return choices


def _organisation(choices: file.StandingChoices, at: int, table: object) -> Organisation:
    try:
        tenant = Tenant.model_validate(table)
    except ValidationError as exc:
        location = exc.errors(include_url=False, include_input=False)[0]["loc"]
        key = str(location[0]) if location else ""
        place = choices.place("tenant", at, *location)
        if key not in ALLOWED_TENANT:
            raise ConfigurationError(f"{place}: the keys of [[tenant]] are {', '.join(ALLOWED_TENANT)}.") from exc
        raise ConfigurationError(f"{place}: {key} of [[tenant]] must be {ALLOWED_TENANT[key]}.") from exc
    assert choices.path  # noqa: S101 - a table stands in a file
    settings = load_file(choices.path.parent / os.path.expanduser(tenant.config))  # noqa: PTH111 - see loading
    if "database" not in settings.model_fields_set:
        raise ConfigurationError(
            f"{settings.config} is the file of a tenant and names no database; set database to a file of its own."
        )
    return Organisation(name=tenant.name, who=frozenset(tenant.who), settings=settings)


def _check(settings: RemoteSettings) -> None:
    if settings.auth is None and not is_loopback(settings.host):
        raise ConfigurationError(
            f"Other machines can reach --host {settings.host}, so anybody could ask. {AUTH_CHOICES}"
        )
    if settings.auth == "none" and not is_loopback(settings.host):
        raise ConfigurationError(
            f"--auth none lets everybody ask, and other machines can reach --host {settings.host}. {AUTH_CHOICES}"
        )
    needed = {"token": ("tokens_file",), "oauth": ("issuer", "public_url")}.get(settings.auth or "none", ())
    for name in needed:
        if getattr(settings, name) is None:
            raise ConfigurationError(
                f"--auth {settings.auth} needs {REMOTE_PREFIX}{name.upper()}; set it to {ALLOWED_HTTP[name]}."
            )


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches an address."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _real(path: Path) -> Path:
    return Path(os.path.realpath(_from_home(path)))


def _wrong(exc: ValidationError, choices: file.StandingChoices, given: Mapping[str, Any]) -> str:
    name = str(exc.errors(include_url=False, include_input=False)[0]["loc"][0])
    place = f"{REMOTE_PREFIX}{name.upper()}" if name in given else f"{choices.place('http', name)}: {name} of [http]"
    if name not in ALLOWED_HTTP:
        return f"{choices.place('http')}: the keys of [http] are {', '.join(ALLOWED_HTTP)}."
    return f"{place} is not valid; set it to {ALLOWED_HTTP[name]}."
