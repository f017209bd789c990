"""Closed + corrections = what it should have been, to the minor unit, in however many steps usage arrives."""

from collections import Counter
from datetime import UTC, datetime
from fractions import Fraction
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgedns_mcp.domain.chargeback import Terms, Tier, charge, summed
from edgedns_mcp.domain.correcting import (
    closed_terms,
    correction_lines,
    corrections,
    digest,
    is_less,
    label_of,
    summed_amounts,
)
from edgedns_mcp.models import Closed, ClosedKey, ClosedTerms, Owner, Window

TEAMS = ("red", "green", "blue")
OCTOBER = Window(start=datetime(2026, 10, 1, tzinfo=UTC), end=datetime(2026, 11, 1, tzinfo=UTC), period="2026-10")
KNOWN, LATER, STRANGERS = ("k0", "k1", "k2", "k3"), ("n0", "n1"), ("s0", "")
PATHS = ("", "/v1/dns", "/v1/whois")


def owner(key_id: str, team: str) -> Owner:
    return Owner(key_id=key_id, name=key_id.upper(), environment="live", team=team, cost_center="")


def closed_of(uses, teams, terms, group_by) -> Closed:
    """Close what a charge gives."""
    owners = {key_id: owner(key_id, team) for key_id, team in teams.items()}
    labels = {key_id: label_of(one, group_by) for key_id, one in owners.items()}
    units = summed(charge(uses, labels, terms).parts, lambda key_id: key_id if key_id in labels else "")
    counts = summed(uses, lambda key_id: key_id)
    kept = ClosedTerms(
        **closed_terms(terms, {path: str(weight) for path, weight in terms.weights.items()}),
        currency="EUR", group_by=group_by, teams="", timezone="UTC",
    )  # fmt: skip
    return Closed.model_construct(
        period="2026-10",
        window=OCTOBER,
        terms=kept,
        keys=tuple(
            ClosedKey(**one.model_dump(), request_count=counts.get(key_id, 0), units=units.get(key_id, 0))
            for key_id, one in owners.items()
        ),
        unknown={key_id: counts[key_id] for key_id in STRANGERS if counts.get(key_id)},
        unattributed_units=units.get("", 0),
    )


@st.composite
def late_usage(draw: st.DrawFn):
    """A charge, and batches of usage that arrive after it; some by keys that nobody had seen."""
    part = st.tuples(st.sampled_from((*KNOWN, *STRANGERS)), st.sampled_from(PATHS), st.just(""))
    later = st.tuples(st.sampled_from((*KNOWN, *LATER, *STRANGERS)), st.sampled_from(PATHS), st.just(""))
    counts = st.integers(1, 10**6)
    teams = {key_id: draw(st.sampled_from(TEAMS)) for key_id in KNOWN}
    group_by = draw(st.sampled_from(("team", "key", "environment")))
    labels = sorted({label_of(owner(key_id, team), group_by) for key_id, team in teams.items()})
    parts = draw(st.lists(st.integers(0, 9), min_size=len(labels), max_size=len(labels)).filter(any))
    total = draw(st.integers(-(10**9), 10**9))
    terms = Terms(
        method=draw(st.sampled_from(("proportional", "even", "fixed", "hybrid", "price"))),
        total=total,
        fixed_fee=total // 3 if total > 0 else 0,
        percents={name: Fraction(100 * part, sum(parts)) for name, part in zip(labels, parts, strict=True)},
        tiers=(Tier(1000, Fraction(2)), Tier(None, Fraction(1, 3))),
        weights={"/v1/dns": draw(st.sampled_from((Fraction(1), Fraction(5, 2))))},
        spread=draw(st.booleans()),
    )
    batches = draw(st.lists(st.dictionaries(later, counts, max_size=5), min_size=1, max_size=4))
    newcomers = {key_id: draw(st.sampled_from(TEAMS)) for key_id in LATER}
    return draw(st.dictionaries(part, counts, max_size=8)), batches, teams, newcomers, terms, group_by


