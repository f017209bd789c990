"""The recorder goes on, whatever a turn brings."""

from datetime import timedelta

import pytest

from edgedns_mcp.errors import ConfigurationError
from edgedns_mcp.service.recorder import LOOK_AGAIN, keep_recording
from edgedns_mcp.sources.base import Turn

HOUR = timedelta(hours=1)


class Enough(Exception):  # noqa: N818 - the end of a test, and no error
    pass


class Turns:
    """A source whose turns are given; and the rests that were taken between them."""

    def __init__(self, *turns):
        self.turns = list(turns)
        self.rests = []
        self.told = []

    async def record(self, every):
        assert every == HOUR
        turn = self.turns.pop(0)
        if isinstance(turn, Exception):
            raise turn
        return turn

    async def rest(self, time):
        self.rests.append(time)
        if not self.turns:
            raise Enough


async def run(*turns):
    source = Turns(*turns)
    with pytest.raises(Enough):
        await keep_recording(source, HOUR, told=source.told.append, rest=source.rest, first_rest=timedelta(seconds=3))
    return source


async def test_it_rests_as_long_as_each_turn_says():
    source = await run(Turn(HOUR), Turn(timedelta(minutes=20)))
    assert source.rests == [timedelta(seconds=3), HOUR, timedelta(minutes=20)]


async def test_where_nothing_is_to_record_it_looks_again_later():
    source = await run(None, Turn(HOUR))
    assert source.rests[1:] == [LOOK_AGAIN, HOUR]


async def test_a_wrong_setting_is_told_and_may_be_mended_while_it_runs():
    source = await run(ConfigurationError("No key."), Turn(HOUR, keys=3))
    assert [turn.trouble for turn in source.told] == ["No key.", ""]
    assert source.rests[1:] == [LOOK_AGAIN, HOUR]


async def test_a_failure_that_nobody_foresaw_is_not_hidden():
    source = Turns(ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        await keep_recording(source, HOUR, told=source.told.append, rest=source.rest)
