"""kill -9 at any moment of what keeps a database: it is as before or as after, and the same command completes it."""

from itertools import cycle
from time import sleep

import pytest
from operations import WORK, expected_requests, ground, holds_what_it_sums
from soak_builders import PRODUCT, ended, kills_of, log_of, started, wait_for_changes

from edgedns_mcp.cli.upkeep import ERASED_NOW

DAYS = 12  # of use: enough for a command to be killed amid its work
QUESTIONS = (
    ("usage", "--json", "--period", "2026-10", "--limit", "100", "--top-endpoints", "50"),
    ("usage", "--json", "--start", "2026-10-02T05:00:00Z", "--end", "2026-10-03T17:00:00Z", "--group-by", "endpoint"),
    ("export",),
)
AS_OF = {"EDGEDNS_AS_OF": "2026-11-20T12:00:00Z", "EDGEDNS_SOURCE": "local"}
MOST_CHANGES = 4
LATEST_S = 0.03  # after a change that was seen


def answers(home):
    """Give all that is asked of the figures."""
    told = [home.run(*question, **AS_OF) for question in QUESTIONS]
    assert {code for code, _, _ in told} == {0}
    return [answer for _, answer, _ in told]


def totals(home):
    """Sum the exported cells of each key in plain Python."""
    found = {}
    for row in home.run("export", **AS_OF)[1].splitlines()[1:]:
        key_id, *_, requests, _, _, _ = row.split(",")
        found[key_id] = found.get(key_id, 0) + int(requests)
    return found


@pytest.fixture
def scenes(tmp_path):
    """Give the ground of each command, what a twin that nobody killed made of it, and what that one answers."""
    found = {}
    for work in WORK:
        first = ground(tmp_path / f"{work} ground", work, DAYS)
        before = first.state()
        twin = first.copied(tmp_path / f"{work} twin")
        assert twin.run(*twin.words(work))[0] == 0
        found[work] = first, before, twin.state(), answers(twin)
        assert before != found[work][2]
    return found


def test_a_command_killed_at_any_moment_leaves_the_state_before_or_the_one_after(scenes, tmp_path, chance, score):
    assert totals(scenes["migrate"][0].copied(tmp_path / "reference")) == expected_requests(DAYS)
    done = dict.fromkeys(WORK, 0)
    for work in cycle(WORK):
        first, before, after, told = scenes[work]
        ours = first.copied(tmp_path / "ours")
        with started(*PRODUCT, *ours.words(work), **ours.settings()) as process:
            was_killed = killed(process, ours, chance)
        now = ours.state()
        assert now == after if not was_killed else now in (before, after), work
        score.kills += was_killed
        score.amid += was_killed and now == before
        done[work] += now == after
        complete(ours, work, now == after)
        assert ours.state() == after, work
        assert score.resent >= len(WORK) or answers(ours) == told, work
        assert holds_what_it_sums(ours.database)
        score.resent += 1
        if score.kills >= kills_of("upkeep") and score.resent >= len(WORK):
            break
    print(f"done when they died, or before: {done}")
    assert score.amid > 0


def killed(process, home, chance):
    """Kill a command some moments after files came, went or grew; False: it had ended by itself."""
    wait_for_changes(process, chance.choice((home.folder, log_of(home.database))), chance.randrange(1, MOST_CHANGES))
    sleep(chance.uniform(0, LATEST_S))  # the moment, drawn
    process.kill()
    return ended(process) == -9


def complete(home, work, is_done):
    """Run a command that was killed once more."""
    code, _, told = home.run(*home.words(work))
    assert code == 0 or (work == "forget" and is_done), told
    assert code == 0 or told.removeprefix(f"{ERASED_NOW}\n") == (
        "No key has this id or name; edgedns-mcp keys list shows all.\n"
    )
