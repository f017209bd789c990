"""What a key audit costs: every key held against every rule, and limits from hours."""

import asyncio
from pathlib import Path
from time import process_time
from zoneinfo import ZoneInfo

from measured import Held, Line, Part
from organisations import AS_OF, Size, fill

from edgedns_mcp.models import AuditQuery
from edgedns_mcp.service.audit import audit_keys
from edgedns_mcp.service.desk import Desk
from edgedns_mcp.sources.local import LocalSource

ORGANISATION = Size(keys=1_000, endpoints_per_key=6, days=95, hours=24, requests=20_000_000)
TURNS = 4
BOUND_MS = 1_000
QUERIES = (AuditQuery(), AuditQuery(action="limit"), AuditQuery(action="revoke"))


def measure(folder: Path) -> Part:
    """Ask for the audit of a large organisation, by turns."""
    path = folder / "audit.db"
    fill(path, ORGANISATION)
    return Part(
        "Key audit",
        f"`audit_keys` without transport, a page of 10, {ORGANISATION.keys} keys on {ORGANISATION.endpoints_per_key} "
        f"endpoints each, in every hour of {ORGANISATION.days} days. Processor time, the least of {TURNS}.",
        asyncio.run(_asked(path)),
    )


async def _asked(path: Path) -> list[Line]:
    source = LocalSource(path, now=lambda: AS_OF, because="benchmark")
    desk = Desk(source, lambda: AS_OF, ZoneInfo("UTC"), billing_day=1, deadline_s=60)
    taken: dict[str, list[float]] = {query.action: [] for query in QUERIES}
    for _ in range(TURNS):
        for query in QUERIES:
            began = process_time()
            await audit_keys(desk, query)
            taken[query.action].append(1_000 * (process_time() - began))
    await source.aclose()
    return [
        Held(f"action={action} (processor time)", f"{min(every):.0f} ms", "-", min(every), BOUND_MS, "ms")
        for action, every in taken.items()
    ]
