"""What a detector ought to leave alone: month ends, surges, shifts, first uses, pauses, rotations, and their like."""

from dataclasses import replace
from typing import Any

from lab_keys import ENDPOINTS, Draft, is_month_boundary
from lab_stage import Stage

WORKING = ("steady", "growing", "medium")
SMALLEST_TEAM_WITH_PEERS = 8


def month_ends(stage: Stage) -> None:
    """Label the heavy days at each month's end of the keys that have them, and each run of a monthly job."""
    for key in stage.keys:
        if key.rhythm == "month_end":
            for slot in range(stage.shape.first_scored, stage.shape.slots):
                if is_month_boundary(stage.date(slot)):
                    stage.tell(key, "month_end", slot, slot)
        if key.rhythm == "monthly":
            for slot in range(stage.shape.first_scored, stage.shape.slots):
                if key.means[slot] > 0:
                    stage.tell(key, "monthly_job", slot, slot)


def surges(stage: Stage, large: int = 4, tiny: int = 1, longest: int = 3) -> None:
    """Let a whole team send 1.8 to 3 times as much for some days; one team is too small for a peer group."""
    teams = _teams(stage)
    wide = [team for team, keys in teams.items() if len(keys) >= SMALLEST_TEAM_WITH_PEERS]
    narrow = [team for team, keys in teams.items() if len(keys) < SMALLEST_TEAM_WITH_PEERS]
    for team in stage.draw.sample(wide, min(large, len(wide))) + stage.draw.sample(narrow, min(tiny, len(narrow))):
        length = stage.draw.randint(1, longest)
        first, factor = stage.slot(leave=length), stage.draw.uniform(1.8, 3.0)
        for key in teams[team]:
            each = factor * stage.draw.lognormvariate(0, 0.1)
            key.means[first : first + length] = [mean * each for mean in key.means[first : first + length]]
            stage.tell(key, "surge", first, first + length - 1, factor)


def outages(stage: Stage, teams: int = 2, length: int = 1) -> None:
    """Let a backend fail: 10 to 30 % of the requests of all keys of a team are errors."""
    found = _teams(stage)
    wide = [team for team, keys in found.items() if len(keys) >= SMALLEST_TEAM_WITH_PEERS]
    for team in stage.draw.sample(wide, min(teams, len(wide))):
        first, share = stage.slot(leave=length), stage.draw.uniform(0.1, 0.3)
        for key in found[team]:
            for slot in range(first, first + length):
                key.error_shares.setdefault(slot, share)
            stage.tell(key, "outage", first, first + length - 1, share)


def level_shifts(stage: Stage, per_thousand: int = 40) -> None:
    """Change a key's level by 0.3 to 2.5, for good; the two weeks after are labelled."""
    for key in stage.cast(per_thousand, WORKING):
        first = stage.slot(leave=5)
        factor = stage.draw.choice((stage.draw.uniform(0.3, 0.7), stage.draw.uniform(1.4, 2.5)))
        key.means[first:] = [mean * factor for mean in key.means[first:]]
        stage.tell(key, "level_shift", first, stage.until(first, days=14), factor)


def first_uses(stage: Stage, per_thousand: int = 40, late: int = 6) -> None:
    """Create keys while we watch, used at once or some days later; a few old keys wait for their first use."""
    for key in stage.cast(per_thousand, (*WORKING, "low", "bursty")):
        first = stage.slot(leave=5)
        key.means[:first] = [0.0] * first
        key.created = max(0, first - stage.draw.choice((0, 0, 0, 1, 3, 10)))
        stage.tell(key, "first_use", first, stage.until(first, days=21))
    for key in stage.cast(late, WORKING):
        first = stage.slot(leave=5)
        key.means[:first] = [0.0] * first
        stage.tell(key, "late_first_use", first, stage.until(first, days=21))
    for key in stage.cast(per_thousand // 2, (*WORKING, "low")):
        key.created = stage.draw.randrange(5, stage.shape.first_scored)
        key.means[: key.created] = [0.0] * key.created


def pauses(stage: Stage, per_thousand: int = 30) -> None:
    """Rest for a fortnight or so and come back as before."""
    for key in stage.cast(per_thousand, (*WORKING, "low")):
        length = stage.draw.randint(7, 21)
        first = stage.slot(leave=length + 3)
        key.means[first : first + length] = [0.0] * length
        stage.tell(key, "pause", first, min(first + length + 3, stage.shape.slots - 1))


def known_environments(stage: Stage, per_thousand: int = 15) -> None:
    """See keys where they are allowed, under labels that say nothing, or undeclared keys anywhere."""
    last = stage.shape.slots - 1
    for key in stage.cast(per_thousand, WORKING, lambda key: key.declared == "live"):
        label = stage.draw.choice(("staging", "test", "dev"))
        key.allowed = frozenset((label,))
        _visit(stage, key, label)
        stage.tell(key, "allowed_environment", stage.shape.first_scored, last)
    for key in stage.cast(per_thousand, WORKING, lambda key: key.declared == ""):
        _visit(stage, key, stage.draw.choice(("test", "staging", "eu-west")))
        stage.tell(key, "unknown_environment", stage.shape.first_scored, last)
    for key in stage.cast(per_thousand // 2, WORKING, lambda key: key.declared != ""):
        _visit(stage, key, stage.draw.choice(("", "blue", "eu-west", "v2")))
        stage.tell(key, "unknown_environment", stage.shape.first_scored, last)


def _visit(stage: Stage, key: Draft, label: str) -> None:
    for slot in range(stage.shape.slots):
        if key.means[slot] > 0 and stage.draw.random() < 0.3:
            key.elsewhere[slot] = (label, stage.draw.randint(1, 2 + int(key.means[slot] / 5)))


def rotations(stage: Stage, per_thousand: int = 12) -> None:
    """Stop a key; a successor of the same name and team goes on with its work, some days earlier or at once."""
    for key in stage.cast(per_thousand, WORKING):
        stop = stage.slot(leave=15, skip=4)
        begin = stop - stage.draw.randrange(4)
        heir = replace(key, key_id=f"{key.key_id}_2", means=list(key.means), created=begin, **_no_notes())
        heir.means[:begin] = [0.0] * begin
        key.means[stop:] = [0.0] * (stage.shape.slots - stop)
        stage.keys.append(heir)
        stage.taken.add(heir.key_id)
        stage.tell(key, "rotation", stop, stage.shape.slots - 1)
        stage.tell(heir, "rotation", begin, stage.until(begin, days=21))


def _no_notes() -> dict[str, dict[int, Any]]:
    return {"least": {}, "added": {}, "error_shares": {}, "moved": {}, "elsewhere": {}}


def adoptions(stage: Stage, per_thousand: int = 15) -> None:
    """Take up a new endpoint little by little, to a third of the requests in a month or two."""
    for key in stage.cast(per_thousand, WORKING):
        path = stage.draw.choice([path for path in ENDPOINTS if path not in key.endpoints])
        first, ramp = stage.slot(leave=10), stage.draw.randint(30, 60)
        for slot in range(first, stage.shape.slots):
            key.moved[slot] = (path, 0.02 + 0.31 * min(1.0, (slot - first) / ramp))
        stage.tell(key, "adoption", first, stage.shape.slots - 1)


def _teams(stage: Stage) -> dict[str, list[Draft]]:
    teams: dict[str, list[Draft]] = {}
    for key in stage.keys:
        teams.setdefault(key.team, []).append(key)
    return teams
