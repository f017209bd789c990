"""Change the arithmetic in thousands of small ways, one at a time, and list what no test of tests/domain notices.

Mutmut writes the mutants into `mutants/`. Tests are collected once, and each mutant is tried in a fork of that process,
the fastest tests first: `mutmut run` starts pytest anew for each of them.

    mutants.py [HOW_MANY [SEED]]    tries a sample, spread evenly over all files; without a number all of them
    mutants.py NAME ...             tries these again, with every test and all of its examples
"""

import json
import os
import random
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import redirect_stdout
from math import inf, sqrt
from pathlib import Path
from typing import NamedTuple

import pytest
from _pytest.runner import runtestprotocol
from mutmut.__main__ import copy_also_copy_files, copy_src_dir, create_mutants, setup_source_paths
from mutmut.configuration import config
from mutmut.mutation import trampoline
from mutmut.mutation.diff_apply import find_mutant, get_diff_for_mutant

GENERATED = Path("mutants/src/edgedns_mcp/domain")
SEEN = Path("seen.json")
LEAST_S, MOST_BYTES = 2, 4 * 2**30  # what a mutant may take before it counts as noticed


class Care(NamedTuple):
    """How long to look for a test that notices a mutant: the less, the more of them survive."""

    profile: str  # of Hypothesis
    enough_s: float  # of tests
    slower: int  # than it was seen, until a test is taken to hang


QUICK, FULL = Care("mutants", 6, 10), Care("domain", inf, 100)


def generate() -> None:
    """Write the mutants of files that changed, and the tests of now."""
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        copy_src_dir()
        copy_also_copy_files()
        create_mutants(1)


def every_name() -> list[str]:
    files = sorted(GENERATED.rglob("*.meta"))
    return [name for file in files for name in json.loads(file.read_text(encoding="utf-8"))["exit_code_by_key"]]


def drawn(names: list[str], how_many: int, seed: int) -> list[str]:
    """Take names at equal steps from a random start, so that each file has its part; in an order drawn by lot."""
    chance = random.Random(seed)
    step = max(1.0, len(names) / how_many)
    start = chance.random() * step if step > 1 else 0.0
    taken = [names[int(start + number * step)] for number in range(int((len(names) - 1 - start) // step) + 1)]
    chance.shuffle(taken)
    return taken


def in_a_child(work: Callable[[], int]) -> int:
    child = os.fork()
    if not child:
        status = 1
        try:
            status = work()
        finally:
            os._exit(status)
    return os.waitpid(child, 0)[1]


class Trials:
    """Tries mutants where pytest would run the tests that it has collected."""

    def __init__(self, names: list[str], care: Care) -> None:
        self.names = names
        self.care = care
        self.verdicts: dict[str, str] = {}

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        at, before = seen_at(), known()
        unseen = [item for item in session.items if item.path.stat().st_mtime > at or item.nodeid not in before]
        if unseen and in_a_child(lambda: watch(unseen)):
            pytest.exit("A test fails without any mutant.", 1)
        seen = known()
        for number, name in enumerate(self.names):
            called = name.rpartition("__mutmut_")[0]
            tests = [(seen[item.nodeid][0], item) for item in session.items if called in seen[item.nodeid][1]]
            self.verdicts[name] = self.tried(name, sorted(tests, key=lambda test: test[0]))
            if not number % 20:
                self.save()
        self.save()
        return True

    def tried(self, name: str, tests: list[tuple[float, pytest.Item]]) -> str:
        if not tests:
            return "no test"
        status = in_a_child(lambda: fails(name, tests, self.care))
        return "too slow" if os.WIFSIGNALED(status) else "killed" if os.WEXITSTATUS(status) else "survived"

    def save(self) -> None:
        Path("tried.json").write_text(json.dumps(self.verdicts, indent=1), encoding="utf-8")


def seen_at() -> float:
    """Say until when the code and the tests were seen, 0 where the code is newer than that."""
    at = SEEN.stat().st_mtime if SEEN.exists() else 0.0
    return 0.0 if any(file.stat().st_mtime > at for file in Path("src/edgedns_mcp/domain").rglob("*.py")) else at


def known() -> dict[str, tuple[float, list[str]]]:
    return json.loads(SEEN.read_text(encoding="utf-8")) if SEEN.exists() else {}


def watch(items: list[pytest.Item]) -> int:
    """Write which functions each test calls, and how long it takes."""
    called: set[str] = set()
    trampoline.record_trampoline_hit = lambda name, **_: called.add(name)
    trampoline.set_mutant_under_test("stats")
    seen = known()
    for item, following in zip(items, [*items[1:], None], strict=True):
        called.clear()
        begun = time.process_time()
        if any(report.failed for report in runtestprotocol(item, nextitem=following, log=False)):
            print(item.nodeid, file=sys.stderr)
            return 1
        seen[item.nodeid] = (time.process_time() - begun, sorted(called))
    SEEN.write_text(json.dumps(seen), encoding="utf-8")
    return 0


def fails(name: str, tests: list[tuple[float, pytest.Item]], care: Care) -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    trampoline.set_mutant_under_test(name)
    items = [item for _, item in tests]
    begun = time.process_time()
    for (seconds, item), following in zip(tests, [*items[1:], None], strict=True):
        signal.setitimer(signal.ITIMER_VIRTUAL, LEAST_S + care.slower * seconds)
        if any(report.failed for report in runtestprotocol(item, nextitem=following, log=False)):
            return 1
        if time.process_time() - begun > care.enough_s:
            break
    return 0


def try_them(names: list[str], care: Care) -> dict[str, str]:
    setup_source_paths()
    trials = Trials(names, care)
    given = config()
    arguments = ["--rootdir=.", "-q", "--tb=no", *given.pytest_add_cli_args_test_selection, *given.pytest_add_cli_args]
    os.environ["DOMAIN_PROFILE"] = care.profile
    os.chdir("mutants")
    pytest.main(arguments, plugins=[trials])
    os.chdir("..")
    return trials.verdicts


def tell(verdicts: dict[str, str], whole: int) -> None:
    for name, verdict in sorted(verdicts.items()):
        if verdict in {"survived", "no test"}:
            print(f"\n# {name}: {verdict}\n{get_diff_for_mutant(name, path=find_mutant(name).path)}")
    tried, counts = len(verdicts), Counter(verdicts.values())
    part = (counts["killed"] + counts["too slow"]) / tried
    error = 0 if tried == whole else 1.96 * sqrt(part * (1 - part) / tried * (1 - tried / whole))
    print(f"{whole} mutants, {tried} tried: {dict(counts)}")
    print(f"{100 * part:.1f} % noticed, give or take {100 * error:.1f} (95 %)")


def main() -> None:
    generate()
    names = every_name()
    wanted = sys.argv[1:]
    if wanted and not wanted[0].isdigit():
        tell(try_them(wanted, FULL), len(names))
        return
    how_many, seed = int(wanted[0]) if wanted else len(names), int(wanted[1]) if wanted[1:] else 1
    tell(try_them(drawn(names, how_many, seed), QUICK), len(names))


if __name__ == "__main__":
    main()
