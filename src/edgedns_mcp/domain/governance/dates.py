"""What dates say of a key: expired, soon to expire, revoked or replaced and used all the same, old."""

from edgedns_mcp.domain.governance.subject import Situation, Subject, days_between, next_hour
from edgedns_mcp.domain.naming import visible
from edgedns_mcp.models import Reason

NEAR_EXPIRY_DAYS = 30
OLD_DAYS = 365


def expired(one: Subject, given: Situation) -> Reason | None:
    """Expired, and used since or not."""
    expires = one.key.expires_at
    if not expires or expires > given.now:
        return None
    is_used = one.is_used and one.last_used is not None and one.last_used >= next_hour(expires)
    return Reason("expired_but_used" if is_used else "expired", at=expires, days=days_between(expires, given.now))


def near_expiry(one: Subject, given: Situation) -> Reason | None:
    """In use, and expired within 30 days."""
    expires = one.key.expires_at
    if not expires or expires <= given.now or not one.is_used:
        return None
    days = days_between(given.now, expires)
    return Reason("near_expiry", at=expires, days=days, number=one.requests) if days < NEAR_EXPIRY_DAYS else None


def revoked_but_used(one: Subject, given: Situation) -> Reason | None:
    """Revoked, and requests came in a later hour."""
    revoked = one.key.revoked_at
    if not revoked or revoked > given.now or not one.is_used or one.last_used is None:
        return None
    return Reason("revoked_but_used", at=revoked) if one.last_used >= next_hour(revoked) else None


def replaced_but_used(one: Subject, given: Situation) -> Reason | None:
    """Replaced by another key on record, and used in the window all the same."""
    del given
    if not one.key.replaced_by or not one.requests:
        return None
    return Reason("replaced_but_used", number=one.requests, words=(visible(one.key.replaced_by),))


def old(one: Subject, given: Situation) -> Reason | None:
    """In use, created more than a year ago, and nothing on record replaces it."""
    born = one.key.created_at
    if not born or one.key.replaced_by or not one.is_used:
        return None
    days = days_between(born, given.now)
    return Reason("old", at=born, days=days) if days > OLD_DAYS else None