@settings(max_examples=5 * settings.default.max_examples, deadline=None)
@given(late_usage())
def test_what_was_closed_and_every_correction_is_what_it_should_have_been(drawn):
    uses, batches, teams, newcomers, terms, group_by = drawn
    closed, now, corrected = closed_of(uses, teams, terms, group_by), Counter(uses), Counter()
    before = sum(one.units for one in closed.keys) + closed.unattributed_units
    for batch in batches:
        now.update(batch)
        used = {key_id for key_id, _, _ in now}
        fresh = [owner(key_id, team) for key_id, team in newcomers.items() if key_id in used]
        every = corrections(closed, fresh, now, corrected)
        labels = {one.key_id: label_of(one, group_by) for one in (*closed.keys, *fresh)}
        whole = charge(now, labels, terms)
        should = Counter(summed(whole.parts, lambda key_id, labels=labels: key_id if key_id in labels else ""))
        corrected.update({one.key_id: one.units for one in every})
        charged = {one.key_id: one.units for one in closed.keys} | {"": closed.unattributed_units}
        for key_id in {*should, *charged, *corrected}:
            assert charged.get(key_id, 0) + corrected[key_id] == should[key_id]
        assert sum(one.units for one in every) == whole.total - before
        assert terms.method == "price" or whole.total == before
        before = whole.total
        assert corrections(closed, fresh, now, corrected) == []


def test_corrections_are_summed_by_group_and_say_what_is_due():
    closed = closed_of({("k0", "", ""): 3, ("k1", "", ""): 1}, {"k0": "red", "k1": "blue"}, Terms(total=400), "team")
    every = corrections(closed, [owner("n0", "blue")], {("k0", "", ""): 3, ("k1", "", ""): 1, ("n0", "", ""): 4}, {})
    assert {one.key_id: one.units for one in every} == {"k0": -150, "k1": -50, "n0": 200}
    lines = correction_lines(every, "team", "EUR", {"red": 100, "blue": 50})
    assert [(one.period, one.name, one.amount, one.due) for one in lines] == [
        ("2026-10", "blue", "1.50", "2.00"),
        ("2026-10", "red", "-1.50", "-0.50"),
    ]
    assert summed_amounts(lines) == "0.00"
    assert summed_amounts([]) is None
    assert [one.due for one in correction_lines(every, "key", "EUR", None)] == [None] * 3


def test_usage_that_is_known_no_more_is_noticed():
    closed = closed_of({("k0", "", ""): 3, ("s0", "", ""): 2}, {"k0": "red"}, Terms(total=400), "team")
    assert not is_less(closed, {"k0": 3, "s0": 2, "n0": 5})
    assert is_less(closed, {"k0": 3, "s0": 1})
    assert is_less(closed, {"s0": 2})


def test_a_digest_tells_usage_from_any_other():
    assert digest({"a": 1, "b": 2, "idle": 0}) == digest({"b": 2, "a": 1})
    assert digest({"a": 1}) != digest({"a": 2})
    assert digest({"a": 12}) != digest({"a": 1, "2": 0})


def test_corrections_of_keys_go_by_their_names():
    closed = closed_of({("k0", "", ""): 3, ("k1", "", ""): 1}, {"k0": "red", "k1": "blue"}, Terms(total=400), "key")
    every = corrections(closed, [], {("k0", "", ""): 2, ("k1", "", ""): 2}, {})
    lines = correction_lines(every, "key", "EUR", {"k0": 300, "k1": 100})
    assert [(one.name, one.key_id, one.amount, one.due) for one in lines] == [
        ("K0", "k0", "-1.00", "2.00"),
        ("K1", "k1", "1.00", "2.00"),
    ]


@pytest.mark.parametrize(
    ("by", "label"), [("key", "k0"), ("team", "red"), ("cost_center", "cc-1"), ("environment", "live")]
)
def test_a_key_is_corrected_under_the_label_of_its_group(by, label):
    assert label_of(owner("k0", "red").model_copy(update={"cost_center": "cc-1"}), by) == label


def test_corrections_of_groups_and_of_nobody_are_of_no_key():
    closed = closed_of({("k0", "", ""): 1}, {"k0": "red"}, Terms(total=400), "team")
    every = corrections(closed, [], {("k0", "", ""): 1, ("s0", "", ""): 1}, {})
    assert [(one.name, one.key_id) for one in correction_lines(every, "team", "EUR", None)] == [
        ("red", None),
        ("unattributed", None),
    ]
    assert [one.key_id for one in correction_lines(every, "key", "EUR", None)] == ["k0", None]


def test_a_digest_is_of_one_line_for_each_key_with_requests():
    assert digest({"b": 2, "a": 1, "idle": 0}) == sha256(b"a\t1\nb\t2\n").digest()  # closed charges keep these


def test_one_request_that_is_known_no_more_is_noticed():
    closed = closed_of({("k0", "", ""): 1}, {"k0": "red"}, Terms(total=400), "team")
    assert is_less(closed, {})
    assert not is_less(closed, {"k0": 1})
