"""What was looked at, what was found, and what to do about it."""

from collections.abc import Callable, Iterator
from typing import Literal

from edgedns_mcp.errors import UsageError
from edgedns_mcp.models import Model

State = Literal["ok", "warn", "fail"]


class Check(Model):
    """One thing that was looked at."""

    what: str
    state: State
    found: str
    fix: str = ""


def passed(what: str, found: str) -> Check:
    """Say that nothing is wrong."""
    return Check(what=what, state="ok", found=found)


def doubtful(what: str, found: str, fix: str) -> Check:
    """Say what may become wrong."""
    return Check(what=what, state="warn", found=found, fix=fix)


def failed(what: str, found: str, fix: str = "") -> Check:
    """Say what is wrong; a sentence of ours says itself what to do."""
    return Check(what=what, state="fail", found=found, fix=fix)


def looked(what: str, look: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    """Look, and take an error for what was found."""
    try:
        yield from look()
    except UsageError as exc:
        yield failed(what, str(exc))
