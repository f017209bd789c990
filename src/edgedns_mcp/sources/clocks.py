"""Whether the clock of this machine can be right: a reading of another time would spoil what is recorded."""

from datetime import datetime, timedelta

from edgedns_mcp.render.phrases import instant

TOO_MUCH = timedelta(minutes=30)  # figures are told by the hour


def wrong_by(theirs: datetime | None, taken_at: datetime) -> str:
    """Say that EdgeDNS's clock is far from ours; "" where it is not, or where EdgeDNS does not tell the time."""
    if theirs is None or abs(theirs - taken_at) <= TOO_MUCH:
        return ""
    return (
        f"This reading was not recorded: this machine's clock says {instant(taken_at)}, and EdgeDNS's "
        f"{instant(theirs)}. Set the clock of this machine."
    )


def behind(last: datetime, taken_at: datetime) -> str:
    """Say that a reading was recorded which is far ahead of this one; "" where it is not."""
    if last - taken_at <= TOO_MUCH:
        return ""
    return (
        f"This reading was not recorded: one of {instant(last)} was, and this machine's clock says "
        f"{instant(taken_at)}. Set the clock; if it was ahead then, restore a backup or set another EDGEDNS_DATABASE."
    )
