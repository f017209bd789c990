"""Money in whole minor units of a currency: read from decimal strings, written back, never a float."""

import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from edgedns_mcp.domain.naming import visible
from edgedns_mcp.errors import QuestionError
from edgedns_mcp.models.currencies import DECIMALS

AMOUNT = re.compile(r"(-?)(\d{1,15})(?:\.(\d{1,12}))?", re.ASCII)
NUMBER = re.compile(r"\D*?(-?[.,]?\d[\d.,' ]*)\D*", re.ASCII)
LONGEST_WORDS = 24
LONGEST_NUMBER = 15
MOST_DECIMALS = 12
A_THOUSAND = 3  # digits behind a separator that may stand between thousands


def currency_of(words: str) -> str:
    """Give the code of a currency.

    Raises:
        QuestionError: ISO 4217 has no such currency.
    """
    code = words.strip().upper()
    if code not in DECIMALS:
        shown = visible(words.strip(), LONGEST_WORDS)
        raise QuestionError(f"ISO 4217 has no currency {shown!r}; write its code, for example currency=EUR.")
    return code


def minor_units(words: str, currency: str, name: str = "amount") -> int:
    """Read an amount of a currency as whole minor units; `name` is the argument it came in.

    Raises:
        QuestionError: it is no plain decimal number, or has more decimals than the currency.
    """
    found, most = AMOUNT.fullmatch(words.strip()), DECIMALS[currency]
    if not found:
        raise QuestionError(
            f"{name} is a plain number with a point before the decimals and nothing between thousands; "
            f"write {name}={_corrected(words, most)}."
        )
    sign, whole, decimals = found[1], found[2], found[3] or ""
    if len(decimals) > most:
        raise QuestionError(
            f"{name} has more decimals than {currency}, which has {most or 'none'}; "
            f"write {name}={sign}{_cut(whole, decimals, most)}."
        )
    return int(f"{sign}{whole}{decimals.ljust(most, '0')}")


def written(minor: int, currency: str) -> str:
    """Write minor units as a decimal string, with all decimals that the currency has."""
    return _decimal(minor, DECIMALS[currency])


def summed(amounts: Sequence[str]) -> str:
    """Sum amounts of one currency, at least one, with the decimals that they have."""
    return str(sum(map(Decimal, amounts[1:]), Decimal(amounts[0])))


def unit_of(currency: str) -> int:
    """Count the minor units of one unit of a currency."""
    return 10 ** DECIMALS[currency]


def per_thousand(minor: int, requests: int, currency: str) -> str | None:
    """Write what 1,000 requests cost, with two decimals more than the currency has; None without requests."""
    if not requests:
        return None
    finer = rounded(Fraction(minor * 1_000 * 100, requests))
    return _decimal(finer, DECIMALS[currency] + 2)


def price_of(words: str, currency: str) -> Fraction:
    """Read the price of a request, such as 0.0012 or, per 1,000 requests, 1.20/1000, in minor units.

    Raises:
        QuestionError: it is no such price, or not above 0.
    """
    value = _price(words)
    if value is None or value <= 0:
        raise QuestionError(
            "unit_price is the price of one request, or of so many, above 0; "
            "write unit_price=0.0012, or unit_price=1.20/1000."
        )
    return value * unit_of(currency)


def tier_price(words: str, currency: str) -> Fraction:
    """Read the price of a tier in minor units, which may be 0; edgedns.toml was checked when it was read."""
    return (_price(words) or Fraction(0)) * unit_of(currency)


def exactly(value: Fraction) -> str | None:
    """Write a number in decimals; None where no 12 of them are exact."""
    most = next((most for most in range(MOST_DECIMALS + 1) if not 10**most % value.denominator), None)
    return None if most is None else _decimal(int(value * 10**most), most)


def nearly(value: Fraction) -> str:
    """Write a number with 12 decimals."""
    return _decimal(rounded(value * 10**MOST_DECIMALS), MOST_DECIMALS)


def rounded(value: Fraction) -> int:
    """Round to a whole number, a half away from 0."""
    whole = (2 * abs(value.numerator) + value.denominator) // (2 * value.denominator)
    return whole if value >= 0 else -whole


def _price(words: str) -> Fraction | None:
    price, slash, requests = (part.strip() for part in words.partition("/"))
    many = int(requests) if re.fullmatch(r"[1-9]\d{0,8}", requests, re.ASCII) else 0
    if not AMOUNT.fullmatch(price) or (slash and not many):
        return None
    return Fraction(price) / (many or 1)


def _decimal(units: int, decimals: int) -> str:
    digits = str(abs(units)).rjust(decimals + 1, "0")
    sign = "-" if units < 0 else ""
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}" if decimals else f"{sign}{digits}"


def _cut(whole: str, decimals: str, most: int) -> str:
    return f"{whole}.{decimals[:most]}" if most else whole


def _corrected(words: str, most: int) -> str:
    """Write an amount as it was probably meant: three digits behind the only kind of separator stand for thousands."""
    found = NUMBER.fullmatch(words) if len(words) <= LONGEST_WORDS else None
    number = re.sub(r"[' ]", "", found[1]).rstrip(".,") if found else ""
    if not 0 < len(number) <= LONGEST_NUMBER:
        return f"1200.{'0' * most}".rstrip(".")
    head, separator, tail = _parted(number)
    is_decimal = separator not in head and (len(tail) != A_THOUSAND or not head.lstrip("-").isdecimal())
    whole = re.sub(r"[.,]", "", head)
    if not separator or not is_decimal:
        return whole + tail
    return f"{whole or 0}.{tail[:most]}" if most else whole or "0"


def _parted(number: str) -> tuple[str, str, str]:
    """Split at the last separator."""
    at = max(number.rfind("."), number.rfind(","))
    return (number[:at], number[at], number[at + 1 :]) if at >= 0 else (number, "", "")
