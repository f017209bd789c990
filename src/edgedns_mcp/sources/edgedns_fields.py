"""How EdgeDNS writes a count, a moment and a text; a whole secret in a text is cut to its last four."""

import json
import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from edgedns_mcp.models.secrets import cut

MOST_COUNT = 2**53  # the largest whole number that every JSON reader keeps exact (RFC 8259, section 6)
MOST_VALUES = 400_000  # of 20,000 keys with a dozen endpoints each; one of two bytes takes 160 in memory
VALUE_BEGINS = (b",", b"[", b"{")
TIME_OF_DAY = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d")


def moment(value: object) -> datetime | None:
    """Read a time, as text or in epoch seconds; without an offset it is UTC.

    Raises:
        ValueError: it is none.
    """
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("neither a text nor a number")  # noqa: TRY004 - pydantic collects only ValueError
    try:
        return _utc(value) if isinstance(value, str) else datetime.fromtimestamp(math.floor(value), UTC)
    except (OverflowError, OSError) as exc:
        raise ValueError("beyond the calendar") from exc


def stated_moment(value: object) -> datetime | None:
    """Read a date with a time of day; None where the value is anything else."""
    if not (isinstance(value, str) and TIME_OF_DAY.match(value)):
        return None
    try:
        return moment(value)
    except ValueError:
        return None


def _integral(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _utc(value: str) -> datetime:
    at = datetime.fromisoformat(value)
    return (at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)).replace(microsecond=0)


Whole = Annotated[int, Field(strict=True, ge=0, le=MOST_COUNT), BeforeValidator(_integral)]
Harmless = Annotated[str, AfterValidator(cut)]


def is_overfull(text: bytes) -> bool:
    """Tell whether this JSON has more values than any answer, so that it would fill the memory."""
    return sum(map(text.count, VALUE_BEGINS)) > MOST_VALUES


def repeats_a_field(text: bytes) -> bool:
    """Tell whether an object in this JSON has a field twice: then it can be read in more than one way."""
    try:
        json.loads(text, object_pairs_hook=_once, strict=False)
    except _TwiceError:
        return True
    return False


class _TwiceError(Exception):
    pass


def _once(fields: Sequence[tuple[str, object]]) -> None:
    if len({name for name, _ in fields}) < len(fields):
        raise _TwiceError


class Foreign(BaseModel):
    """A part of a body that came from outside; what we do not know is left out."""

    model_config = ConfigDict(extra="ignore")
