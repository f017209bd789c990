"""Whose use a stretch of time holds: every key that lived in it, also one that was revoked since."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from edgedns_mcp.domain.cells import add
from edgedns_mcp.domain.tallies import tallies_of
from edgedns_mcp.domain.usages import Usages, roster_of, with_tallies
from edgedns_mcp.models import Key, Tally


def present(keys: Iterable[Key], tallies: Mapping[str, Tally], start: datetime, end: datetime) -> Usages:
    """Give each key that lived between `start` and `end`, or made requests, its tally; by name."""
    members = roster_of(keys).members
    every = with_tallies(members, tallies_of(tallies).parted(members.key_ids)[0])
    begin, until = start.timestamp(), end.timestamp()
    rows = zip(every.members, every.requests, every.slack, strict=True)
    return every.only([(one.born < until and one.gone > begin) or some > 0 or slack != 0 for one, some, slack in rows])


def unknown(keys: Iterable[Key], tallies: Mapping[str, Tally]) -> Tally:
    """Sum what was used with no key, or with none of these."""
    return add(tallies_of(tallies).parted(roster_of(keys).members.key_ids)[1].values())
