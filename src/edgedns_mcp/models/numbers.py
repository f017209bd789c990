"""Numbers as people write them beside names: payments=60,growth=40, or /v1/export=10."""

import re

SHARE = r"[0-9]{1,3}(?:\.[0-9]{1,9})?"  # percent
WEIGHT = r"[0-9]{1,6}(?:\.[0-9]{1,9})?"
MONTH = r"^[12][0-9]{3}-(0[1-9]|1[0-2])$"
MOST_NAMES = 1_000


def named_numbers(words: str, number: str) -> dict[str, str]:
    """Read names and a number of each, between commas, semicolons or lines; % may stand behind a number.

    Raises:
        ValueError: it is not written like this, or names something twice.
    """
    found: dict[str, str] = {}
    for part in filter(str.strip, re.split(r"[,;\n]", words)):
        at = max(part.rfind("="), part.rfind(":"))
        name, written = part[: max(at, 0)].strip(), part[at + 1 :].strip().removesuffix("%").rstrip()
        if not (name and re.fullmatch(number, written)) or name in found or len(found) == MOST_NAMES:
            raise ValueError("no name with a number, one named twice, or too many")
        found[name] = written
    return found
