"""How far long work is: told by whoever does it, to whoever looks."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeAlias, TypeVar

Thing = TypeVar("Thing")


class Far(NamedTuple):
    """How far some work is: so much of `size`, which is None where nobody knows it."""

    said: str
    done: float
    size: float | None
    unit: str


Tell: TypeAlias = Callable[[Far], None]


def tell_nobody(_far: Far) -> None:
    """Keep it to oneself."""


def counted(things: Iterable[Thing], far: Far, tell: Tell, each: int = 1) -> Iterator[Thing]:
    """Give one thing after the other, and tell after `each` of them how many are done."""
    done = 0
    for one in things:
        if not done % each:
            tell(far._replace(done=done))
        yield one
        done += 1
    tell(far._replace(done=done))
