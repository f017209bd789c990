"""The figures of a window, read from the store as the service reads them."""

from collections.abc import Mapping
from datetime import datetime

from edgedns_mcp.domain import report
from edgedns_mcp.domain.cells import add
from edgedns_mcp.domain.usages import moment
from edgedns_mcp.endpoint.wire import AccountUsage, KeyLine, Period, UnattributedUse, UsageByKey
from edgedns_mcp.models import KeyUsage, Tally, Window
from edgedns_mcp.sources.stored import StoreView
from edgedns_mcp.store import coverage
from edgedns_mcp.store.accounts import Account


def usage_by_key(account: Account, window: Window, now: datetime) -> UsageByKey:
    """List every active key of the account; where the window cuts a cell, the figure is the lower one."""
    view = StoreView(account, "local", now)
    used, _ = report.attribute(view.keys(), view.totals(window), now, window.end)
    paths = view.endpoints(window, used.key_ids)
    lines = tuple(_line(usage, paths.get(usage.key.key_id, {})) for usage in report.rank_keys(used, "requests"))
    return UsageByKey(keys=lines, total_keys=len(lines))


def account_usage(account: Account, window: Window, period: Period, now: datetime) -> AccountUsage:
    """Sum the account, use of no active key included, and say which part of the window was observed."""
    view = StoreView(account, "local", now)
    tallies = view.totals(window)
    used, rest = report.attribute(view.keys(), tallies, now, window.end)
    whole = add(tallies.values())
    observed = coverage.stretches(account)
    start, end = int(window.start.timestamp()), int(window.end.timestamp())
    return AccountUsage(
        period=period,
        window_start=window.start,
        window_end=window.end,
        total_requests=whole.requests,
        total_errors=whole.errors or 0,
        attributed_requests=used.total.requests,
        unattributed=UnattributedUse.model_validate(rest.model_dump()),
        data_from=moment(observed[0][0]) if observed else None,
        data_to=moment(observed[-1][1]) if observed else None,
        complete=any(view.begins(first) <= start and last >= end for first, last in observed),
    )


def _line(usage: KeyUsage, paths: Mapping[str, Tally]) -> KeyLine:
    counts = sorted(((path, tally.requests) for path, tally in paths.items()), key=lambda one: (-one[1], one[0]))
    return KeyLine(
        key_id=usage.key.key_id,
        name=usage.key.name,
        environment=usage.key.environment,
        request_count=usage.requests,
        endpoint_distribution={path: requests for path, requests in counts if requests},
        error_count=usage.errors or 0,
        last_activity=usage.last_activity,
    )
