"""Where stories are played: who is free for one, when it may begin, and the label that tells the truth about it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Literal, NamedTuple

from lab_keys import Draft, Rhythm, Shape, drafts

Incident = Literal["spike", "dormant", "environment", "errors", "endpoint", "silence", "drip"]
Story = Literal[
    "month_end",
    "monthly_job",
    "surge",
    "level_shift",
    "first_use",
    "late_first_use",
    "pause",
    "allowed_environment",
    "unknown_environment",
    "rotation",
    "outage",
    "adoption",
    "reset",
]


class Label(NamedTuple):
    """What truly happened to a key, from its first slot to its last: an incident, or a story that is innocent."""

    key_id: str
    kind: Incident | Story
    first: int
    last: int
    factor: float = 0.0
    innocent: bool = False


@dataclass
class Stage:
    """An organisation while its stories are written; a key plays in one story at most."""

    seed: int
    draw: Random
    shape: Shape
    keys: list[Draft]
    unobserved: frozenset[int]
    labels: list[Label] = field(default_factory=list[Label])
    taken: set[str] = field(default_factory=set[str])

    @classmethod
    def built(cls, seed: int, shape: Shape) -> "Stage":
        """Make the keys of this seed, and the days that nobody observed (never the day a story begins)."""
        draw = Random(f"organisation {seed}")
        keys = drafts(draw, shape)
        days = draw.sample(range(5, shape.days - 1), shape.unobserved_days)
        per_day = shape.slots_per_day
        return cls(seed, draw, shape, keys, frozenset(day * per_day + hour for day in days for hour in range(per_day)))

    def count(self, per_thousand: int) -> int:
        """Scale a count for 1,000 keys to this organisation."""
        return max(1, round(per_thousand * self.shape.keys / 1000))

    def cast(
        self, per_thousand: int, rhythms: Iterable[Rhythm], fits: Callable[[Draft], bool] = lambda _: True
    ) -> list[Draft]:
        """Take keys that play in no story yet, each rhythm as likely as it is common."""
        wanted = frozenset(rhythms)
        free = [key for key in self.keys if key.rhythm in wanted and key.key_id not in self.taken and fits(key)]
        chosen = self.draw.sample(free, min(len(free), self.count(per_thousand)))
        self.taken.update(key.key_id for key in chosen)
        return chosen

    def slot(self, *, leave: int, skip: int = 0) -> int:
        """Draw an observed slot of the scored time, `skip` after its begin and `leave` before its end."""
        low, high = self.shape.first_scored + skip, self.shape.slots - leave
        return self.draw.choice([slot for slot in range(low, high) if slot not in self.unobserved])

    def busy_slot(self, key: Draft, *, leave: int, least: float = 20.0) -> int:
        """Draw such a slot in which the key is expected to send `least` requests or more, if there is one."""
        low, high = self.shape.first_scored, self.shape.slots - leave
        able = [slot for slot in range(low, high) if slot not in self.unobserved and key.means[slot] >= least]
        return self.draw.choice(able) if able else self.slot(leave=leave)

    def usual(self, key: Draft, slot: int) -> float:
        """Give what a key usually sends in a busy slot of the four weeks before."""
        return key.typical(slot, 28 * self.shape.slots_per_day)

    def is_busy(self, key: Draft) -> bool:
        """Tell whether a key sends enough for its errors and endpoints to be judged by the slot."""
        return self.usual(key, self.shape.first_scored) >= 30

    def date(self, slot: int) -> date:
        """Give the day that a slot is part of."""
        return self.shape.start + timedelta(days=slot // self.shape.slots_per_day)

    def until(self, first: int, *, days: int) -> int:
        """Give the last slot of so many days from `first`, or the last of all."""
        return min(first + days * self.shape.slots_per_day, self.shape.slots) - 1

    def tell(self, key: Draft, label: Incident | Story, first: int, last: int, factor: float = 0.0) -> None:
        """Note a story; whether it is innocent follows from its kind."""
        innocent = label not in INCIDENTS
        self.labels.append(Label(key.key_id, label, first, last, round(factor, 3), innocent))


INCIDENTS: frozenset[str] = frozenset(("spike", "dormant", "environment", "errors", "endpoint", "silence", "drip"))
