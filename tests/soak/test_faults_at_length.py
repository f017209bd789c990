"""Hours drawn by lot, good ones and faulty ones: what is told and held is what the good ones alone would have left.

SOAK_FAULTS=1000 SOAK_SEED=7 python -m pytest tests/soak/test_faults_at_length.py -rA
"""

import asyncio
import os
from itertools import accumulate

import stamina
from fake_edgedns import ok
from faulty import as_it_is, by_steps, cut_at, reset_at
from lives import HOUR, a_life, used
from test_upstream_faults import FAULTS, REFUSALS

HOURS = 10
LIVES = max(1, int(os.environ.get("SOAK_FAULTS", "30")) // HOURS)
LARGE = ("50 MB", "no end", "200 MB in 200 kB", "no end in a refusal", "401 that unpacks to a gigabyte")
ANSWERS = [enter for name, (enter, _) in (FAULTS | REFUSALS).items() if name not in LARGE]


def hours_of(chance):
    """Draw for each hour whether it is good, and what the counter says."""
    counters = accumulate((chance.randrange(1, 500) for _ in range(HOURS)), initial=100)
    return [(chance.random() < 0.5 or hour in (0, HOURS), requests) for hour, requests in enumerate(counters)]


def fault_of(chance, requests):
    """Draw an answer that is wrong, or a way on which a right one breaks."""
    if chance.random() < 0.5:
        return chance.choice(ANSWERS)
    response = ok(used(requests))
    place = chance.randrange(len(b"".join(response.steps())) - 1)
    bend = chance.choice((cut_at, reset_at))(place)

    def enter(life):
        life.plays(response, bend)

    return enter


async def lived(path, hours, chance=None):
    """Live through these hours; without `chance`, nothing is asked in those that are not good."""
    troubles = []
    async with a_life(path) as life:
        for is_good, requests in hours:
            if is_good:
                await life.good(requests)
            elif chance:
                fault_of(chance, requests)(life)
                await life.ask()
                troubles.append(await life.record())
            life.plays(ok(used(requests)), chance.choice((as_it_is, by_steps(7, lambda: 0.0))) if chance else as_it_is)
            life.clock.now += HOUR
        life.clock.now -= HOUR
        return troubles, (await life.all_told(), life.held())


async def test_only_good_hours_leave_figures(tmp_path, chance):
    met = 0
    with stamina.set_testing(True, attempts=2, cap=True):
        for number in range(LIVES):
            hours = hours_of(chance)
            (troubles, found), (_, same) = await asyncio.gather(
                lived(tmp_path / f"{number}.db", hours, chance), lived(tmp_path / f"twin-{number}.db", hours)
            )
            assert "" not in troubles
            assert found == same
            met += len(troubles)
    print(f"{met} faults in {LIVES} lives")
    assert met > 0
