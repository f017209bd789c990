"""Score a transcript: the right tool, the right arguments, every figure, and nothing called where nothing fits."""

import json
import sys
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

QUESTIONS = Path(__file__).with_name("questions.toml")


class Score(NamedTuple):
    """What was right about one answer."""

    tool: bool
    arguments: bool
    figures: bool

    @property
    def is_right(self) -> bool:
        """Tell whether all was."""
        return all(self)


def questions() -> list[dict[str, Any]]:
    """List the questions."""
    return tomllib.loads(QUESTIONS.read_text(encoding="utf-8"))["question"]


def scored(question: Mapping[str, Any], told: Mapping[str, Any]) -> Score:
    """Score one line of a transcript; of several calls the best one counts, and more than one is no fault."""
    calls: Sequence[Mapping[str, Any]] = told.get("calls", ())
    if question["kind"] == "negative":
        return Score(not calls, not calls, True)
    right = [call for call in calls if call["tool"] == question["tool"]]
    wanted = question["arguments"].items()
    has_arguments = any(wanted <= call.get("arguments", {}).items() for call in right)
    answer = told.get("answer", "")
    return Score(bool(right), has_arguments, all(figure in answer for figure in question["figures"]))


def report(lines: Iterable[str]) -> str:
    """Score a whole transcript; what it leaves out is wrong."""
    told = {one["ask"]: one for one in map(json.loads, lines)}
    every = questions()
    asked = {one["ask"]: scored(one, told[one["ask"]]) for one in every if one["ask"] in told}
    wrong = [f"wrong: {ask} {score}" for ask, score in asked.items() if not score.is_right]
    left_out = [f"left out: {one['ask']}" for one in every if one["ask"] not in asked]
    return "\n".join([*wrong, *left_out, f"{len(asked) - len(wrong)} of {len(every)} right"])


if __name__ == "__main__":
    print(report(Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()))
