"""Tell an address of new findings: noted as told before it is, and taken back where it certainly was not."""

from collections.abc import Iterable

import anyio

from edgedns_mcp.domain.anomalies.incidents import SEVERITIES
from edgedns_mcp.errors import NoDataError, UncertainError, UnfitError, UntoldError, UsageError
from edgedns_mcp.models import EVERY_FINDING, AnomalyQuery, FindingRow, Severity, Told
from edgedns_mcp.render.notices import notice_of
from edgedns_mcp.service.anomalies import find_anomalies
from edgedns_mcp.service.desk import Desk
from edgedns_mcp.sources.base import Address, UsageSource


async def tell_what_is_new(desk: Desk, address: Address, bar: Severity) -> Told:
    """Search the last seven days, and tell what `tell` tells; whatever goes wrong is told too, and never raised."""
    try:
        found = await find_anomalies(desk, AnomalyQuery(limit=EVERY_FINDING), fits_a_host=False)
        return await tell(desk.source, address, found.findings, bar)
    except NoDataError as exc:
        return Told(untested=str(exc))
    except UsageError as exc:
        return Told(troubles=(f"Nobody was told of findings: {exc}",))


async def tell(source: UsageSource, address: Address, findings: Iterable[FindingRow], bar: Severity) -> Told:
    """Tell an address of those findings that weigh so much, or more, and that it was not told of.

    Raises:
        UsageError: the source cannot note whom it told.
    """
    count, troubles = 0, list[str]()
    weighty = (one for one in findings if SEVERITIES.index(one.severity) >= SEVERITIES.index(bar))
    for finding in weighty:
        try:
            count += await _told(source, address, finding)
        except UnfitError as exc:
            troubles.append(str(exc))
        except UntoldError as exc:  # the others would fare no better now
            troubles.append(str(exc))
            break
    return Told(count=count, troubles=tuple(troubles))


async def _told(source: UsageSource, address: Address, finding: FindingRow) -> bool:
    is_told = False
    with anyio.CancelScope(shield=True):  # who is asked to stop meanwhile would leave it noted as told, and untold
        if await source.claim([finding.finding_id], address.digest):
            await _post(source, address, finding)
            is_told = True
    return is_told


async def _post(source: UsageSource, address: Address, finding: FindingRow) -> None:
    try:
        await address.tell(notice_of(finding))
    except UncertainError:
        raise
    except UntoldError:
        await source.release([finding.finding_id], address.digest)
        raise
