"""The lines of a chargeback and its rows in a FOCUS file: who is charged together, what each owes, in which order."""

from collections.abc import Mapping
from datetime import UTC, datetime
from fractions import Fraction

import pytest
from domain_builders import a_key, a_usage, a_window

from edgedns_mcp.domain.charge_rows import Ledger, charge_rows
from edgedns_mcp.domain.chargeback import Terms, Tier, charge, exact_shares
from edgedns_mcp.domain.charges import Account, Owed, accounts, callable_by, label_of, labels, ranked
from edgedns_mcp.domain.correcting import corrected_ids, correction_rows
from edgedns_mcp.domain.usages import roster_of, usages_of
from edgedns_mcp.models import Correction, Tally

KEYS = [
    a_key("key_1", name="payments-api", team="payments", cost_center="cc\u200b-1"),
    a_key("key_2", name="payments-test", team="payments", environment="test"),
    a_key("key_3", name="news", team="growth\u200b", cost_center="cc-2"),
]
MEMBERS = roster_of(KEYS).members
USED = usages_of([a_usage(60, key_id="key_1"), a_usage(30, key_id="key_2", environment="test", name="b")])
EUROS, SHARES = Owed(1000, "EUR"), Owed(1000, None)


def an_account(name: str, requests: int = 0, **changes) -> Account:
    return Account(name, 1, Tally(requests, 0, None), 0)._replace(**changes)


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("key", ["key_1", "key_2", "key_3"]),
        ("team", ["payments", "elsewhere", "growth"]),
        ("cost_center", ["cc-1", "unassigned", "cc-2"]),
        ("environment", ["live", "test", "live"]),
    ],
)
def test_a_key_is_charged_under_the_label_of_its_group(by, expected):
    found = labels(MEMBERS, by, {"key_2": "elsewhere"})
    assert [found[key.key_id] for key in KEYS] == expected


def test_keys_of_one_label_are_charged_together():
    found = accounts(USED, {"key_1": "payments", "key_2": "payments"}, "team")
    assert found == {"payments": Account("payments", 2, Tally(90, 0, None), 30)}


def test_a_key_is_charged_alone_by_the_name_it_is_shown_with():
    found = accounts(USED, {"key_1": "key_1", "key_2": "key_2"}, "key")
    assert [(one.name, one.keys, one.used.requests, one.tested) for one in found.values()] == [
        ("payments-api", 1, 60, 0),
        ("b", 1, 30, 30),
    ]
    assert [label_of(one) for one in found.values()] == ["key_1", "key_2"]


def test_accounts_come_by_what_they_owe_then_by_use_then_by_name():
    every = [an_account("c", 5), an_account("b", 5), an_account("d", 6), an_account("a"), an_account("e")]
    assert [one.name for one in ranked(every, {"a": 1, "b": 0, "c": 0, "d": 0, "e": -2})] == ["e", "a", "d", "b", "c"]


def test_keys_of_one_name_come_by_id():
    every = [an_account("same", member=one) for one in reversed(MEMBERS)]
    assert [label_of(one) for one in ranked(every, {"key_1": 1, "key_2": 1, "key_3": 1})] == ["key_1", "key_2", "key_3"]


def test_an_account_is_called_by_its_label_or_by_a_name_that_no_other_has():
    first, second, third = MEMBERS[1], MEMBERS[2], MEMBERS[0]
    every = [an_account("Same", member=first), an_account("same", member=second), an_account("News", member=third)]
    assert callable_by(every) == {
        first.key_id: first.key_id,
        second.key_id: second.key_id,
        third.key_id: third.key_id,
        "news": third.key_id,
    }


def test_a_label_is_meant_before_a_name():
    every = [an_account("key_3", member=MEMBERS[1]), an_account("other", member=MEMBERS[0])]
    assert callable_by(every)["key_3"] == "key_3"


