"""Answers that were given lately: the same question on the same figures need not be worked out again."""

from collections.abc import Hashable
from datetime import datetime

from edgedns_mcp.models import UsageReport

MOST_ANSWERS = 64


class Memory:
    """The latest answers by question and state of the source; the one not asked for longest goes first."""

    def __init__(self) -> None:
        self._answers: dict[Hashable, tuple[UsageReport, datetime | None]] = {}

    def recall(self, question: Hashable, now: datetime) -> UsageReport | None:
        """Give the answer to `question` if it is known and its keys are still the active ones."""
        known = self._answers.pop(question, None)
        if known is None or (known[1] and known[1] <= now):
            return None
        self._answers[question] = known
        return known[0]

    def keep(self, question: Hashable, answer: UsageReport, until: datetime | None) -> None:
        """Keep an answer; from `until` on other keys are active."""
        self._answers[question] = (answer, until)
        while len(self._answers) > MOST_ANSWERS:
            self._answers.pop(next(iter(self._answers)), None)
