"""From reasons to things to do: one for each key and action, the most urgent first, then the least effort.

What is alike comes by the kind of reason, then by requests, most first, then by key id: the order is always the same.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, get_args

from edgedns_mcp.domain.anomalies.misplaced import declared
from edgedns_mcp.domain.governance.dates import expired, near_expiry, old, replaced_but_used, revoked_but_used
from edgedns_mcp.domain.governance.idle import unused, use_of
from edgedns_mcp.domain.governance.load import concentration, error_heavy
from edgedns_mcp.domain.governance.places import duplicate_names, name_conflict, no_owner, wrong_environment
from edgedns_mcp.domain.governance.subject import Situation, Subject
from edgedns_mcp.models import AuditAction, AuditReason, Effort, Reason, Urgency

SOON_DAYS = 7  # to expiry, from which on it is urgent
VERY_OLD_DAYS = 730
HIGH_FROM_PERCENT = {"over_budget": 100.0, "error_heavy": 50.0}  # of a budget, of all requests

Rule = Callable[[Subject, Situation], Reason | None]
RULES: tuple[Rule, ...] = (
    revoked_but_used,
    expired,
    near_expiry,
    unused,
    replaced_but_used,
    wrong_environment,
    name_conflict,
    error_heavy,
    concentration,
    old,
    no_owner,
)
ACTION_OF: Mapping[AuditReason, AuditAction] = {
    "never_used": "revoke",
    "dormant": "revoke",
    "zero_in_window": "revoke",
    "expired": "revoke",
    "expired_but_used": "rotate",
    "near_expiry": "rotate",
    "open_finding": "rotate",
    "old": "rotate",
    "revoked_but_used": "move",
    "replaced_but_used": "move",
    "wrong_environment": "move",
    "several_services": "move",
    "no_owner": "move",
    "name_conflict": "rename",
    "duplicate_name": "rename",
    "error_heavy": "repair",
    "over_budget": "limit",
    "concentration": "limit",
    "limit_proposal": "limit",
}
EFFORT_OF: Mapping[AuditReason, Effort] = {
    "never_used": "small",
    "dormant": "small",
    "zero_in_window": "small",
    "expired": "small",
    "expired_but_used": "medium",
    "near_expiry": "medium",
    "open_finding": "medium",
    "old": "medium",
    "revoked_but_used": "medium",
    "replaced_but_used": "medium",
    "wrong_environment": "medium",
    "several_services": "large",
    "no_owner": "small",
    "name_conflict": "small",
    "duplicate_name": "small",
    "error_heavy": "large",
    "over_budget": "small",
    "concentration": "small",
    "limit_proposal": "small",
}
URGENCIES: tuple[Urgency, ...] = get_args(Urgency)
EFFORTS: tuple[Effort, ...] = get_args(Effort)
REASONS: tuple[AuditReason, ...] = get_args(AuditReason)


class Task(NamedTuple):
    """One thing to do about one key; `also` are reasons for other things, which this one settles."""

    subject: Subject
    action: AuditAction
    urgency: Urgency
    effort: Effort
    reasons: tuple[Reason, ...]
    also: tuple[AuditReason, ...] = ()


def reasons_of(every: Sequence[Subject], given: Situation) -> dict[str, list[Reason]]:
    """Hold every key against every rule."""
    named = duplicate_names(one for one in every if not is_gone(one, given.now))
    found: dict[str, list[Reason]] = {}
    for one in every:
        rules = RULES[:1] if is_gone(one, given.now) else RULES
        told = [reason for rule in rules if (reason := rule(one, given))]
        if one.key_id in named:
            told.append(named[one.key_id])
        found[one.key_id] = told
    return found


def tasks(every: Iterable[Subject], reasons: Mapping[str, Sequence[Reason]]) -> list[Task]:
    """Make reasons into things to do, in their order; a key that is to be revoked needs nothing else."""
    found = [task for one in every for task in _of_key(one, reasons.get(one.key_id, ()))]
    return sorted(found, key=_rank)


def unknown_of(every: Iterable[Subject], given: Situation, listed: Collection[str]) -> list[Subject]:
    """List the keys without anything to do of which nobody knows whether they are used."""
    return [one for one in every if one.key_id not in listed and use_of(one, given).state == "unknown"]


def is_gone(one: Subject, now: datetime) -> bool:
    """Tell whether a key was revoked by now."""
    return one.key.revoked_at is not None and one.key.revoked_at <= now


def has_ended(one: Subject, now: datetime) -> bool:
    """Tell whether a key was revoked, or has expired, by now."""
    expires = one.key.expires_at
    return is_gone(one, now) or (expires is not None and expires <= now)


def concerns(one: Subject, given: Situation) -> bool:
    """Tell whether a key is audited: a revoked one only where it was used since."""
    return not is_gone(one, given.now) or revoked_but_used(one, given) is not None


def urgency_of(one: Subject, reason: Reason) -> Urgency:
    """Weigh a reason: what is at risk as long as nothing is done."""
    is_live = declared(one.key) != "test"
    match reason.kind:
        case "revoked_but_used" | "expired_but_used":
            return "high"
        case "wrong_environment":
            return "high" if "live" in reason.words[1:] else "medium"
        case "near_expiry":
            return "high" if reason.days < SOON_DAYS else "medium"
        case "over_budget" | "error_heavy":
            return "high" if (reason.percent or 0) >= HIGH_FROM_PERCENT[reason.kind] else "medium"
        case "never_used" | "dormant" | "zero_in_window" | "name_conflict" | "no_owner":
            return "medium" if is_live else "low"
        case "old":
            return "medium" if is_live and reason.days > VERY_OLD_DAYS else "low"
        case "open_finding":
            return "high" if reason.words[0] == "critical" else "medium"
        case "several_services" | "concentration" | "replaced_but_used":
            return "medium"
        case "expired" | "duplicate_name" | "limit_proposal":
            return "low"


def _of_key(one: Subject, reasons: Sequence[Reason]) -> list[Task]:
    by_action: dict[AuditAction, list[Reason]] = {}
    for reason in reasons:
        by_action.setdefault(ACTION_OF[reason.kind], []).append(reason)
    every = [_task(one, action, some) for action, some in by_action.items()]
    if "revoke" not in by_action:
        return every
    others = tuple(kind for kind in REASONS if ACTION_OF[kind] != "revoke" and kind in {one.kind for one in reasons})
    return [task._replace(also=others) for task in every if task.action == "revoke"]


def _task(one: Subject, action: AuditAction, reasons: Sequence[Reason]) -> Task:
    ranked = sorted(reasons, key=lambda reason: (URGENCIES.index(urgency_of(one, reason)), REASONS.index(reason.kind)))
    effort = max(EFFORTS.index(EFFORT_OF[reason.kind]) for reason in reasons)
    return Task(one, action, urgency_of(one, ranked[0]), EFFORTS[effort], tuple(ranked))


def _rank(task: Task) -> tuple[int, int, int, int, str]:
    place = URGENCIES.index(task.urgency), EFFORTS.index(task.effort), REASONS.index(task.reasons[0].kind)
    return (*place, -task.subject.requests, task.subject.key_id)
