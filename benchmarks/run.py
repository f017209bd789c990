"""Measure what docs/benchmarks.md tells, and write that page; timing never makes a run fail."""

from collections.abc import Callable, Sequence
from importlib.util import find_spec
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
WITHOUT_CHDB = "ClickHouse (needs an environment with the extra `clickhouse-test`, as `make clickhouse` makes it)"


def main() -> None:
    began = perf_counter()
    parts: list[Part] = []
    with TemporaryDirectory() as folder:
        for measure in (*PARTS, *_clickhouse()):
            part = measure(Path(folder))
            print(page.terminal(part), flush=True)
            parts.append(part)
    left_out = () if len(parts) > len(PARTS) else (WITHOUT_CHDB,)
    for line in left_out:
        print(f"Left out: {line}.")
    PAGE.write_text(page.markdown(parts, left_out), encoding="utf-8")
    print(f"{page.verdict(parts)}. Took {perf_counter() - began:.0f} s; docs/benchmarks.md is written.")


def _clickhouse() -> Sequence[Callable[[Path], Part]]:
    """Give the part that needs an engine of 555 MB, where that is installed; it asks what `windows` has filled."""
    if find_spec("chdb") is None:
        return ()
    import clickhouse

    return (clickhouse.measure,)


if __name__ == "__main__":
    main()
