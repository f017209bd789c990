"""How much a figure changed, in percent of what it was."""


def change_percent(now: int, before: int) -> float | None:
    """Give the change from `before` to `now` in percent of `before`, signed, one decimal, half away from 0."""
    return signed_percent(now - before, before)


def signed_percent(part: int, whole: int) -> float | None:
    """Give `part` of `whole` in percent, signed, one decimal, half away from 0; None where there is no whole."""
    if not whole:
        return None
    tenths = (abs(part) * 2000 + abs(whole)) // (2 * abs(whole))
    return (tenths if (part < 0) == (whole < 0) else -tenths) / 10
