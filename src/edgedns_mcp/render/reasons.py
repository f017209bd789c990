"""What is to be done about a key, in words: why, the one thing to do, and what doing it may break."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from edgedns_mcp.models import AuditAction, LimitProposal, Reason, SourceName
from edgedns_mcp.render.phrases import inert, listed

UNASSIGNED = "unassigned"  # the team of keys that have none
PLAIN_ID = re.compile(r"\w[\w.-]*", re.ASCII)
INVENTORY = "edgedns-mcp keys import keys.csv, with key_id"
FOR_GOOD = "Revoking is for good."


class Wording(NamedTuple):
    """What the sentences are about: a key by its id, whose it is, and where keys are kept."""

    key_id: str
    team: str
    requests: int
    source: SourceName
    zone: ZoneInfo
    span: str  # how long the figures are of: "in 30 days"
    proposal: LimitProposal | None = None
    created: datetime | None = None


def evidence(reasons: Sequence[Reason], of: Wording) -> str:
    """Say why something is to be done."""
    return " ".join(_why(reason, of) for reason in reasons)


def next_step(action: AuditAction, reason: Reason, of: Wording) -> str:
    """Say the one thing to do."""
    match action:
        case "revoke":
            return f"Ask {_who(of)} whether anything still needs it; if not, {_revoke(of)}."
        case "rotate":
            return _rotate(reason, of)
        case "rename":
            return _rename(reason, of)
        case "limit":
            asking = (
                f"Ask {_who(of)} whether the budget or the use is to change. " if reason.kind == "over_budget" else ""
            )
            return f"{asking}{_limit(of)}"
        case "move":
            return _move(reason, of)
        case "repair":
            where = f" to {inert(reason.words[0])}" if reason.words else ""
            check = "; check that its plan and scopes allow them" if reason.words[2:] == ("100.0",) else ""
            return f"Ask {_who(of)} to repair the calls{where}{check}."


def risk(action: AuditAction, reason: Reason) -> str:
    """Say what doing it may break."""
    match reason.kind:
        case "never_used":
            return f"None that can be seen: nothing was ever sent with it. {FOR_GOOD}"
        case "expired":
            return f"None: it opens nothing any more. {FOR_GOOD}"
        case "dormant" | "zero_in_window":
            return f"A job that runs less than once in {_days(reason.days)} would fail. {FOR_GOOD}"
        case "revoked_but_used":
            return "None: the key is revoked already."
        case "no_owner":
            return "None: only the inventory changes."
        case _:
            return _RISKS[action]


_RISKS: dict[AuditAction, str] = {
    "revoke": FOR_GOOD,
    "rotate": "A program that is forgotten fails once the old key is revoked; wait until its requests fall to 0.",
    "rename": "None to programs, which use the secret; reports that are kept by its old name change.",
    "limit": "Requests above it are refused; raise it before launches and load tests.",
    "move": "A program that is forgotten keeps using this key, or fails once it is revoked.",
    "repair": "None while the calls fail; try the repaired program with a test key first.",
}


def _why(reason: Reason, of: Wording) -> str:
    day, days = reason.at and _day(reason.at, of.zone), _days(reason.days)
    match reason.kind:
        case "never_used":
            return f"Created on {day}, and never used in the {days} since."
        case "dormant":
            return f"Last used on {day}; no request on the {days} since that were observed."
        case "zero_in_window":
            created = f"Created on {_day(of.created, of.zone)}; no" if of.created else "No"
            return f"{created} request on the {days} observed from {day} on; use before that is not known."
        case "expired":
            return f"Expired on {day}; no request since is known."
        case "near_expiry":
            return f"Expires on {day}, in {days}, and made {_requests(reason.number)} {of.span}."
        case "old":
            return f"Created on {day}, {days} ago, and still used; no successor is on record."
        case _:
            return _done(reason, of)


def _done(reason: Reason, of: Wording) -> str:
    """Say what was done with a key that should not have been."""
    day, made = reason.at and _day(reason.at, of.zone), _requests(reason.number)
    match reason.kind:
        case "open_finding":
            severity, kind, finding_id = reason.words
            begun = f"woke on {day} and made {made}" if kind == "dormant" else f"made {made}, far above its usual,"
            since = "" if kind == "dormant" else f" from {day} on"
            return f"Open finding {finding_id} ({severity}): it {begun} in {_days(reason.days)}{since}."
        case "expired_but_used":
            used = f"made {made}" if reason.number else "was used"
            return f"Expired on {day}, and {used} since{_failed(reason)}."
        case "revoked_but_used":
            return f"Revoked on {day}, and {made} came with it since{_failed(reason)}."
        case "replaced_but_used":
            return f"Replaced by {inert(reason.words[0])}, and still made {made} {of.span}."
        case _:
            return _what(reason, of)


def _what(reason: Reason, of: Wording) -> str:
    number, span, words = reason.number, of.span, [inert(word) for word in reason.words]
    match reason.kind:
        case "wrong_environment":
            seen = f"made {_requests(number)} in" if number else "was seen in"
            return f"Meant for {words[0]}, and {seen} {listed(words[1:])} {span}."
        case "name_conflict":
            return f"Named like a {words[0]} key, and declared {words[1]}."
        case "duplicate_name":
            more = "1 more key of its environment has" if number == 1 else f"{number} more keys of its environment have"
            return f"{more} its name; {words[0]} is used most."
        case "error_heavy":
            part = words and ("all" if words[1] == str(number) else words[1])
            where = f", {part} of them on {words[0]}, where {words[2]} % fail" if words else ""
            return f"{reason.percent} % of its {_requests(of.requests)} {span} failed: {number}{where}."
        case "several_services":
            shared = f"at most {reason.percent} % of their use falls on" if reason.percent else "hardly any of it at"
            return f"{number} kinds of use at different times: {listed(words)}; {shared} the same times."
        case "over_budget":
            return _budget(reason, of)
        case "concentration":
            return f"Carries {reason.percent} % of the requests of all {number} used keys."
        case "no_owner":
            return f"Belongs to no team, and made {_requests(number)} {span}."
        case _:
            return _history(of)


def _budget(reason: Reason, of: Wording) -> str:
    kind, name, limit, own = (inert(word) for word in reason.words)
    used = f"is used to {reason.percent} % since {_day(reason.at, of.zone) if reason.at else 'then'}"
    if kind == "key":
        return f"Its budget of {limit} {used}."
    whose = f"team {name}" if kind == "team" else "all keys"
    return f"The budget of {whose}, {limit}, {used}, {own} % of that by this key."


def _history(of: Wording) -> str:
    found = of.proposal
    if not found:
        return "Its requests were counted over stretches that no limit can be learnt from."
    busiest = f"Its busiest {found.per} of 28 days had {_requests(found.record_count)}, 99 % at most {found.p99_count}"
    blocked = f"in {found.blocked or 'none'} of {found.tested} past {found.per}s"
    tried = f"a limit of {found.limit_count} would have blocked requests {blocked}"
    if found.burst_start is None:
        return f"{busiest}; {tried}."
    burst = f"in {found.blocked_in_burst} of the burst of {_day(found.burst_start, of.zone)}, which was left out"
    return f"{busiest}; {tried}, and {burst}."


def _rotate(reason: Reason, of: Wording) -> str:
    if reason.kind == "open_finding":
        return f"Ask {_who(of)} whether that was theirs; if nobody knows, revoke it at once and give out a new key."
    by = f" before {_day(reason.at, of.zone)}" if reason.kind == "near_expiry" and reason.at else ""
    new = "Make a new key in your EdgeDNS account" if _at_edgedns(of) else "Make a new key where this one was issued"
    noted = "" if _at_edgedns(of) else f"; note both: edgedns-mcp keys link {_id(of)} NEW_KEY_ID"
    return f"{new}, move its program over{by}, then revoke this one{noted}."


def _rename(reason: Reason, of: Wording) -> str:
    if reason.kind == "duplicate_name":
        return f"Give it a name of its own {_renamed(of)}."
    return (
        f"Ask {_who(of)} which is right: a wrong name is mended {_renamed(of)}, a wrong environment by a new key of "
        "the right one."
    )


def _limit(of: Wording) -> str:
    found = of.proposal
    if not found:
        return "Ask again once each hour was recorded for a week."
    where = "in your EdgeDNS account" if _at_edgedns(of) else "at your gateway"
    budget = f", and plan a budget of {found.monthly_budget} in 30 days" if found.monthly_budget else ""
    return f"Limit it to {_requests(found.limit_count)} in each {found.per} {where}{budget}."


def _move(reason: Reason, of: Wording) -> str:
    who, words = _who(of), [inert(word) for word in reason.words]
    match reason.kind:
        case "wrong_environment":
            wrong = listed(words[1:])
            return (
                f"Ask {who} which program uses it in {wrong}, give that one a {wrong} key, and rotate this key; if "
                "that is meant to be so, allow it in the teams file."
            )
        case "several_services":
            return "Give each of them a key of its own, named for it, and leave this one to the first."
        case "revoked_but_used":
            return f"Ask {who} which program still sends it, and give that program a key of its own."
        case "replaced_but_used":
            return f"Move what still uses it to {words[0]}, then revoke this one."
        case _:
            return f"Find out whose it is, and record it in the teams file, or by {INVENTORY} and team."


def _revoke(of: Wording) -> str:
    if _at_edgedns(of):
        return "revoke it in your EdgeDNS account"
    return f"revoke it where it was issued, and note it: edgedns-mcp keys revoke {_id(of)}"


def _renamed(of: Wording) -> str:
    return "in your EdgeDNS account" if _at_edgedns(of) else f"by {INVENTORY} and name"


def _at_edgedns(of: Wording) -> bool:
    return of.source in ("edgedns", "demo")


def _who(of: Wording) -> str:
    return f"team {inert(of.team)}" if of.team not in ("", UNASSIGNED) else "its owner"


def _id(of: Wording) -> str:
    """Give the id as a command takes it; one that a shell would act on stands for itself."""
    return of.key_id if PLAIN_ID.fullmatch(of.key_id) else "KEY_ID"


def _failed(reason: Reason) -> str:
    return f", {reason.percent} % of which failed" if reason.percent is not None else ""


def _days(count: int) -> str:
    return f"{count} day{'' if count == 1 else 's'}"


def _requests(count: int) -> str:
    return f"{count} request{'' if count == 1 else 's'}"


def _day(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d}"
