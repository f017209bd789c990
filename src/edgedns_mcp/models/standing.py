"""What a chargeback takes where a question names nothing else: the table [chargeback] of edgedns.toml."""

from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from edgedns_mcp.models.chargeback import ChargeGroup, ChargeMethod, UnattributedChoice
from edgedns_mcp.models.numbers import MONTH, MOST_NAMES, SHARE, WEIGHT, named_numbers


def _decimal(value: object) -> object:
    """Write a number as it stands in the file: a text in plain decimals."""
    if isinstance(value, float):
        return f"{Decimal(repr(value)):f}"
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _above_0(price: str) -> str:
    if not any(digit in price.partition("/")[0] for digit in "123456789"):
        raise ValueError("not above 0")
    return price


def _shares(value: object) -> object:
    """Read the shares out of a text such as payments=60,growth=40."""
    return named_numbers(value, SHARE) if isinstance(value, str) else value


Number = Annotated[str, BeforeValidator(_decimal)]
Money = Annotated[Number, Field(pattern=r"^-?[0-9]{1,15}(\.[0-9]{1,12})?$")]
TierPrice = Annotated[Number, Field(pattern=r"^[0-9]{1,15}(\.[0-9]{1,12})?( ?/ ?[1-9][0-9]{0,8})?$")]
Price = Annotated[TierPrice, AfterValidator(_above_0)]
Month = Annotated[str, Field(pattern=MONTH)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Share = Annotated[Number, Field(pattern=f"^{SHARE}$")]
Weight = Annotated[Number, Field(pattern=f"^{WEIGHT}$")]
# Most servers start without any terms, so what checks them is built when some come.
Standing = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True, defer_build=True)


class StandingTier(BaseModel):
    """A price for each request of a month up to `up_to`; without it, for all that come after."""

    model_config = Standing

    up_to: Annotated[int, Field(ge=1, le=10**15)] | None = None
    price: TierPrice


class StandingTerms(BaseModel):
    """Each choice holds until a question names another one; money is in the currency that is set."""

    model_config = Standing

    method: ChargeMethod | None = None
    group_by: ChargeGroup | None = None
    unattributed: UnattributedChoice | None = None
    amount: Money | None = None
    amounts: dict[Month, Money] = {}
    fixed_fee: Money | None = None
    unit_price: Price | None = None
    shares: Annotated[dict[Name, Share], BeforeValidator(_shares), Field(max_length=MOST_NAMES)] = {}
    weights: Annotated[dict[Name, Weight], Field(max_length=MOST_NAMES)] = {}
    tiers: Annotated[tuple[StandingTier, ...], Field(strict=False, max_length=MOST_NAMES)] = ()


NO_TERMS = StandingTerms.model_construct()
