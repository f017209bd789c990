"""Ways on which an answer does not come in time: the service's deadline ends each of them."""

import asyncio

import pytest
from fake_edgedns import a_body, a_key, drip, hang, head, ok, play, slow_head
from faulty import by_steps, late, narrow, stuck_at
from lives import AMID, a_life, lived, met, never_faulted, playing, used

from edgedns_mcp.errors import UnavailableError

LARGE = ok(a_body(*(a_key(f"key_{number}") for number in range(100))))
HEAD = len(head(Content_Length="999", Content_Type="application/json"))
APART_S = 0.2  # so that not all of them are answered at one moment
TOO_LATE = "EdgeDNS did not answer within 3.5 seconds. Ask again in 60 seconds."
CASES = {
    "takes the question and says nothing": playing(hang()),
    "takes the connection and passes nothing on": playing(None, stuck_at(0)),
    "is stuck in the status line": playing(None, stuck_at(5)),
    "is stuck amid the headers": playing(None, stuck_at(HEAD // 2)),
    "is stuck after the headers": playing(None, stuck_at(HEAD)),
    "is stuck amid the body": playing(None, stuck_at(HEAD + 100)),
    "is stuck before the last byte": playing(None, stuck_at(len(b"".join(ok(used(AMID)).steps())) - 1)),
    "sends a byte every 20 ms": playing(None, by_steps(1, lambda: 0.02)),
    "sends headers without end": playing(slow_head(0.02)),
    "sends blanks without end": playing(drip(0.02)),
    "says 102 Processing without end": playing(play(*[b"HTTP/1.1 102 Processing\r\n\r\n", 0.05] * 1000)),
    "lets 1 kB a second through": playing(LARGE, narrow(1000)),
    "begins after 10 s": playing(None, late(10)),
}


@pytest.fixture(scope="module")
def every_life(tmp_path_factory):
    """Live through all of them side by side, for each lasts as long as the deadline."""

    async def live():
        same = await never_faulted(tmp_path_factory.mktemp("twin"), amid=False)
        lives = (both(tmp_path_factory.mktemp("slow"), *case) for case in enumerate(CASES.values()))
        return same, dict(zip(CASES, await asyncio.gather(*lives, return_exceptions=True), strict=True))

    async def both(folder, number, enter):
        await asyncio.sleep(number * APART_S)
        return await asyncio.gather(first_day(folder, enter), lived(folder, enter, from_the_first_day=False))

    async def first_day(folder, enter):
        async with a_life(folder / "first.db") as life:
            return await met(life, enter)

    return asyncio.run(live())


@pytest.mark.parametrize("name", CASES)
def test_an_answer_that_does_not_come_in_time_is_not_waited_for(name, every_life):
    same, lives = every_life
    assert not isinstance(lives[name], BaseException), lives[name]
    first, found = lives[name]
    assert isinstance(first[0], UnavailableError)
    assert [*map(str, first), found.trouble] == [TOO_LATE] * 3
    assert found.later.totals == same.later.totals
    assert found.later.notes[0].endswith(f"because EdgeDNS cannot be asked now: {TOO_LATE}")
    assert found.after == same.after
