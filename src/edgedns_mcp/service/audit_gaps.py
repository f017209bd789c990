"""What a key audit could not test: of how many keys, why, and the exact setting or command that would mend it."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from edgedns_mcp.domain.anomalies.misplaced import declared
from edgedns_mcp.domain.governance.idle import use_of
from edgedns_mcp.domain.governance.limits import LEAST_DAYS
from edgedns_mcp.models import AuditChoice, AuditTest, SourceName, Untested
from edgedns_mcp.render.phrases import plural
from edgedns_mcp.service.audited import MOST_STUDIED, Audited, can_be_limited, is_to_be_limited

RECORD = "leave this server running, or run edgedns-mcp record --every 1h"
DATES = "EdgeDNS is asked for it once a day, see server_status; or edgedns-mcp keys import keys.csv"
INVENTORY = "edgedns-mcp keys import keys.csv, with key_id and {column}"
TEAMS = "write a teams file and set EDGEDNS_TEAMS_FILE, or edgedns-mcp keys import keys.csv, with key_id and team"
UNDECLARED = "without a declared environment"
LOGS = "edgedns-mcp import access.log, from a log that names the environment"
FIXES: Mapping[SourceName, Mapping[AuditTest, str]] = {
    "edgedns": {
        "use": RECORD,
        "age": DATES,
        "expiry": DATES,
        "owner": TEAMS,
        "environment": LOGS,
        "errors": "EdgeDNS did not state it",
        "services": RECORD,
        "limit": RECORD,
    },
    "local": {
        "use": "edgedns-mcp import an older log, or ask with fewer dormant_days",
        "age": INVENTORY.format(column="created_at"),
        "expiry": INVENTORY.format(column="expires_at"),
        "owner": TEAMS,
        "environment": LOGS,
        "errors": "edgedns-mcp import access.log, from a log with status codes",
        "services": "ask with team or name_contains",
        "limit": "ask again once a week was observed",
    },
}
TESTS_OF: Mapping[AuditChoice, Sequence[AuditTest]] = {
    "all": ("use", "age", "expiry", "owner", "environment", "errors", "services"),
    "revoke": ("use", "expiry"),
    "rotate": ("age", "expiry"),
    "rename": (),
    "limit": ("limit",),
    "move": ("owner", "environment", "services"),
    "repair": ("errors",),
}


def untested(found: Audited, action: AuditChoice, source: SourceName) -> tuple[Untested, ...]:
    """List what was asked and could not be tested."""
    fixes = FIXES["edgedns" if source == "edgedns" else "local"]
    return tuple(
        Untested(
            test=test,
            keys=keys,
            why=why,
            fix=INVENTORY.format(column="environment") if why == UNDECLARED else fixes[test],
        )
        for test in TESTS_OF[action]
        for keys, why in _LACKS[test](found)
        if keys
    )


def _use(found: Audited) -> Iterator[tuple[int, str]]:
    given = found.given
    observed = given.observed_s(0) // 86_400
    unknown = sum(use_of(one, given).state == "unknown" for one in found.subjects)
    days = f"{plural(observed, 'day')} of the {given.dormant_days} asked about"
    yield unknown, f"without a request in what was observed, {days}"


def _age(found: Audited) -> Iterator[tuple[int, str]]:
    yield sum(one.key.created_at is None for one in found.subjects), "without a date of creation"


def _expiry(found: Audited) -> Iterator[tuple[int, str]]:
    """A key without an expiry may never expire; where no key has a date of the kind, nobody stated them."""
    if not any(one.key.expires_at or one.key.last_used_at for one in found.subjects):
        yield len(found.subjects), "without a date of expiry"


def _owner(found: Audited) -> Iterator[tuple[int, str]]:
    if not found.given.has_teams:
        yield sum(one.is_used for one in found.subjects), "of no team, as all keys are"


def _environment(found: Audited) -> Iterator[tuple[int, str]]:
    used = [one for one in found.subjects if one.requests]
    unseen = sum(not one.seen - {"unknown"} for one in used if declared(one.key) != "unknown")
    yield unseen, "whose requests name no environment"
    yield sum(declared(one.key) == "unknown" for one in used), UNDECLARED


def _errors(found: Audited) -> Iterator[tuple[int, str]]:
    yield sum(one.errors is None for one in found.subjects if one.requests), "whose errors are not known"


def _services(found: Audited) -> Iterator[tuple[int, str]]:
    yield found.unstudied, f"that call several groups of endpoints, beside the {MOST_STUDIED} looked at"


def _limit(found: Audited) -> Iterator[tuple[int, str]]:
    wanted = [one for one in found.subjects if is_to_be_limited(one, found.given.now)]
    yield sum(not can_be_limited(one, found.recorded) for one in wanted), f"observed for less than {LEAST_DAYS} days"


_LACKS: Mapping[AuditTest, Callable[[Audited], Iterator[tuple[int, str]]]] = {
    "use": _use,
    "age": _age,
    "expiry": _expiry,
    "owner": _owner,
    "environment": _environment,
    "errors": _errors,
    "services": _services,
    "limit": _limit,
}
