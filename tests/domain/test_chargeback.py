"""Shares that sum to the total, to the minor unit: whatever the method, the currency and the order of rows."""

import random
import time
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgedns_mcp.domain.chargeback import NOBODY, Terms, Tier, allocate, charge, graduated, summed, tiered

GROUPS = {"a1": "alpha", "a2": "alpha", "b1": "beta", "c1": "gamma"}
USE = {
    ("a1", "/dns", "2026-10"): 30,
    ("a2", "/dns", "2026-10"): 10,
    ("b1", "/whois", "2026-10"): 40,
    ("b1", "/dns", "2026-11"): 10,
    ("stranger", "", "2026-10"): 10,
}
KEYS = [f"k{number}" for number in range(12)]
PATHS = ("", "/dns", "/whois", "/ssl")
MONTHS = ("2026-09", "2026-10")
TEAMS = ("red", "green", "blue")
METHODS = ("proportional", "even", "fixed", "hybrid", "price")
PRICES = ((Tier(None, Fraction(7, 50)),), (Tier(100, Fraction(2)), Tier(None, Fraction(1, 3))))
WEIGHTS = ({}, {"/dns": Fraction(5, 2), "/ssl": Fraction(0)})


def by_group(charges, groups=GROUPS) -> dict[str, int]:
    return summed(charges.parts, lambda key: groups.get(key, "nobody"))


def fractions_of_100(parts: list[int]) -> list[Fraction]:
    *some, _ = [Fraction(100 * part, sum(parts) or 1) for part in parts]
    return [*some, 100 - sum(some)]


@st.composite
def invoices(draw: st.DrawFn):
    """Use by twelve keys, some of them unknown, in three teams, and the terms of an invoice."""
    part = st.tuples(st.sampled_from(KEYS), st.sampled_from(PATHS), st.sampled_from(MONTHS))
    use = draw(st.dictionaries(part, st.integers(0, 3) | st.integers(0, 10**9), max_size=20))
    teams = {key: draw(st.sampled_from(TEAMS)) for key in draw(st.permutations(KEYS))[:9]}
    total = draw(st.integers(-(10**12), 10**12) | st.integers(-9, 9))
    known = sorted(set(teams.values()))
    shares = fractions_of_100(draw(st.lists(st.integers(0, 99), min_size=len(known), max_size=len(known))))
    fee = draw(st.integers(0, abs(total)))
    return (
        use,
        teams,
        Terms(
            method=draw(st.sampled_from(METHODS)),
            total=total,
            fixed_fee=-fee if total < 0 else fee,
            percents=dict(zip(known, shares, strict=True)),
            tiers=draw(st.sampled_from(PRICES)),
            weights=draw(st.sampled_from(WEIGHTS)),
            spread=draw(st.booleans()),
        ),
    )


def a_random_invoice(chance: random.Random):
    """Do as `invoices`, in a hundredth of the time; the amount is of a currency with 0, 2 or 3 decimals."""
    use = {
        (chance.choice(KEYS), chance.choice(PATHS), chance.choice(MONTHS)): int(10 ** chance.uniform(0, 9)) - 1
        for _ in range(chance.randrange(20))
    }
    teams = {key: chance.choice(TEAMS) for key in chance.sample(KEYS, chance.randrange(1, 12))}
    known, total = sorted(set(teams.values())), chance.randrange(-(10**6), 10**7) * 10 ** chance.choice((0, 2, 3))
    shares = fractions_of_100([chance.randrange(99) for _ in known])
    return (
        use,
        teams,
        Terms(
            method=chance.choice(METHODS),
            total=total + chance.randrange(1000),
            fixed_fee=total // 3,
            percents=dict(zip(known, shares, strict=True)),
            tiers=chance.choice(PRICES),
            weights=chance.choice(WEIGHTS),
            spread=chance.random() < 0.5,
        ),
    )


