"""The bodies that cross the wire, under EdgeDNS's names where EdgeDNS documents them."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from edgedns_mcp.models import Count, Environment

Period = Literal["current", "7d", "30d"]


class Body(BaseModel):
    """A frozen body with these fields and no others."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class KeyLine(Body):
    """What one active key did."""

    key_id: str
    name: str
    environment: Environment
    request_count: Count
    endpoint_distribution: dict[str, Count] = Field(description="Requests per endpoint path, most first.")
    error_count: Count = Field(description="Responses with status 400 or above.")
    last_activity: datetime | None = Field(description="Last request before the window's end, ISO 8601 in UTC.")


class UsageByKey(Body):
    """Every active key, most requests first."""

    keys: tuple[KeyLine, ...]
    total_keys: Count = Field(description="Active keys: those that are not revoked.")


class UnattributedUse(Body):
    """Requests of no active key."""

    request_count: Count
    revoked: Count = Field(description="Of keys that are revoked by now.")
    unknown_key: Count = Field(description="Of key ids that the inventory does not know.")
    no_key: Count = Field(description="Of requests without a key.")


class AccountUsage(Body):
    """The whole account in the window: active keys and the rest."""

    period: Period
    window_start: datetime
    window_end: datetime = Field(description="Exclusive; the last full hour.")
    total_requests: Count = Field(description="attributed_requests and unattributed together.")
    total_errors: Count
    attributed_requests: Count = Field(description="The sum over the keys of usage/by-key.")
    unattributed: UnattributedUse
    data_from: datetime | None = Field(description="The first moment that any feed observed.")
    data_to: datetime | None = Field(description="The last moment that any feed observed.")
    complete: bool = Field(description="Whether the whole window was observed; where false, figures are a part.")


class Rejected(Body):
    """One event that was not taken."""

    index: Count = Field(description="Its place in the batch, from 0.")
    reason: str


class Receipt(Body):
    """What became of a batch; sent after it is durable."""

    accepted: Count = Field(description="Events counted by this batch.")
    repeated: Count = Field(description="Events whose event_id was counted before; not counted again.")
    rejected: tuple[Rejected, ...]
    duplicate: bool = Field(description="Whether this batch was taken before under the same Idempotency-Key.")


class Health(Body):
    """The answer of a database that answers."""

    status: Literal["ok"] = "ok"


class Trouble(BaseModel):
    """Why a request was refused."""

    code: str
    message: str
    details: dict[str, str] | None = None


class Envelope(BaseModel):
    """EdgeDNS's error envelope."""

    error: Trouble
    request_id: str
