"""This machine's clock jumps between two readings: what is recorded stays as if it had not."""

from datetime import timedelta

import pytest
from fake_edgedns import ok
from lives import AFTER, AMID, BEFORE, FIRST, HOUR, a_life, used

DATE = "%a, %d %b %Y %H:%M:%S GMT"
OFF = (
    "This reading was not recorded: this machine's clock says {ours}, and EdgeDNS's {theirs}. Set the clock of this "
    "machine."
)
JUMPS = {
    "two hours back": -2 * HOUR,
    "a day back": -timedelta(days=1),
    "to 2001": FIRST.replace(year=2001) - FIRST,
    "an hour ahead": HOUR,
    "over the end of the period": timedelta(days=25),
    "ten years ahead": timedelta(days=3652),
}


async def recorded(life, requests, theirs):
    """Let a recorder have its turn while EdgeDNS says what time it is."""
    life.plays(ok(used(requests), Date=theirs.strftime(DATE)))
    return await life.record()


async def lived_without(folder):
    async with a_life(folder / "twin.db") as life:
        assert await recorded(life, BEFORE, FIRST) == ""
        life.clock.now += 2 * HOUR
        assert await recorded(life, AFTER, FIRST + 2 * HOUR) == ""
        return await life.all_told(), life.held()


@pytest.mark.parametrize("jump", JUMPS)
async def test_a_reading_by_a_wrong_clock_is_shown_and_not_recorded(jump, no_pauses, tmp_path):
    async with a_life(tmp_path / "usage.db") as life:
        assert await recorded(life, BEFORE, FIRST) == ""
        life.clock.now = FIRST + HOUR + JUMPS[jump]
        off = OFF.format(ours=f"{life.clock.now:%Y-%m-%dT%H:%M:%SZ}", theirs="2026-11-10T10:00:00Z")
        assert await recorded(life, AMID, FIRST + HOUR) == off
        life.clock.now += timedelta(minutes=2)
        shown = await life.ask()
        assert shown.totals.request_count == AMID + 7
        assert off.split(":")[0] in " ".join(shown.notes)
        life.clock.now = FIRST + 2 * HOUR
        assert await recorded(life, AFTER, FIRST + 2 * HOUR) == ""
        assert (await life.all_told(), life.held()) == await lived_without(tmp_path)


@pytest.mark.parametrize("year", [1970, 9000])
async def test_a_clock_that_cannot_be_is_told_as_such(year, no_pauses, tmp_path):
    async with a_life(tmp_path / "usage.db") as life:
        assert await recorded(life, BEFORE, FIRST) == ""
        life.clock.now = FIRST.replace(year=year)
        assert "Set the clock of this machine." in await recorded(life, AMID, FIRST + HOUR)
        assert str(await life.ask()) == (
            f"It cannot be the year {year}. Set the clock of this machine, or EDGEDNS_AS_OF."
        )
        life.clock.now = FIRST + 2 * HOUR
        assert await recorded(life, AFTER, FIRST + 2 * HOUR) == ""
        assert (await life.all_told(), life.held()) == await lived_without(tmp_path)


async def test_another_recorder_is_not_kept_away_by_a_lease_of_a_wrong_clock(no_pauses, tmp_path):
    path = tmp_path / "usage.db"
    async with a_life(path) as wrong:
        wrong.clock.now = FIRST.replace(year=2036)
        assert await recorded(wrong, BEFORE, FIRST) != ""
    async with a_life(path) as right:
        assert await recorded(right, BEFORE, FIRST) == ""
        assert (await right.desk.source.health()).readings == 1


async def test_where_nobody_told_the_time_a_reading_before_the_last_one_is_not_taken_for_recorded(no_pauses, tmp_path):
    async with a_life(tmp_path / "usage.db") as life:
        await life.good(BEFORE)
        held = life.held()
        life.clock.now -= HOUR
        life.plays()
        assert await life.record() == (
            "This reading was not recorded: one of 2026-11-10T09:00:00Z was, and this machine's clock says "
            "2026-11-10T08:00:00Z. Set the clock; if it was ahead then, restore a backup or set another "
            "EDGEDNS_DATABASE."
        )
        assert life.held() == held