def check(use, teams, terms, chance: random.Random) -> None:
    """Hold what must hold of every invoice."""
    done = charge(use, teams, terms)
    assert sum(done.parts.values()) == done.total
    assert terms.method == "price" or done.total == terms.total
    cost_centers = {key: "x" if team == "red" else "y" for key, team in teams.items()}
    by_team, by_center = by_group(done, teams), by_group(done, cost_centers)
    assert by_team.get("red", 0) == by_center.get("x", 0)
    assert by_team.get("green", 0) + by_team.get("blue", 0) == by_center.get("y", 0)
    assert sum(summed(done.parts, str).values()) == sum(by_team.values()) == done.total
    mixed = [list(rows.items()) for rows in (use, teams)]
    for rows in mixed:
        chance.shuffle(rows)
    again = charge(*map(dict, mixed), terms)
    assert (again.parts, again.moved) == (done.parts, done.moved)


@settings(max_examples=5 * settings.default.max_examples)
@given(invoices(), st.randoms(use_true_random=False))
def test_the_parts_sum_to_the_invoice_in_any_order_and_every_grouping_agrees(invoice, chance):
    check(*invoice, chance)


def test_ten_thousand_random_invoices_sum_to_the_minor_unit():
    chance = random.Random(20_261_128)
    for _ in range(10_000):
        check(*a_random_invoice(chance), chance)


@given(st.integers(-(10**9), 10**9), st.dictionaries(st.sampled_from(KEYS), st.integers(0, 10**6), min_size=1))
def test_no_part_is_a_whole_unit_from_its_exact_share(total, weights):
    parts, whole = allocate(total, weights), sum(weights.values())
    even = Fraction(total, len(weights))
    exact = {name: Fraction(total * weight, whole) if whole else even for name, weight in weights.items()}
    assert all(abs(parts[name] - exact[name]) < 1 for name in weights)


def test_ties_go_to_the_larger_weight_then_to_the_smaller_name():
    assert allocate(1, {"b": 1, "a": 1}) == {"a": 1, "b": 0}
    assert allocate(2, {"a": 1, "b": 1, "c": 2}) == {"a": 1, "b": 0, "c": 1}
    assert allocate(2, {"a": 1, "b": 3}) == {"a": 0, "b": 2}


def test_a_credit_note_mirrors_the_invoice():
    assert allocate(-100, {"a": 1, "b": 2}) == {name: -units for name, units in allocate(100, {"a": 1, "b": 2}).items()}


def test_use_decides_in_proportion_and_nobodys_use_is_its_own_part():
    done = charge(USE, GROUPS, Terms(total=10_000))
    assert by_group(done) == {"alpha": 4_000, "beta": 5_000, "gamma": 0, "nobody": 1_000}
    assert done.moved == 0


def test_endpoints_may_weigh_more_or_nothing():
    weights = {"/whois": Fraction(5, 2), "": Fraction(0)}
    done = charge(USE, GROUPS, Terms(total=15_000, weights=weights))
    assert by_group(done) == {"alpha": 4_000, "beta": 11_000, "gamma": 0, "nobody": 0}


def test_spread_lets_the_others_bear_nobodys_use():
    done = charge(USE, GROUPS, Terms(total=9_000, spread=True))
    assert by_group(done) == {"alpha": 4_000, "beta": 5_000, "gamma": 0, "nobody": 0}


def test_even_shares_alike_between_groups_and_by_use_within():
    done = charge(USE, GROUPS, Terms("even", 10_000))
    assert by_group(done) == {"alpha": 3_334, "beta": 3_333, "gamma": 3_333, "nobody": 0}
    assert summed(done.parts, str)["a1"] == 2_501
    assert done.moved == 3  # one between the groups, one within alpha, one within beta


def test_fixed_shares_are_percents():
    done = charge(USE, GROUPS, Terms("fixed", 1_000, percents={"alpha": Fraction(100, 3), "gamma": Fraction(200, 3)}))
    assert by_group(done) == {"alpha": 333, "beta": 0, "gamma": 667, "nobody": 0}


def test_a_fixed_fee_is_borne_by_who_used_something():
    done = charge(USE, GROUPS, Terms("hybrid", 2_000, fixed_fee=1_000))
    assert by_group(done) == {"alpha": 900, "beta": 1_000, "gamma": 0, "nobody": 100}


