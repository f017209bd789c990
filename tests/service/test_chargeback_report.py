"""What chargeback_report says: of the demo, of unknown and revoked keys, of gaps and bounds, of bad questions."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from faces import a_desk

from edgedns_mcp.errors import NoDataError, QuestionError
from edgedns_mcp.models import Cell, ChargebackQuery, Key, UsageQuery
from edgedns_mcp.render.charge_csv import chargeback_csv
from edgedns_mcp.render.chargeback import chargeback_words
from edgedns_mcp.service.chargeback import chargeback_report
from edgedns_mcp.service.desk import Desk
from edgedns_mcp.service.usage import usage_by_key
from edgedns_mcp.sources.local import LocalSource
from edgedns_mcp.store import accounts, cells, coverage
from edgedns_mcp.store.database import Database
from edgedns_mcp.store.keys import put_keys

NOW = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
GOLDEN = Path(__file__).parent / "golden"
EVER = (("2026-08-01", "2026-11-22T12:00"),)


def of_demo(**query):
    return asyncio.run(chargeback_report(a_desk(), ChargebackQuery(**query)))


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def cell(start: str, requests: int, key="alpha", hours=1, path="/v1/whois", bound="exact") -> Cell:
    return Cell(
        at(start), at(start) + hours * 3600, key and f"id_{key}", path, "unknown", requests, 0, at(start), bound
    )


def a_key(name: str, **changes) -> Key:
    return Key(**{"key_id": f"id_{name}", "name": name, "environment": "live", "team": name, **changes})


TWO_KEYS = (a_key("alpha"), a_key("beta", environment="test"))


@pytest.fixture
def asked(tmp_path):
    """Ask about an organisation with these cells, observed in these stretches."""

    def ask(some, *observed, keys=TWO_KEYS, zone="UTC", **query):
        database = Database.open(tmp_path / "usage.db")

        def fill(tx):
            account = accounts.made(tx, "local")
            put_keys(account, list(keys))
            cells.apply(account, some)
            for first, last in observed or EVER:
                coverage.observe(account, "test", at(first), at(last))

        database.write(fill)
        database.close()
        source = LocalSource(tmp_path / "usage.db", now=lambda: NOW, because="a test")
        desk = Desk(source, lambda: NOW, ZoneInfo(zone), 1, 60)
        answer = asyncio.run(chargeback_report(desk, ChargebackQuery(**query)))
        asyncio.run(source.aclose())
        return answer

    return ask


def owed(answer) -> dict[str, str | None]:
    return {line.name: line.amount for line in answer.lines}


def refused(question, **query) -> str:
    with pytest.raises(QuestionError) as failure:
        question(**query)
    return str(failure.value)


def test_last_month_of_the_demo_is_charged_to_teams_as_written_down():
    answer = of_demo(amount="1200")
    assert chargeback_words(answer) + "\n" == (GOLDEN / "chargeback.txt").read_text(encoding="utf-8")
    assert answer.model_dump_json(indent=2) + "\n" == (GOLDEN / "chargeback.json").read_text(encoding="utf-8")
    assert chargeback_csv(answer) == (GOLDEN / "chargeback.csv").read_text(encoding="utf-8")


def test_the_text_of_six_teams_stays_small():
    answer = of_demo(amount="1200", teams="core: uptime*, rollout*", method="hybrid", fixed_fee="500")
    assert answer.rows == 6
    assert len(chargeback_words(answer)) <= 2_100  # 700 tokens of the three characters that figures take


@pytest.mark.parametrize("group_by", ["team", "key", "cost_center", "environment"])
@pytest.mark.parametrize("period", ["2026-10", "2026-08..2026-10", "current", "2026-09-15..2026-10-20"])
@pytest.mark.parametrize("amount", ["1200", "-0.07"])
def test_the_lines_and_the_rest_sum_to_the_invoice_and_the_requests_are_what_usage_by_key_says(
    group_by, period, amount
):
    answer = of_demo(amount=amount, group_by=group_by, period=period, limit=2)
    cents = [round(float(one.amount or 0) * 100) for one in (*answer.lines, answer.rest)]
    assert sum(cents) == round(float(amount) * 100)
    assert (answer.difference, answer.unattributed) == ("0.00", "0.00")
    usage = asyncio.run(usage_by_key(a_desk(), UsageQuery(period=period)))
    revoked = usage.unattributed.revoked if usage.unattributed else 0
    assert answer.request_count == usage.totals.request_count + revoked
    assert sum(one.request_count for one in (*answer.lines, answer.rest)) == answer.request_count


def test_a_team_owes_what_its_keys_owe_together():
    by_team, by_key = (of_demo(amount="100", group_by=one, limit=100) for one in ("team", "key"))
    team = {line.key_id: usage.team for usage in a_desk_keys() for line in by_key.lines if line.key_id == usage.key_id}
    for line in by_team.lines:
        keys = [round(float(one.amount or 0) * 100) for one in by_key.lines if team.get(one.key_id) == line.name]
        assert sum(keys) == round(float(line.amount or 0) * 100)


def a_desk_keys():
    return asyncio.run(a_desk().ask(lambda view: view.keys(), a_desk().window("2026-10", "", "")))


def test_use_by_unknown_keys_and_by_none_is_its_own_line_or_spread(asked):
    some = [
        cell("2026-10-05", 60),
        cell("2026-10-05", 30, "beta"),
        cell("2026-10-06", 8, "who"),
        cell("2026-10-06", 2, ""),
    ]
    answer = asked(some, amount="10")
    assert owed(answer) == {"alpha": "6.00", "beta": "3.00", "unattributed": "1.00"}
    assert (answer.allocated, answer.unattributed, answer.lines[-1].keys) == ("9.00", "1.00", 1)
    assert answer.summary == (
        "October 2026: 10.00 EUR over 2 teams by requests: alpha 6.00 EUR (60.0%) and beta 3.00 EUR (30.0%); "
        "unattributed 1.00 EUR (10.0%). The lines sum to the invoice, difference 0.00; all 31 days were observed; "
        "the period is over."
    )
    spread = asked([], amount="9", unattributed="spread")
    assert owed(spread) == {"alpha": "6.00", "beta": "3.00"}
    assert spread.unattributed_request_count == 10
    assert spread.notes[0] == "The cost of 10 unattributed requests is spread over all others."
    even = asked([], amount="9", method="even")
    assert owed(even) == {"alpha": "4.50", "beta": "4.50", "unattributed": "0.00"}
    assert "With method=even unattributed use bears no part; it is only counted." in even.notes


def test_a_revoked_key_pays_for_what_it_used_in_its_team(asked):
    gone = a_key("gone", team="alpha", revoked_at=datetime(2026, 10, 20, tzinfo=UTC))
    before = a_key("before", team="alpha", revoked_at=datetime(2026, 9, 20, tzinfo=UTC))
    some = [cell("2026-10-05", 60), cell("2026-10-05", 40, "gone"), cell("2026-10-05", 100, "beta")]
    answer = asked(some, keys=(*TWO_KEYS, gone, before), amount="2")
    assert owed(answer) == {"alpha": "1.00", "beta": "1.00"}
    assert answer.lines[0].keys == 2
    assert "Keys revoked since are charged for what they used." in answer.notes
    assert "50.0 % of the requests were of test keys, charged like all others." in answer.notes


def test_a_gap_is_told_in_days_and_leaves_the_period_over(asked):
    answer = asked(
        [cell("2026-10-05", 60)], ("2026-10-01", "2026-10-10T12:00"), ("2026-10-13", "2026-11-22T12:00"), amount="5"
    )
    assert (answer.observed_days, answer.days, answer.coverage_percent, answer.closed_at) == (28, 31, 90.3, None)
    assert "28 of 31 days were observed (90.3%); the period is over." in answer.summary


def test_days_to_come_are_no_days_that_nobody_observed(asked):
    running = asked([cell("2026-11-05", 60)], period="2026-11", amount="5")
    assert (running.observed_days, running.days, running.coverage_percent) == (22, 22, 100.0)
    assert running.summary.endswith(
        "all 22 days so far were observed; the period is running, so its figures will grow."
    )
    longer = asked([], period="2026-08..2026-12", amount="5")
    assert (longer.observed_days, longer.days) == (31 + 30 + 31 + 22, 31 + 30 + 31 + 22)


def test_the_running_day_counts_as_soon_as_it_was_observed_up_to_now(asked):
    late = asked([cell("2026-11-05", 60)], ("2026-11-01", "2026-11-22T09:10"), period="2026-11", amount="5")
    assert "21 of 22 days so far were observed (95.5%); the period is running" in late.summary


@pytest.mark.parametrize(
    ("last", "days"), [("2026-10-31T23:58:45", 31), ("2026-10-31T23:00:01", 31), ("2026-10-31T23:00", 30)]
)
def test_a_log_whose_last_line_stands_in_the_last_hour_of_a_day_observed_it(asked, last, days):
    answer = asked([cell("2026-10-05", 60)], ("2026-10-01", last), amount="5")
    assert (answer.observed_days, answer.days) == (days, 31)
    assert answer.data_to is not None
    assert answer.data_to.isoformat().removesuffix("+00:00").removesuffix(":00") == last
    assert f"but the data ends {answer.data_to:%Y-%m-%d %H:%M} UTC." in answer.summary


def test_a_month_whose_data_ends_says_so(asked):
    answer = asked([cell("2026-10-05", 60)], ("2026-10-01", "2026-10-30T06:00"), amount="5")
    assert answer.summary.endswith("29 of 31 days were observed (93.5%); the period is over, but the data ends "
                                   "2026-10-30 06:00 UTC.")  # fmt: skip


def test_days_and_months_are_those_of_the_zone(asked):
    some = [cell("2026-09-30T22:00", 1), cell("2026-10-31T23:00", 5)]
    answer = asked(some, zone="Europe/Berlin", period="2026-10", amount="1")
    assert (answer.request_count, answer.days, answer.observed_days) == (1, 31, 31)
    assert answer.summary.startswith("October 2026 (Europe/Berlin): 1.00 EUR over 2 teams by requests: alpha 1.00 EUR")


def test_counts_over_an_end_are_told_and_the_lower_ones_charged(asked):
    some = [cell("2026-10-05", 60), cell("2026-10-31T12:00", 24, hours=24), cell("2026-10-05", 20, "beta")]
    answer = asked(some, amount="8")
    assert owed(answer) == {"alpha": "6.00", "beta": "2.00"}
    assert answer.bounds is not None
    assert answer.bounds.rows == {"alpha": 84}
    assert "Where figures lie between two, the lower ones are charged." in answer.notes


def test_a_count_over_the_end_of_a_month_inside_the_period_is_charged_once(asked):
    some = [cell("2026-09-30T12:00", 24, hours=24), cell("2026-09-05", 6), cell("2026-10-05", 10, "beta")]
    answer = asked(some, period="2026-09..2026-10", amount="4")
    assert (owed(answer), answer.request_count) == ({"alpha": "3.00", "beta": "1.00"}, 40)


def test_a_period_without_use_is_shared_evenly_over_its_keys(asked):
    answer = asked([], amount="5")
    assert owed(answer) == {"alpha": "2.50", "beta": "2.50"}
    assert answer.lines[0].cost_per_1000 is None
    assert answer.notes[:-1] == ("Nothing was used in this period, so the amount is shared evenly over the keys.",)


def test_a_period_without_keys_leaves_the_amount_unattributed(asked):
    answer = asked([], keys=(), amount="5")
    assert (owed(answer), answer.allocated, answer.unattributed) == ({"unattributed": "5.00"}, "0.00", "5.00")
    assert answer.notes[:-1] == ("No key lived in this period, so the amount is unattributed.",)
    assert answer.summary.startswith("October 2026: 5.00 EUR over 0 teams by requests: unattributed 5.00 EUR (100.0%).")


def test_without_an_amount_there_are_shares():
    answer = of_demo(method="even", group_by="environment")
    assert answer.summary.startswith(
        "DEMO: October 2026: shares of 2 environments evenly: live 50.0% and test 50.0%. No "
    )
    assert (answer.total, answer.difference, answer.lines[0].amount, answer.rest.amount) == (None,) * 4


def test_patterns_put_keys_into_other_teams(asked):
    keys = (a_key("checkout-api", team="old"), a_key("other", key_id="id_bill", team=""), a_key("spare", team=""))
    some = [cell("2026-10-05", 3, "checkout-api"), cell("2026-10-05", 1, "bill"), cell("2026-10-05", 1, "spare")]
    answer = asked(some, keys=keys, amount="5", teams="payments: Checkout*, id_bill; nobody: zz*")
    assert owed(answer) == {"payments": "4.00", "spare": "1.00"}
    assert "No key matches zz\\* of teams." in answer.notes
    assert any("first part of the key's name" in note for note in answer.notes)


def test_the_groups_of_the_summary_add_up_whoever_owes_nothing(asked):
    names = [f"k{number:02}" for number in range(12)]
    some, keys = [cell("2026-10-05", 5, name) for name in names[:8]], [a_key(name) for name in names]
    for limit in (100, 9, 8):
        told = asked(some if limit == 100 else [], keys=keys, group_by="key", amount="80", limit=limit).summary
        assert "over 12 keys by requests: k00 (id\\_k00) 10.00 EUR (12.5%), " in told.replace("id_k", "id\\_k")
        assert " and 2 more; 4 keys owe nothing. " in told
    assert " and 6 more. " in asked([], keys=keys, group_by="key", amount="80", limit=7).summary
    assert " and 6 more. " in asked([], keys=keys, group_by="key", amount="80", method="even").summary


def test_lines_whose_team_was_guessed_are_named_those_that_owe_most_first(asked):
    keys = [a_key("sure", team="ops"), *(a_key(f"t{number}-api", team="") for number in range(5))]
    some = [cell("2026-10-05", 10 + number, f"t{number}-api") for number in range(5)]
    guessed = "Teams that are on no record are read from the first part of the key's name: "
    assert f"{guessed}t4, t3, t2 and 2 more." in asked(some, keys=keys, amount="5").notes
    assert f"{guessed}t1." in asked([], keys=keys, amount="5", teams="ops: t0*, t2*, t3*, t4*").notes
    assert not any(guessed[:-2] in note for note in asked([], keys=keys, amount="5", group_by="key").notes)


def test_keys_of_no_team_are_named(asked):
    keys = (a_key("alpha"), a_key("id_lost", key_id="id_lost", team=""))
    answer = asked([cell("2026-10-05", 3), cell("2026-10-05", 1, "lost")], keys=keys, amount="4")
    assert owed(answer) == {"alpha": "3.00", "unassigned": "1.00"}
    assert answer.notes[:-1] == (
        "1 key belongs to no team: id_lost; a teams file (EDGEDNS_TEAMS_FILE) or teams can name it.",
    )


def test_a_price_makes_the_total(asked):
    answer = asked([cell("2026-10-05", 1_500), cell("2026-10-05", 500, "beta")], method="price", unit_price="1.20/1000")
    assert (answer.total, owed(answer)) == ("2.40", {"alpha": "1.80", "beta": "0.60"})
    assert answer.lines[0].cost_per_1000 == "1.2000"
    assert "2.40 EUR over 2 teams at a price per request" in answer.summary
    assert "The lines sum to the total, difference 0.00" in answer.summary


def test_many_long_lines_are_shortened_to_fit(asked):
    keys = [a_key("ß" * 50 + str(number), key_id=f"id_{'x' * 50}{number}") for number in range(300)]
    answer = asked([], keys=keys, limit=300, group_by="key", amount="9")
    assert max(len(chargeback_words(answer)), len(answer.model_dump_json())) <= 40_000
    assert answer.rest.rows == 300 - len(answer.lines)
    assert any("chargeback --format csv lists all" in note for note in answer.notes)


def test_a_name_from_outside_runs_in_no_spreadsheet(asked):
    keys = (a_key("=1+1", key_id="@id", team="-2"),)
    answer = asked([], keys=keys, amount="-9", group_by="key")
    assert "'=1+1,'@id,1,0,0,100.0,-9.00,EUR,,proportional,," in chargeback_csv(answer)


def test_a_period_without_data_is_one_sentence():
    with pytest.raises(NoDataError) as failure:
        of_demo(period="2026-01", amount="5")
    assert str(failure.value) == (
        "DEMO: There is no data for 2026-01 (2026-01-01T00:00Z to 2026-02-01T00:00Z); it reaches from "
        "2026-07-25T00:00:00Z to 2026-11-22T15:00:00Z; ask period=2026-07."
    )


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"amount": "1.234,56"}, "write amount=1234.56."),
        ({"amount": "5", "currency": "Euro"}, "write its code, for example currency=EUR."),
        ({"method": "fixed"}, 'method=fixed needs shares, for example shares="payments=60,growth=40".'),
        (
            {"method": "fixed", "shares": "payments=60,growth=39"},
            'The shares sum to 99, not to 100; write for example shares="payments=60,growth=40".',
        ),
        (
            {"method": "fixed", "shares": "payments=60.5,growth=100"},
            'The shares sum to 160.5, not to 100; write for example shares="payments=60.5,growth=39.5".',
        ),
        (
            {"method": "fixed", "shares": "payments=60,security=60,growth=10"},
            'The shares sum to 130, not to 100; write for example shares="payments=60,growth=40".',
        ),
        ({"method": "fixed", "shares": "payments 60"}, 'once; write shares="payments=60,growth=40".'),
        (
            {"method": "fixed", "shares": "payments=60,nobody=40"},
            "There is no team 'nobody' to take a share; there are growth, payments, platform, security, storefront.",
        ),
        (
            {"method": "fixed", "shares": "payments=60,Payments=40"},
            "shares names 'payments' twice; write each team once.",
        ),
        ({"shares": "payments=100"}, "shares belongs to method=fixed; write method=fixed, or leave shares out."),
        (
            {"method": "hybrid", "fixed_fee": "5"},
            "needs the amount that fixed_fee is a part of, for example amount=1200.",
        ),
        (
            {"method": "hybrid", "fixed_fee": "5.01", "amount": "5"},
            "fixed_fee is a part of the amount, so it lies between 0 and 5.00.",
        ),
        (
            {"method": "price", "unit_price": "1", "amount": "5"},
            "leave amount out, or share it with method=proportional.",
        ),
        ({"method": "price", "unit_price": "free"}, "write unit_price=0.0012, or unit_price=1.20/1000."),
        ({"teams": "payments"}, 'write teams="payments: checkout*, billing*; growth: news*".'),
    ],
)
def test_what_cannot_be_asked_is_refused_in_one_sentence_with_the_right_way(query, said):
    assert refused(of_demo, **query).endswith(said)


def test_shares_name_a_key_by_its_id_or_by_a_name_that_only_one_has():
    answer = of_demo(amount="10", method="fixed", group_by="key", shares="uptime-probe=25,key_562be1=75", limit=2)
    assert owed(answer) == {"payments-fraud": "7.50", "uptime-probe": "2.50"}
    assert "There is no key 'checkout-api'" in refused(
        of_demo, method="fixed", group_by="key", shares="checkout-api=100"
    )


def test_shares_of_a_period_without_groups_are_refused(asked):
    query = {"amount": "5", "method": "fixed", "shares": "payments=100"}
    with pytest.raises(
        QuestionError, match="There is no team 'payments' to take a share; there are none in this period"
    ):
        asked([], keys=(), **query)


def test_use_by_an_unknown_key_is_weighed_by_its_endpoints_as_well(asked):
    some = [
        cell("2026-10-05", 10),
        cell("2026-10-06", 10, "stranger", path="/v1/export"),
        cell("2026-10-07", 5, "", path="/v1/export"),
    ]
    answer = asked(some, period="2026-10", amount="160", weights="/v1/export=10")
    assert (owed(answer)["alpha"], answer.unattributed) == ("10.00", "150.00")
