"""What a benchmark found: figures held against a bound, and figures told for information."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Literal, NamedTuple, TypeAlias

Judge = Literal["min", "median"]


class Held(NamedTuple):
    """A figure and the bound that it must keep to."""

    what: str
    ours: str
    against: str
    figure: float
    bound: float
    unit: str = "x"
    sign: Literal["<=", ">="] = "<="

    @property
    def holds(self) -> bool:
        return self.figure <= self.bound if self.sign == "<=" else self.figure >= self.bound


class Told(NamedTuple):
    """A figure without a bound."""

    what: str
    figure: str


Line: TypeAlias = Held | Told


@dataclass(frozen=True)
class Part:
    """One question to the machine: how it was asked, and what came out."""

    title: str
    method: str
    lines: Sequence[Line]


class Times:
    """How long the same thing took, again and again, in milliseconds."""

    def __init__(self) -> None:
        self._taken: list[float] = []

    def add(self, seconds: float) -> None:
        self._taken.append(seconds * 1000)

    @property
    def min(self) -> float:
        return min(self._taken)

    @property
    def median(self) -> float:
        return median(self._taken)

    @property
    def p99(self) -> float:
        return quantiles(self._taken, n=100, method="inclusive")[98]

    def words(self) -> str:
        parts = [f"min {_short(self.min)}", f"median {_short(self.median)}"]
        if len(self._taken) >= 100:
            parts.append(f"p99 {_short(self.p99)}")
        return ", ".join(parts) + " ms"


def ratio(what: str, ours: Times, against: Times, bound: float, judge: Judge) -> Held:
    """Hold ours against the other side of the same run, by the figure that noise disturbs least there."""
    figure = getattr(ours, judge) / getattr(against, judge)
    return Held(f"{what} ({judge})", ours.words(), against.words(), figure, bound)


def _short(ms: float) -> str:
    return f"{ms:.0f}" if ms >= 100 else f"{ms:.2f}"
