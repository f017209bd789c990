"""What a detector ought to find: spikes, awakened keys, wrong environments, errors, new endpoints, silence, drips."""

from lab_draws import log_uniform
from lab_keys import ENDPOINTS, Draft, is_month_boundary
from lab_stage import Stage

FACTORS, FACTOR_WEIGHTS = (3, 5, 10, 30, 100), (14, 22, 24, 20, 20)
LEAST_EXCESS = 20.0  # requests; a smaller spike than that is not one that anybody would want to hear of
REGULAR = ("steady", "growing", "medium")


def spikes(stage: Stage, per_thousand: int = 94, longest: int = 3, shortest: int = 1) -> None:
    """Multiply what a key sends by 3 to 100, for one to three days."""
    plays = 0
    while plays < stage.count(per_thousand):
        factor = stage.draw.choices(FACTORS, FACTOR_WEIGHTS)[0]
        first = stage.slot(leave=longest)
        length = stage.draw.randint(shortest, longest)
        for key in _spiking(stage, factor, first):
            add_spike(stage, key, first, length, factor)
            plays += 1


def _spiking(stage: Stage, factor: int, first: int) -> list[Draft]:
    rhythm = stage.draw.choices(("steady", "growing", "medium", "low", "bursty", "month_end"), (45, 12, 28, 8, 4, 3))[0]
    if rhythm == "bursty" and factor < 30:
        return []  # that key does as much by itself now and then
    if rhythm == "month_end" and any(is_month_boundary(stage.date(first + slot)) for slot in range(3)):
        return []
    fits = [
        key
        for key in stage.keys
        if key.rhythm == rhythm
        and key.key_id not in stage.taken
        and stage.usual(key, first) * (factor - 1) >= LEAST_EXCESS
    ]
    chosen = stage.draw.sample(fits, min(1, len(fits)))
    stage.taken.update(key.key_id for key in chosen)
    return chosen


def add_spike(stage: Stage, key: Draft, first: int, length: int, factor: int) -> None:
    """Add (factor - 1) times the usual to each slot, so that a free day with a spike is not a working day."""
    last = first + length - 1
    for slot in range(first, last + 1):
        key.added[slot] = (factor - 1) * max(key.means[slot], stage.usual(key, first))
    stage.tell(key, "spike", first, last, factor)


def old_spikes(stage: Stage, per_thousand: int = 20) -> None:
    """Leave spikes in the warm-up, on keys that other stories may still use: history is never clean."""
    day = stage.shape.slots_per_day
    able = [key for key in stage.keys if key.rhythm in REGULAR and stage.usual(key, 7 * day) > 0]
    for key in stage.draw.sample(able, stage.count(per_thousand)):
        first = stage.draw.randrange(7 * day, stage.shape.first_scored - 3 * day)
        add_spike(stage, key, first, stage.draw.randint(1, 3), stage.draw.choice((5, 10, 30)))


def awakenings(stage: Stage, per_thousand: int = 28) -> None:
    """Use a dormant key again, 30 days or more after its last use."""
    for key in stage.cast(per_thousand, ("dormant",)):
        stopped = max(slot for slot, mean in enumerate(key.means) if mean > 0)
        first = stage.slot(leave=6, skip=max(0, stopped + 32 - stage.shape.first_scored))
        last = first + stage.draw.choice((0, 0, 1, 2, 4))
        level = log_uniform(stage.draw, 2, 400)
        for slot in range(first, last + 1):
            key.means[slot] = level
            key.least[slot] = 1
        stage.tell(key, "dormant", first, last)


def mismatches(stage: Stage, per_thousand: int = 24) -> None:
    """See a test key in live, or a live key in test, four in ten once alone; too little there to be a spike as well."""
    labels = {"test": ("live", "production", "prod"), "live": ("test", "sandbox", "staging", "dev", "ci")}
    keys = stage.cast(per_thousand * 14 // 24, (*REGULAR, "low", "bursty"), lambda key: key.declared == "test")
    keys += stage.cast(per_thousand * 10 // 24, (*REGULAR, "low", "bursty"), lambda key: key.declared == "live")
    for key in keys:
        first, single = stage.slot(leave=4), stage.draw.random() < 0.4
        last = first if single else first + stage.draw.randrange(3)
        label = stage.draw.choice(labels[key.declared])
        most = max(3, min(60, round(stage.usual(key, first) / 2)))
        for slot in range(first, last + 1):
            key.elsewhere[slot] = (label, 1 if single else stage.draw.randint(2, most))
        stage.tell(key, "environment", first, last)


def error_bursts(stage: Stage, per_thousand: int = 24, length: int = 1) -> None:
    """Let 20 to 60 % of a key's requests fail, their number as ever."""
    for key in stage.cast(per_thousand, (*REGULAR, "month_end"), stage.is_busy):
        first, share = stage.busy_slot(key, leave=length), stage.draw.uniform(0.2, 0.6)
        for slot in range(first, first + length):
            key.error_shares[slot] = share
        stage.tell(key, "errors", first, first + length - 1, share)


def endpoint_shifts(stage: Stage, per_thousand: int = 16) -> None:
    """Send 50 to 95 % of a key's requests to an endpoint it never called."""
    for key in stage.cast(per_thousand, REGULAR, stage.is_busy):
        path = stage.draw.choice([path for path in ENDPOINTS if path not in key.endpoints])
        length, share = stage.draw.choice((3, 7, 14)), stage.draw.uniform(0.5, 0.95)
        first = stage.busy_slot(key, leave=length)
        for slot in range(first, first + length):
            key.moved[slot] = (path, share)
        stage.tell(key, "endpoint", first, first + length - 1, share)


def silences(stage: Stage, per_thousand: int = 15) -> None:
    """Stop a steady key for good."""
    for key in stage.cast(per_thousand, ("steady", "growing"), lambda key: min(key.means) >= 5):
        first = stage.slot(leave=25)
        key.means[first:] = [0.0] * (stage.shape.slots - first)
        stage.tell(key, "silence", first, stage.shape.slots - 1)


def drips(stage: Stage, per_thousand: int = 14) -> None:
    """Creep to 1.3 to 2 times the usual over two to five weeks, and stay there for a week."""
    for key in stage.cast(per_thousand, ("steady",)):
        ramp, factor = stage.draw.randint(14, 35), stage.draw.uniform(1.3, 2.0)
        first = stage.slot(leave=ramp + 7)
        for slot in range(first, stage.shape.slots):
            key.means[slot] *= 1 + (factor - 1) * min(1.0, (slot - first) / ramp)
        stage.tell(key, "drip", first, first + ramp + 6, factor)
