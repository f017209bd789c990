"""How far figures are from exact: between the least there were, and the most."""

from collections.abc import Mapping

from edgedns_mcp.domain.cells import NOTHING
from edgedns_mcp.models import Bounds, Tally


def bounds(whole: Tally, beside: Tally | None, listed: Mapping[str, Tally]) -> Bounds | None:
    """Say how much more there may have been: in all, beside it, and in each listed row; None where all is exact.

    `beside` is the sum of what is unattributed, None where the answer does not tell it.
    """
    rows = {name: _most(tally) for name, tally in listed.items() if tally.slack != 0}
    if whole.slack == 0 and (beside or NOTHING).slack == 0 and not rows:
        return None
    return Bounds(request_count_max=_most(whole), unattributed_max=beside and _most(beside), rows=rows)


def _most(tally: Tally) -> int | None:
    return None if tally.slack is None else tally.requests + tally.slack
