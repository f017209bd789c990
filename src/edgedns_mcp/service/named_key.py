"""The key that a question names: a whole secret is cut before anything else sees it, and nobody is guessed."""

from collections.abc import Collection, Sequence
from typing import Literal, NamedTuple

from edgedns_mcp.domain import naming
from edgedns_mcp.domain.teams import team_of
from edgedns_mcp.errors import QuestionError
from edgedns_mcp.models import Key, secrets
from edgedns_mcp.render.key_summary import ROTATE

MOST_CANDIDATES = 10


class Named(NamedTuple):
    """The words for a key; `wanted` never holds a whole secret."""

    wanted: str
    was_secret: bool


class Found(NamedTuple):
    """Who was meant, and by what."""

    by: Literal["id", "name", "last_four", "part", "several"]
    keys: Sequence[Key]


def named(words: str) -> Named:
    """Take the words in at the door."""
    return Named(*naming.at_the_door(words))


def find(asked: Named, keys: Sequence[Key], used: Collection[str] = ()) -> Found:
    """Find the key that is meant, its twins, or the candidates; `used` are the ids in the data, listed or not.

    Raises:
        QuestionError: no key is meant by these words.
    """
    if asked.wanted in used and all(key.key_id != asked.wanted for key in keys):
        return Found("id", (Key(key_id=asked.wanted, name=asked.wanted),))
    match = (naming.find_by_secret if asked.was_secret else naming.find)(asked.wanted, keys)
    if match.by == "none":
        raise QuestionError(f"{ROTATE} {_nobody(asked, keys)}" if asked.was_secret else _nobody(asked, keys))
    return Found(match.by, match.keys)


def _nobody(asked: Named, keys: Sequence[Key]) -> str:
    if not keys:
        return "There is no key to look it up among; ask server_status where the figures come from."
    wanted, near = naming.visible(asked.wanted), naming.nearest(asked.wanted, keys)
    if asked.was_secret:
        return f"No key is known to end in {wanted}; ask for it by its name or key_id."
    if secrets.LONG_TOKEN.fullmatch(asked.wanted):
        return "No key is known by this long token; if it is a secret, rotate it now, and ask by name or key_id."
    if asked.wanted.casefold() in {team_of(key).casefold() for key in keys}:
        return f"No key is named {wanted}, but a team is; ask usage_by_key with team={wanted}."
    known = f"the nearest names are {', '.join(near)}" if near else "usage_by_key lists all names"
    return f"No key has the id, name, last four or part '{wanted}'; {known}."