def test_a_line_says_what_an_account_used_and_owes():
    line = EUROS.line(Account("payments", 2, Tally(90, 0, None), 30), -250)
    assert line.model_dump() == {
        "name": "payments",
        "key_id": None,
        "keys": 2,
        "request_count": 90,
        "test_request_count": 30,
        "share_percent": 25.0,
        "amount": "-2.50",
        "cost_per_1000": "-27.7778",
    }


def test_a_line_of_a_credit_has_a_share_of_it():
    assert Owed(-1000, "EUR").line(an_account("payments", 1), -250).share_percent == 25.0


def test_without_an_amount_only_shares_are_told():
    line = SHARES.line(an_account("payments", 90, member=MEMBERS[0]), 250)
    assert (line.key_id, line.share_percent, line.amount, line.cost_per_1000) == ("key_3", 25.0, None, None)


def test_the_rest_sums_what_is_not_listed():
    some = [an_account("a", 3), an_account("b", 4)]
    assert EUROS.rest(some, {"a": 150, "b": 25, "listed": 825}).model_dump() == {
        "rows": 2,
        "request_count": 7,
        "amount": "1.75",
    }
    assert SHARES.rest(some, {"a": 150, "b": 25}).amount is None


USES = {
    ("key_1", "/dns", "2026-10"): 30,
    ("key_1", "/whois", "2026-10"): 10,
    ("key_2", "", "2026-10"): 40,
    ("key_3", "", "2026-11"): 10,
    ("stranger", "", "2026-10"): 7,
    ("", "", "2026-10"): 3,
}
WINDOWS = {"2026-10": a_window("2026-10-01", "2026-11-01"), "2026-11": a_window("2026-11-01", "2026-12-01")}


def a_ledger(terms: Terms, uses: Mapping = USES, **changes) -> Ledger:
    charges = charge(uses, labels(MEMBERS, "key", {}), terms)
    whole = Ledger(MEMBERS, {"key_2": "odd\u200b"}, uses, charges, "EUR", terms.tiers, WINDOWS)
    return whole._replace(**changes)


def test_rows_come_by_month_the_largest_first_and_nobody_last():
    rows = charge_rows(a_ledger(Terms(total=1000)))
    assert [(row.start.month, row.key_id, row.request_count, row.amount) for row in rows] == [
        (10, "key_1", 40, "4.00"),
        (10, "key_2", 40, "4.00"),
        (10, None, 10, "1.00"),
        (11, "key_3", 10, "1.00"),
    ]


def test_a_row_says_whose_it_is():
    first, second, nobody, third = charge_rows(a_ledger(Terms(total=1000)))
    assert [(row.name, row.environment, row.team, row.cost_center) for row in (first, second, third, nobody)] == [
        ("payments-api", "live", "payments", "cc-1"),
        ("payments-test", "test", "odd", ""),
        ("news", "live", "growth", "cc-2"),
        ("unattributed", "unknown", "", ""),
    ]
    assert (third.start, third.end, third.is_correction) == (WINDOWS["2026-11"].start, WINDOWS["2026-11"].end, False)


def test_a_row_has_its_part_of_the_total_before_rounding():
    weights = [row.weight for row in charge_rows(a_ledger(Terms(total=1001)))]
    assert weights == ["0.400000000000", "0.400000000000", "0.100000000000", "0.100000000000"]


def test_a_total_of_nothing_has_no_parts():
    assert {row.weight for row in charge_rows(a_ledger(Terms(total=0)))} == {None}


def test_who_owes_without_use_has_a_row_and_who_neither_owes_nor_uses_has_none():
    uses = {("key_1", "", "2026-10"): 5, ("key_2", "", "2026-10"): 0, ("key_3", "", "2026-10"): 0}
    ledger = a_ledger(Terms("fixed", 100, percents={"key_1": Fraction(0), "key_3": Fraction(100)}), uses)
    assert [(row.key_id, row.request_count, row.amount) for row in charge_rows(ledger)] == [
        ("key_3", 0, "1.00"),
        ("key_1", 5, "0.00"),
    ]


