"""What a chargeback is made of, read from one state of a source: what each key used, by endpoint and month."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from edgedns_mcp.domain import lifetimes
from edgedns_mcp.domain.cells import add
from edgedns_mcp.domain.chargeback import Part
from edgedns_mcp.domain.days import end_of_hour, months, observed_days, past_of
from edgedns_mcp.domain.usages import Usages, roster_of
from edgedns_mcp.models import Coverage, Tally, Window
from edgedns_mcp.sources.base import UsageView

BILLING = ("current", "previous")  # one month each, which EdgeDNS's own counters answer


class Charged(NamedTuple):
    """What was used in a period, by whom."""

    coverage: Coverage
    keys: Usages
    unknown: Mapping[str, int]  # requests by the id of a key that nobody knows, "" being none
    beside: Tally  # the sum of those
    parts: Mapping[Part, int]


def months_of(window: Window, zone: ZoneInfo) -> list[Window]:
    """Give the months of a window that has several, to be read beside it; counters know no months."""
    parts = [] if window.period in BILLING or window.start == window.end else months(window, zone)
    return parts if len(parts) > 1 else []


def is_counted(view: UsageView, window: Window) -> bool:
    """Tell whether EdgeDNS's own counters answer a window."""
    return view.source == "edgedns" and window.period in BILLING


def stated(view: UsageView, window: Window) -> Window | None:
    """Give a window by the dates that it is known to have; counters have those that EdgeDNS states, if any."""
    if not is_counted(view, window):
        return window
    found = view.coverage(window)
    if found.window_start is None or found.window_end is None:
        return None
    return window.model_copy(update={"start": found.window_start, "end": found.window_end})


def charged(view: UsageView, window: Window, zone: ZoneInfo) -> Charged:
    """Read what was used.

    Raises:
        NoDataError: nothing was observed of the window.
    """
    coverage, keys, tallies = view.coverage(window), view.keys(), view.totals(window)
    used = lifetimes.present(keys, tallies, window.start, window.end)
    known = {*roster_of(keys).members.key_ids}
    unknown = {key_id: tally for key_id, tally in tallies.items() if key_id not in known}
    return Charged(
        coverage,
        used,
        {key_id: tally.requests for key_id, tally in unknown.items() if tally.requests},
        add(unknown.values()),
        _parts(view, window, months_of(window, zone), [*used.used_ids, *unknown]),
    )


def days_of(
    view: UsageView, coverage: Coverage, window: Window, zone: ZoneInfo, *, now: datetime
) -> tuple[int | None, int | None]:
    """Count the days of a window up to now that were observed, and all of them.

    A window that EdgeDNS does not state has none that can be counted.
    """
    if coverage.window_start is None or window.start == window.end:
        return None, None
    seen = [(first, _known_until(view, last)) for first, last in view.observed()]
    return observed_days(past_of(window, now), zone, seen)


def is_reached(view: UsageView, coverage: Coverage, window: Window) -> bool:
    """Tell whether the data reaches the end of a window."""
    if coverage.data_to is None:
        return False
    return _known_until(view, int(coverage.data_to.timestamp())) >= window.end.timestamp()


def _known_until(view: UsageView, last: int) -> int:
    """Give up to when a stretch that ends at `last` counts as observed; a reading tells nothing of what came after."""
    return last if view.source == "edgedns" else end_of_hour(last)


def _parts(view: UsageView, window: Window, by_month: Sequence[Window], key_ids: Sequence[str]) -> dict[Part, int]:
    """Read requests by key, endpoint and month; what no month counts, because it reaches over an end, has none."""
    whole, parts = _month(view, window, key_ids), dict[Part, int]()
    for month in by_month:
        parts |= {(*pair, month.period): count for pair, count in _month(view, month, key_ids).items()}
    left = Counter(whole)
    left.subtract(_without_month(parts))
    unsplit = {key_id for (key_id, _), count in left.items() if count < 0}
    kept = {part: count for part, count in parts.items() if part[0] not in unsplit}
    apart = {pair: whole.get(pair, 0) if pair[0] in unsplit else count for pair, count in left.items()}
    return kept | {(*pair, ""): count for pair, count in apart.items() if count}


def _without_month(parts: Mapping[Part, int]) -> Counter[tuple[str, str]]:
    sums = Counter[tuple[str, str]]()
    for (key_id, endpoint, _), count in parts.items():
        sums[key_id, endpoint] += count
    return sums


def _month(view: UsageView, window: Window, key_ids: Sequence[str]) -> dict[tuple[str, str], int]:
    """Read requests by key and endpoint; those to endpoints that are not told stand under none."""
    by_key, found = view.endpoints(window, key_ids), dict[tuple[str, str], int]()
    for key_id, tally in view.totals(window).items():
        paths = {path: one.requests for path, one in by_key.get(key_id, {}).items() if one.requests}
        elsewhere = tally.requests - sum(paths.values())
        if elsewhere < 0:  # EdgeDNS's endpoints need not sum to its total, and the total is what counts
            paths, elsewhere = {}, tally.requests
        found |= {(key_id, path): count for path, count in paths.items()}
        if elsewhere:
            found[key_id, ""] = elsewhere
    return found
