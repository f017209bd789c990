"""Which key is meant, and how a name from outside may be shown."""

import re
import unicodedata
from collections.abc import Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import Literal, NamedTuple

from edgedns_mcp.models import Key
from edgedns_mcp.models.secrets import LAST_FOUR, SECRET, cut

NAME_LENGTH = 60
PATH_LENGTH = 120
FINGERPRINT = "secret-"  # how the id of a key begins whose secret was read in its place
UNNAMED = "(unnamed)"
CLOSE = 0.6  # of difflib's ratio; below it a name is no near miss
# Letters and marks by category that show nothing: joiners, fillers, variation selectors (Unicode's default ignorables).
BLANK = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
INVISIBLE = frozenset(
    ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
)  # control, bidi and zero-width, surrogates, unassigned

MatchedBy = Literal["id", "name", "last_four", "part", "several", "none"]


class Match(NamedTuple):
    """Who was meant, and by what."""

    by: MatchedBy
    keys: list[Key]


def visible(text: str, most: int = NAME_LENGTH) -> str:
    """Make a text from outside safe to show: no invisible characters, one line, at most `most` characters."""
    return _seen_before(text, most) if len(text) <= PATH_LENGTH else _cleaned(text, most)


def _cleaned(text: str, most: int) -> str:
    if not (text.isascii() and text.isprintable()):
        spaced = re.sub(r"\s+", " ", text)
        text = "".join(char for char in BLANK.sub("", spaced) if unicodedata.category(char) not in INVISIBLE)
    text = cut(text.strip())
    return text if len(text) <= most else text[: most - 3] + "..."


_seen_before = lru_cache(maxsize=1 << 16)(_cleaned)


def shown_name(key: Key) -> str:
    """Give the name that a key goes by in an answer."""
    return visible(key.name) or visible(key.key_id) or UNNAMED


def at_the_door(asked: str) -> tuple[str, bool]:
    """Cut a whole secret to its last four characters; tell whether there was one."""
    found = SECRET.search(asked)
    return (found[0][-LAST_FOUR:], True) if found else (asked.strip(), False)


def find_by_secret(last_four: str, keys: Sequence[Key]) -> Match:
    """Find the key whose secret ends in `last_four`, and no key that is merely named alike.

    A secret that stood in a log is stored as a fingerprint, which ends like it.
    """
    found = [key for key in keys if last_four in (key.last_four, _ends_fingerprint(key.key_id))]
    return Match("last_four" if found else "none", found)


def _ends_fingerprint(key_id: str) -> str:
    return key_id[-LAST_FOUR:] if key_id.startswith(FINGERPRINT) else ""


def find(asked: str, keys: Sequence[Key]) -> Match:
    """Find the key that is meant: by exact id, then exact name, then last four, then a unique part.

    Keys that share one exact name (live and test twins) are one match; several keys by part are candidates.
    """
    wanted = asked.casefold()
    exact: list[tuple[MatchedBy, list[Key]]] = [
        ("id", [key for key in keys if asked in (key.key_id, visible(key.key_id))]),
        ("name", [key for key in keys if wanted in (key.name.casefold(), shown_name(key).casefold())]),
        ("name", _alike(asked, keys)),
        ("last_four", [key for key in keys if _ends(key).casefold() == wanted.removeprefix("...")]),
    ]
    for by, found in exact:
        if found:
            return Match(by, found)
    parts = [key for key in keys if wanted and wanted in f"{shown_name(key)}\n{key.name}\n{key.key_id}".casefold()]
    if not parts:
        return Match("none", [])
    names = {shown_name(key) for key in parts}
    return Match("part" if len(names) == 1 else "several", parts)


def _alike(asked: str, keys: Sequence[Key]) -> list[Key]:
    """Find names written with other separators, or with the environment behind: "payments fraud live"."""
    folded = _folded(asked)
    base, _, last = folded.rpartition("-")
    plain = [key for key in keys if _folded(shown_name(key)) == folded]
    return plain or [key for key in keys if _folded(shown_name(key)) == base and key.environment == last]


def _folded(name: str) -> str:
    return re.sub(r"[\s_.()-]+", "-", name.casefold()).strip("-")


def nearest(asked: str, keys: Sequence[Key]) -> list[str]:
    """Name up to three keys whose names look much like `asked`."""
    names = {shown_name(key).casefold(): shown_name(key) for key in keys}
    return [names[name] for name in get_close_matches(asked.casefold(), names, n=3, cutoff=CLOSE)]


def _ends(key: Key) -> str:
    return key.last_four or key.key_id[-LAST_FOUR:]