def test_a_price_is_told_where_requests_at_it_are_the_amount():
    one = charge_rows(a_ledger(Terms("price", tiers=(Tier(None, Fraction(1, 4)),))))
    assert [(row.request_count, row.amount, row.unit_price) for row in one] == [
        (40, "0.10", "0.0025"),
        (40, "0.10", "0.0025"),
        (10, "0.03", None),
        (10, "0.03", None),
    ]
    two = charge_rows(a_ledger(Terms("price", tiers=(Tier(1, Fraction(1)), Tier(None, Fraction(1))))))
    assert {row.unit_price for row in two} == {None}


def test_the_exact_shares_of_several_pots_are_summed():
    terms = Terms("hybrid", total=1000, fixed_fee=400)
    uses = {("key_1", "", ""): 2, ("key_2", "", ""): 1}
    done = charge(uses, {"key_1": "a", "key_2": "b"}, terms)
    assert exact_shares(done, lambda part: part[0]) == {"key_1": Fraction(3, 5), "key_2": Fraction(2, 5)}
    assert exact_shares(done._replace(total=0), lambda part: part[0]) == {}


def a_correction(key_id: str, units: int, period: str = "2026-09") -> Correction:
    return Correction(
        key_id=key_id, name=key_id.upper(), environment="test", team="red", cost_center="cc", period=period,
        start=datetime(2026, 9, 1, tzinfo=UTC), end=datetime(2026, 10, 1, tzinfo=UTC), units=units,
    )  # fmt: skip


def test_the_lines_of_corrections_are_of_these_keys():
    every = [a_correction("a", 1), a_correction("b", -5), a_correction("c", 9, "2026-08"), a_correction("d", 0)]
    assert corrected_ids(every) == ["c", "b", "a"]


def test_a_correction_is_a_row_of_a_file():
    row, nobody = correction_rows([a_correction("a", -150), a_correction("", 1)], "EUR")
    assert row.model_dump() == {
        "key_id": "a",
        "name": "A",
        "environment": "test",
        "team": "red",
        "cost_center": "cc",
        "start": datetime(2026, 9, 1, tzinfo=UTC),
        "end": datetime(2026, 10, 1, tzinfo=UTC),
        "request_count": 0,
        "amount": "-1.50",
        "weight": None,
        "unit_price": None,
        "is_correction": True,
    }
    assert (nobody.key_id, nobody.amount) == (None, "0.01")


def test_a_key_of_no_team_has_none_on_record():
    (row,) = charge_rows(a_ledger(Terms(total=1), {("key_3", "", "2026-10"): 1}, teams={"key_3": "unassigned"}))
    assert (row.key_id, row.team) == ("key_3", "")


def test_use_that_others_bear_has_no_part_of_the_total():
    rows = charge_rows(a_ledger(Terms(total=900, spread=True), {("key_1", "", "2026-10"): 3, ("", "", "2026-10"): 5}))
    assert [(row.key_id, row.request_count, row.amount, row.weight) for row in rows] == [
        ("key_1", 3, "9.00", "1.000000000000"),
        (None, 5, "0.00", "0.000000000000"),
    ]


def test_an_id_is_kept_whole_in_a_row():
    key = a_key("key_" + "x" * 200)
    uses = {(key.key_id, "", "2026-10"): 1}
    charges = charge(uses, {key.key_id: key.key_id}, Terms(total=1))
    (row,) = charge_rows(
        a_ledger(Terms(total=1))._replace(members=roster_of([key]).members, uses=uses, charges=charges)
    )
    assert row.key_id == key.key_id


def test_keys_are_a_roster_once():
    roster = roster_of(KEYS)
    assert roster_of(roster) is roster
    kept = roster.without(frozenset({1}))
    assert [one.key_id for one in kept] == [MEMBERS[0].key_id, MEMBERS[2].key_id]
    assert roster.without(frozenset({1})) is kept
    assert roster.without(frozenset()) is roster.members
    assert USED.only([True, True]) is USED
