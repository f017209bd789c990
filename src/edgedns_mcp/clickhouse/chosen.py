"""Questions about some keys: few are named in the question, of many all are asked for and sorted out here."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

MOST = 1_000
MOST_CHARACTERS = 50_000  # a server takes 128 kB for one value unless told otherwise


class Chosen(NamedTuple):
    """A condition on key ids, and the values that it binds."""

    condition: str = ""
    values: Mapping[str, object] = {}


def are_few(key_ids: Collection[str]) -> bool:
    """Tell whether these can be named in a question."""
    return len(key_ids) <= MOST and sum(map(len, key_ids)) <= MOST_CHARACTERS


def only(key_ids: Collection[str] | None) -> Chosen:
    """Ask for these keys, or where they are many or None, for all."""
    if key_ids is None or not are_few(key_ids):
        return Chosen()
    return Chosen(" AND key_id IN {key_ids:Array(String)}", {"key_ids": list(key_ids)})


def but(key_ids: Collection[str]) -> Chosen:
    """Ask for all keys but these, which are few."""
    if not key_ids:
        return Chosen()
    return Chosen(" AND key_id NOT IN {key_ids:Array(String)}", {"key_ids": list(key_ids)})
