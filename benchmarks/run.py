"""Measure what docs/benchmarks.md tells, and write that page; timing never makes a run fail."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import anomalies
import audits
import calls
import forecasts
import imports
import page
import starts
import stores
import throughput
import tokens
import windows
from measured import Part

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
PARTS: tuple[Callable[[Path], Part], ...] = (
    starts.measure,
    calls.measure,
    throughput.measure,
    tokens.measure,
    stores.measure,
    imports.measure,
    windows.measure,
    anomalies.measure,
    audits.measure,
    forecasts.measure,
)


def main() -> None:
    began = perf_counter()
    parts: list[Part] = []
    with TemporaryDirectory() as folder:
        for measure in PARTS:
            part = measure(Path(folder))
            print(page.terminal(part), flush=True)
            parts.append(part)
    PAGE.write_text(page.markdown(parts), encoding="utf-8")
    print(f"{page.verdict(parts)}. Took {perf_counter() - began:.0f} s; docs/benchmarks.md is written.")


if __name__ == "__main__":
    main()
