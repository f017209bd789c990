"""What an environment variable can set; edgedns.toml and command line options can too."""

import re
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from platformdirs import user_data_path
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from edgedns_mcp.errors import ConfigurationError
from edgedns_mcp.models.currencies import DECIMALS
from edgedns_mcp.models.forecast import PlanName

PREFIX = "EDGEDNS_"
# A key is never sent in clear, except to this machine itself.
SAFE_ADDRESS = r"^(https://[^\s/?#@]+|http://(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?)/?$"
# A ClickHouse in this process (chdb://) is for trying and for tests.
CLICKHOUSE = re.compile(r"https?://[^\s/?#]+/?|chdb://\S+")
IDENTIFIER = "^[A-Za-z_][A-Za-z0-9_]{0,63}$"
DURATION = re.compile(r"(0|\d{1,6}(?=[smhd]))([smhd]?)")
UNIT_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
SourceChoice = Literal["auto", "edgedns", "local", "demo", "clickhouse"]
Layout = Literal["single", "replicated", "distributed"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]


def _zone(value: object) -> object:
    try:
        return ZoneInfo(value) if isinstance(value, str) else value
    except (KeyError, ValueError, OSError) as exc:
        raise ValueError("use an IANA name such as UTC or Europe/Berlin") from exc


def _moment(value: object) -> object:
    moment = datetime.fromisoformat(value.strip().upper()) if isinstance(value, str) else value
    if isinstance(moment, date) and not isinstance(moment, datetime):
        moment = datetime.combine(moment, time())
    return moment.replace(tzinfo=UTC) if isinstance(moment, datetime) and not moment.tzinfo else moment


def _duration(value: object) -> object:
    found = DURATION.fullmatch(value.strip().lower()) if isinstance(value, str) else None
    if not found:
        if isinstance(value, timedelta):
            return value
        raise ValueError("use a duration such as 90s, 30m, 1h or 1d; 0 is never")
    return timedelta(seconds=int(found[1]) * UNIT_S[found[2] or "s"])


def _addresses(value: SecretStr) -> SecretStr:
    every = value.get_secret_value().split(",")
    if not all(CLICKHOUSE.fullmatch(one.strip()) for one in every):
        raise ValueError("use addresses such as https://user:password@clickhouse.example.org:8443")
    return value


def _currency(value: object) -> object:
    code = value.strip().upper() if isinstance(value, str) else value
    if code not in DECIMALS:
        raise ValueError("use a code of ISO 4217 such as EUR")
    return code


def _lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


class Variables(BaseModel):
    """Each field is the environment variable EDGEDNS_<FIELD>, and a key of edgedns.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True, hide_input_in_errors=True)

    config: Path | None = Field(
        default=None,
        description="The file of standing choices, else edgedns.toml in the current or the user's config folder.",
    )
    source: SourceChoice = Field(
        default="auto",
        description="Where figures come from: edgedns, local, demo, clickhouse, or auto, the first of the first three "
        "that is configured.",
    )
    api_key: SecretStr | None = Field(default=None, description="The EdgeDNS API key; a developer plan or above.")
    api_key_file: Path | None = Field(
        default=None, description="A file that holds the API key, instead of EDGEDNS_API_KEY; read at each question."
    )
    base_url: str = Field(
        default="https://api.edgedns.dev",
        pattern=SAFE_ADDRESS,
        description="Where EdgeDNS is reached; https, or http on this machine.",
    )
    database: Path = Field(
        default_factory=lambda: user_data_path("edgedns-mcp") / "usage.db",
        description="The SQLite file of imported usage and recorded readings.",
    )
    clickhouse_url: Annotated[SecretStr, AfterValidator(_addresses)] | None = Field(
        default=None,
        description="Where ClickHouse is reached by HTTP, with user and password; several replicas, separated by "
        "commas, stand in for each other.",
    )
    clickhouse_database: str = Field(
        default="edgedns", pattern=IDENTIFIER, description="The database in ClickHouse that holds our tables."
    )
    clickhouse_cluster: str = Field(
        default="", pattern=f"{IDENTIFIER}|^$", description="The cluster on which the tables in ClickHouse are made."
    )
    clickhouse_layout: Layout = Field(
        default="single",
        description="How the tables in ClickHouse are made: single, replicated, or distributed over shards by key.",
    )
    clickhouse_keep_events: int = Field(
        default=0, ge=0, le=36_500, description="For how many days ClickHouse keeps single requests; 0 is for ever."
    )
    timezone: Annotated[ZoneInfo, BeforeValidator(_zone)] = Field(
        default=ZoneInfo("UTC"), description="The zone of named periods and of dates without offset."
    )
    billing_day: int = Field(default=1, ge=1, le=31, description="The day of the month a billing period begins.")
    send_period: bool = Field(
        default=False,
        description="Send period=7d or 30d to EdgeDNS, which documents no parameters; off, it is never sent.",
    )
    account: str = Field(
        default="", max_length=64, description="A name for the organisation that recorded readings belong to."
    )
    as_of: Annotated[AwareDatetime, BeforeValidator(_moment)] | None = Field(
        default=None, description="Answer as if it were this time, for looking back."
    )
    record_every: Annotated[timedelta, BeforeValidator(_duration)] = Field(
        default=timedelta(hours=1),
        description="How often the running server reads EdgeDNS's counters by itself, such as 30m or 1h; 0 is never.",
    )
    currency: Annotated[str, BeforeValidator(_currency)] = Field(
        default="EUR", description="The currency of a chargeback that names none, as in ISO 4217."
    )
    teams_file: Path | None = Field(
        default=None,
        description="A CSV or TOML file that says whose keys are: team, cost centre, allowed environments; read again "
        "when it changes.",
    )
    monthly_quota: int = Field(
        default=0, ge=0, le=10**15, description="Requests that a billing period may have; 0 is the plan's quota."
    )
    plan: Annotated[PlanName | None, BeforeValidator(_lower)] = Field(
        default=None, description="The EdgeDNS plan, for its quota: free, developer, pro or enterprise."
    )
    keep_hours: int = Field(
        default=0, ge=0, description="Hours are kept this long, then folded into days; 0 keeps every hour for ever."
    )
    log_level: LogLevel = Field(default="WARNING", description="How much is logged on standard error.")

    def secret(self) -> SecretStr | None:
        """Give the API key, or None where none is configured.

        Raises:
            ConfigurationError: the file that should hold it cannot be read, or it cannot be a key.
        """
        if self.api_key is None and self.api_key_file is None:
            return None
        key = self.api_key.get_secret_value() if self.api_key else self._key_from_file()
        key = key.strip()
        if not key or not key.isascii() or any(not char.isprintable() or char.isspace() for char in key):
            name = "EDGEDNS_API_KEY" if self.api_key else "EDGEDNS_API_KEY_FILE"
            raise ConfigurationError(f"{name} holds no usable API key; set it to the key alone, on one line.")
        return SecretStr(key)

    def clickhouse_addresses(self) -> list[str]:
        """Give the address of each ClickHouse host.

        Raises:
            ConfigurationError: none is configured.
        """
        if self.clickhouse_url is None:
            raise ConfigurationError("No ClickHouse is configured; set EDGEDNS_CLICKHOUSE_URL.")
        return [one.strip().rstrip("/") for one in self.clickhouse_url.get_secret_value().split(",")]

    def _key_from_file(self) -> str:
        assert self.api_key_file  # noqa: S101 - secret() asks only then
        try:
            return self.api_key_file.expanduser().read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as exc:
            raise ConfigurationError(
                "The file named in EDGEDNS_API_KEY_FILE cannot be read; check its path and permissions."
            ) from exc
