"""Send a door contents that nearly are right, for a while or so many, and print what came of it as JSON.

Contents that came out as none before are the corpus, in a folder of the door's; `--keep` adds new ones.
"""

import json
import re
import signal
import sys
import traceback
from argparse import ArgumentParser
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, process_time

HERE = Path(__file__).parent
for folder in (".", "endpoint", "intake"):
    sys.path.insert(0, str(HERE.parent / folder))

from doors import DOORS  # noqa: E402
from hypothesis import HealthCheck, Phase, given, seed, settings  # noqa: E402
from mutations import nearly  # noqa: E402

ROUND = 250
HANGS_S = 10  # of the processor's time
LONGEST = 2_000  # bytes of a content that is worth keeping


def main() -> None:
    parser = ArgumentParser()
    parser.add_argument("door", choices=DOORS)
    parser.add_argument("--contents", type=int, default=ROUND)
    parser.add_argument("--seconds", type=float, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true")
    asked = parser.parse_args()
    with TemporaryDirectory() as folder, DOORS[asked.door].opened(Path(folder)) as ask:
        found = Exploration(asked.door, ask)
        found.replay()
        found.go_on(asked.contents, asked.seconds, asked.seed)
    if asked.keep:
        found.keep()
    print(json.dumps(found.told()))


class Exploration:
    """What came of the contents so far."""

    def __init__(self, door: str, ask) -> None:
        self._door, self._ask, self._corpus = door, ask, HERE / "corpus" / door.replace(" ", "_")
        self._outcomes: dict[str, bytes] = {}
        self._kept: set[str] = set()
        self._slowest_s, self.contents, self.wrong = 0.0, 0, ""

    def replay(self) -> None:
        for path in sorted(self._corpus.glob("*")):
            self._one(path.read_bytes())
        self._kept = set(self._outcomes)

    def go_on(self, contents: int, seconds: float, lot: int) -> None:
        until = monotonic() + seconds
        for number in range(lot, 1 << 30):
            if self.wrong or (monotonic() > until if seconds else (number - lot) * ROUND >= contents):
                return
            self._round(number, min(ROUND, contents) if not seconds else ROUND)

    def keep(self) -> None:
        self._corpus.mkdir(exist_ok=True, parents=True)
        for outcome, content in self._outcomes.items():
            if outcome not in self._kept and len(content) <= LONGEST:
                (self._corpus / sha256(content).hexdigest()[:12]).write_bytes(content)

    def told(self) -> dict[str, object]:
        return {
            "door": self._door, "contents": self.contents, "outcomes": len(self._outcomes), "peak_mb": peak_mb(),
            "slowest_s": round(self._slowest_s, 2), "wrong": self.wrong,
        }  # fmt: skip

    def _round(self, number: int, contents: int) -> None:
        @seed(number)
        @settings(
            max_examples=contents, database=None, deadline=None, phases=[Phase.generate], derandomize=False,
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(nearly(DOORS[self._door].seeds))
        def each(content: bytes) -> None:
            if not self.wrong:
                self._one(content)

        each()

    def _one(self, content: bytes) -> None:
        began = process_time()
        signal.setitimer(signal.ITIMER_PROF, HANGS_S)
        try:
            outcome = self._ask(content)
        except (Exception, HangError):  # noqa: BLE001 - whatever it is, it is what is looked for
            self.wrong = f"{content!r}\n{traceback.format_exc()}"
            return
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        self.contents += 1
        self._slowest_s = max(self._slowest_s, process_time() - began)
        known = self._outcomes.get(outcome)
        if known is None or (outcome not in self._kept and len(content) < len(known)):
            self._outcomes[outcome] = content


def peak_mb() -> int:
    """Give the most memory so far where Linux tells it; getrusage tells of the parent, too."""
    status = Path("/proc/self/status")
    return int(re.search(r"VmHWM:\s*(\d+)", status.read_text())[1]) // 1024 if status.exists() else 0


class HangError(BaseException):
    """Raised amid a content that takes too much time of the processor; nothing of ours may catch it."""


def hang(*_: object) -> None:
    raise HangError


signal.signal(signal.SIGPROF, hang)
if __name__ == "__main__":
    main()