def test_a_price_makes_the_total_and_tiers_count_by_the_month():
    flat = charge(USE, GROUPS, Terms("price", tiers=(Tier(None, Fraction(1, 8)),)))
    assert (flat.total, sum(by_group(flat).values())) == (12, 12)  # 90/8 = 11.25 and 10/8 = 1.25, each month rounded
    tiers = Tier(50, Fraction(10)), Tier(None, Fraction(1))
    assert [graduated(count, tiers) for count in (0, 50, 51, 90)] == [0, 500, 501, 540]
    assert charge(USE, GROUPS, Terms("price", tiers=tiers)).total == 540 + 100


@given(
    st.dictionaries(st.tuples(st.sampled_from(KEYS), st.just(""), st.sampled_from(MONTHS)), st.integers(0, 500)),
    st.lists(st.integers(1, 300), max_size=4, unique=True).map(sorted),
)
def test_every_request_falls_into_one_tier_and_the_tiers_make_the_price(use, ends):
    tiers = [Tier(end, Fraction(number)) for number, end in enumerate([*ends, None], 1)]
    counts = tiered(use, tiers)
    assert sum(counts) == sum(use.values())
    price = sum(count * tier.price for count, tier in zip(counts, tiers, strict=True))
    assert charge(use, dict.fromkeys(KEYS, "all"), Terms("price", tiers=tiers)).total == price


def test_a_month_that_only_nobody_used_is_borne_by_all_where_it_is_spread():
    done = charge(
        {("a1", "", "2026-09"): 10, ("x", "", "2026-10"): 5},
        {"a1": "alpha"},
        Terms("price", tiers=(Tier(None, Fraction(2)),), spread=True),
    )
    assert by_group(done) == {"alpha": 30, "nobody": 0}


@pytest.mark.parametrize("method", ["proportional", "even", "hybrid"])
def test_without_any_use_the_keys_bear_alike(method):
    done = charge({}, {"a1": "alpha", "a2": "alpha"}, Terms(method, 101, fixed_fee=1))
    assert sorted(summed(done.parts, str).values()) == [50, 51]


@pytest.mark.parametrize("method", ["proportional", "even", "hybrid"])
@pytest.mark.parametrize("spread", [True, False])
def test_without_any_key_the_amount_is_nobodys(method, spread):
    done = charge({}, {}, Terms(method, 100, fixed_fee=10, spread=spread))
    assert done.parts == {NOBODY: 100}


def test_a_hundred_thousand_rows_take_less_than_two_seconds():
    chance = random.Random(4)
    use = {
        (f"k{number % 20_000}", PATHS[number % 4 and 1 + number % 3], str(number // 20_000)): chance.randrange(10**6)
        for number in range(100_000)
    }
    groups = {f"k{number}": f"team {number % 50}" for number in range(19_000)}
    begun = time.process_time()
    done = charge(use, groups, Terms(total=123_456_789))
    by_team = by_group(done, groups)
    assert time.process_time() - begun < 2
    assert (len(use), sum(by_team.values())) == (100_000, 123_456_789)


def test_where_nothing_was_used_each_key_bears_by_its_first_part():
    uses = {("k", "/b", ""): 0, ("k", "/a", ""): 0, ("other", "", ""): 0}
    assert {
        part: units
        for part, units in charge(uses, {"k": "k", "other": "other"}, Terms(total=10)).parts.items()
        if units
    } == {
        ("k", "/a", ""): 5,
        ("other", "", ""): 5,
    }


def test_a_key_without_use_bears_by_no_endpoint_and_no_month():
    assert charge({}, {"idle": "red"}, Terms("even", 10)).parts == {("idle", "", ""): 10}


def test_within_a_group_the_use_of_endpoints_is_weighed():
    uses = {("k1", "/a", ""): 10, ("k2", "", ""): 10}
    terms = Terms("even", 8, weights={"/a": Fraction(3)})
    assert charge(uses, {"k1": "red", "k2": "red"}, terms).parts == {("k1", "/a", ""): 6, ("k2", "", ""): 2}
