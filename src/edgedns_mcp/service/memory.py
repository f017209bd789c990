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
        """Give the answer to `question` as of `now` if it is known and its keys are still the active ones."""
        answer, until = self._answers.pop(question, (None, None))
        if answer is None or (until and until <= now):
            return None
        answer = _as_of(answer, now)
        self._answers[question] = (answer, until)
        return answer

    def keep(self, question: Hashable, answer: UsageReport, until: datetime | None) -> None:
        """Keep an answer; from `until` on other keys are active."""
        self._answers[question] = (answer, until)
        while len(self._answers) > MOST_ANSWERS:
            self._answers.pop(next(iter(self._answers)), None)


def _as_of(answer: UsageReport, now: datetime) -> UsageReport:
    """Let the clock move on: the figures are the same, a little older."""
    age_s = max(int((now - answer.data_to).total_seconds()), 0) if answer.data_to else 0
    return answer if answer.now == now else answer.model_copy(update={"now": now, "age_s": age_s})
