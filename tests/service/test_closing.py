"""A closed month stays byte for byte what it was, and what arrives later is charged in the month after it."""

import asyncio
import csv
import random
import zlib
from contextlib import closing
from dataclasses import replace
from decimal import Decimal

import apsw
import pytest
from charged_usage import a_use, add, an_owner, at, desk_at
from faces import NOW, a_desk, command

from edgedns_mcp import __version__
from edgedns_mcp.errors import ConfigurationError, QuestionError, UsageError
from edgedns_mcp.models import ChargebackQuery, StandingTerms
from edgedns_mcp.service.chargeback import chargeback_answer
from edgedns_mcp.service.closing import close_period, reopen_period

KEYS = (an_owner("alpha", cost_center="CC-1"), an_owner("beta", environment="test"), an_owner("gamma", team="alpha"))
OCTOBER = (a_use("2026-10-05", 60), a_use("2026-10-05", 30, "beta"), a_use("2026-10-06", 10, "gamma"))
NOVEMBER = (a_use("2026-11-05", 50), a_use("2026-11-07", 50, "beta"))
LATE = (a_use("2026-10-08", 100, "beta"),)
GROUPS = ("team", "key", "cost_center", "environment")


@pytest.fixture
def path(tmp_path):
    add(tmp_path / "usage.db", (*OCTOBER, *NOVEMBER), KEYS)
    return tmp_path / "usage.db"


def asked(path, desk=None, fits_a_host=False, **query):
    asking = ChargebackQuery(**{"period": "2026-10", "limit": 100, **query})
    with desk_at(path, **desk or {}) as where:
        return asyncio.run(chargeback_answer(where, asking, fits_a_host=fits_a_host))


def close(path, desk=None, **query):
    with desk_at(path, **desk or {}) as where:
        return asyncio.run(close_period(where, ChargebackQuery(**{"period": "2026-10", "amount": "100", **query})))


def reopen(path):
    with desk_at(path) as where:
        return asyncio.run(reopen_period(where))


def refused(path, **query) -> str:
    with pytest.raises(UsageError) as failure:
        close(path, **query)
    return str(failure.value)


def everything(path) -> list:
    views = [asked(path, group_by=group, format=layout) for group in GROUPS for layout in ("table", "csv", "focus")]
    return [(view.words, view.report) for view in views]


def owed(answer) -> dict[str, str]:
    return {line.name: line.amount for line in answer.report.lines}


def corrected(answer) -> dict[str, str]:
    return {one.name: one.amount for one in answer.report.corrections}


def test_a_closed_month_is_told_alike_for_ever(path):
    closed = close(path)
    before = everything(path)
    assert closed.is_new
    add(
        path, LATE, [an_owner("alpha", name="renamed", team="elsewhere"), an_owner("beta", revoked_at=at("2026-10-20"))]
    )
    with desk_at(path, "2027-08-01T09:00", currency="USD") as later:
        question = ChargebackQuery(period="2026-10", limit=100)
        assert asyncio.run(chargeback_answer(later, question)).words == before[0][0]
    assert everything(path) == before
    assert before[0][0].startswith(
        "October 2026: 100.00 EUR over 2 teams by requests: alpha 70.00 EUR (70.0%) and beta 30.00 EUR (30.0%). The "
        "lines sum to the invoice, difference 0.00; all 31 days were observed; closed at 2026-12-22 12:30 UTC by "
        f"version {__version__}."
    )
    assert (before[0][1].closed_at, before[0][1].closed_by) == (at("2026-12-22T12:30"), __version__)


def test_the_words_are_those_of_the_version_that_closed_it(path):
    close(path)
    with closing(apsw.Connection(str(path))) as connection:
        (body,) = connection.execute("SELECT body FROM closing").fetchone()
        older = zlib.decompress(body).replace(b"The lines sum to the invoice", b"Summa summarum")
        connection.execute("UPDATE closing SET body = ?, version = '0.0.9'", (zlib.compress(older),))
    assert "Summa summarum" in asked(path).words


@pytest.mark.parametrize("layout", ["table", "csv", "focus"])
def test_the_same_terms_ask_for_the_same_answer(path, layout):
    close(path, method="hybrid", fixed_fee="40", amount="100")
    by_terms = asked(path, method="hybrid", fixed_fee="40.00", amount="100.0", group_by="team", format=layout)
    assert by_terms.report.closed_at
    assert by_terms.report.lines == asked(path, format=layout).report.lines
    assert by_terms.report.file == asked(path, format=layout).report.file


STANDS_NOW = [
    StandingTerms(method="hybrid", group_by="key"),
    StandingTerms(method="fixed"),
    StandingTerms(method="fixed", group_by="cost_center", shares={"CC-9": "100"}),
    StandingTerms(amount="7", unattributed="spread"),
]


@pytest.mark.parametrize("terms", STANDS_NOW, ids=repr)
@pytest.mark.parametrize("layout", ["table", "csv", "focus"])
def test_what_stands_in_edgedns_toml_today_does_not_touch_a_closed_month(path, layout, terms):
    close(path)
    before = asked(path, format=layout)
    assert asked(path, {"terms": terms, "currency": "USD"}, format=layout) == before
    assert close(path, {"terms": terms}, amount="").is_new is False


def test_a_month_closed_by_shares_of_teams_is_told_by_key(path):
    close(path, method="fixed", shares="alpha=60,beta=40")
    teams = StandingTerms(method="fixed", shares={"alpha": "60", "beta": "40"})
    by_key = asked(path, {"terms": teams}, group_by="key")
    assert owed(by_key) == {"alpha": "51.43", "beta": "40.00", "gamma": "8.57"}
    assert by_key.report.closed_at
    with pytest.raises(QuestionError, match="are of teams; ask group_by=team"):
        asked(path, {"terms": teams}, group_by="key", amount="100")


def test_unless_a_question_says_how_a_closed_month_is_grouped_as_it_was_closed(path):
    close(path, group_by="key")
    assert (asked(path).report.group_by, asked(path, group_by="team").report.group_by) == ("key", "team")


@pytest.mark.parametrize("group_by", ["configured", "team"])
@pytest.mark.parametrize("layout", ["csv", "focus"])
def test_the_command_beside_a_closed_file_names_no_terms_and_gives_its_bytes(path, layout, group_by):
    close(path, {"zone": "Europe/Berlin"}, group_by="key", teams="core: al*")
    desk = {"zone": "Europe/Berlin", "terms": StandingTerms(method="even", amount="7"), "currency": "USD"}
    answer = asked(path, desk, format=layout, group_by=group_by).report
    by = "key" if group_by == "configured" else group_by
    options = ("chargeback", "--source", "local", "--period", "2026-10", "--currency", "EUR", "--group-by", by)
    name = {"csv": "chargeback", "focus": "focus"}[layout]
    assert answer.command == (
        f"EDGEDNS_TIMEZONE=Europe/Berlin edgedns-mcp {' '.join(options)} --format {layout} --output "
        f"{name}-2026-10-01.csv"
    )
    run = command(*options, "--format", layout, "--database", str(path), EDGEDNS_TIMEZONE="Europe/Berlin")
    assert (run.stdout, run.stderr) == (answer.file, "")


def test_other_terms_only_tell_what_would_be(path):
    close(path)
    other = asked(path, amount="200")
    assert (other.report.closed_at, owed(other)) == (None, {"alpha": "140.00", "beta": "60.00"})
    assert other.report.notes[-1] == (
        "This period was closed at 2026-12-22T12:30:00Z with other terms, so this only tells what would be; leave "
        "amount and terms out for what was charged."
    )
    assert other.report.is_what_if
    assert other.report.summary.startswith("October 2026, if it were charged anew: 200.00 EUR over 2 teams by requests")
    assert other.report.summary.endswith("; the period is closed, with other terms.")
    focus = csv.DictReader(asked(path, amount="200", format="focus").report.file.splitlines())
    assert {row["InvoiceId"] for row in focus} == {"chargeback-20261001T00Z-20261101T00Z-EUR-what-if"}
    assert not asked(path).report.is_what_if
    assert asked(path, method="even", amount="100").report.closed_at is None
    assert asked(path, amount="100", currency="USD").report.closed_at is None
    assert asked(path, currency="EUR").report.closed_at
    part = asked(path, period="2026-10-05..2026-10-06", amount="5")
    assert "A part of this period is closed, and shared anew here" in part.report.notes[-1]


def test_fewer_lines_are_cut_from_the_closed_ones(path):
    close(path, unattributed="separate")
    first = asked(path, group_by="key", limit=1).report
    assert [line.name for line in first.lines] == ["alpha"]
    assert (first.rest.rows, first.rest.request_count, first.rest.amount) == (2, 40, "40.00")


def test_usage_that_arrives_later_is_charged_in_the_next_month_and_sums_to_0(path):
    close(path)
    add(path, LATE)
    answer = asked(path, period="2026-11", amount="80")
    assert owed(answer) == {"alpha": "40.00", "beta": "40.00"}
    assert corrected(answer) == {"beta": "35.00", "alpha": "-35.00"}
    assert {one.name: one.due for one in answer.report.corrections} == {"alpha": "5.00", "beta": "75.00"}
    assert (answer.report.corrected, answer.report.correction_rows) == ("0.00", 2)
    assert (
        "correction of|team|amount EUR|due in all\n2026-10|alpha|-35.00|5.00\n2026-10|beta|35.00|75.00" in answer.words
    )
    assert "Corrections of closed periods, beside the lines: sum 0.00 EUR, rows 2, listed 2." in answer.words
    assert answer.report.summary.endswith(
        "the period is over. Usage that arrived later corrects October 2026: alpha -35.00 EUR and beta +35.00 EUR, in "
        "sum 0.00; due in all: alpha 5.00 EUR and beta 75.00 EUR."
    )
    assert corrected(asked(path, period="2026-12", amount="80")) == {}


def test_a_correction_is_a_row_of_every_file(path):
    close(path)
    add(path, LATE)
    lines = list(csv.DictReader(asked(path, period="2026-11", amount="80", format="csv").report.file.splitlines()))
    assert [(line["name"], line["amount"], line["correction_of"]) for line in lines] == [
        ("alpha", "40.00", ""),
        ("beta", "40.00", ""),
        ("alpha", "-35.00", "2026-10"),
        ("beta", "35.00", "2026-10"),
    ]
    focus = list(csv.DictReader(asked(path, period="2026-11", amount="80", format="focus").report.file.splitlines()))
    assert {row["InvoiceId"] for row in focus} == {"chargeback-20261101T00Z-20261201T00Z-EUR"}
    assert sum(Decimal(row["BilledCost"]) for row in focus) == 80
    rows = [row for row in focus if row["ChargeClass"] == "Correction"]
    assert [(row["ResourceName"], row["BilledCost"], row["ChargePeriodStart"]) for row in rows] == [
        ("alpha", "-30.00", "2026-10-01T00:00:00Z"),
        ("beta", "35.00", "2026-10-01T00:00:00Z"),
        ("gamma", "-5.00", "2026-10-01T00:00:00Z"),
    ]


def test_a_correction_is_charged_once_and_later_usage_is_corrected_again(path):
    close(path)
    add(path, LATE)
    november = close(path, period="2026-11", amount="80").closed.views["team"].report
    assert november.correction_rows == 2
    assert corrected(asked(path, period="2026-12", amount="60")) == {}
    add(path, [a_use("2026-10-09", 200), a_use("2026-11-09", 100)])
    december = asked(path, period="2026-12", amount="60")
    assert [(one.period, one.name, one.amount) for one in december.report.corrections] == [
        ("2026-10", "alpha", "32.50"),
        ("2026-10", "beta", "-32.50"),
        ("2026-11", "alpha", "20.00"),
        ("2026-11", "beta", "-20.00"),
    ]
    assert asked(path, period="2026-11").report == november


def test_whom_a_key_belonged_to_is_closed_with_the_month(path):
    close(path)
    add(path, LATE, [an_owner("beta", team="moved"), an_owner("new")])
    assert corrected(asked(path, period="2026-11", amount="80")) == {"beta": "35.00", "alpha": "-35.00"}
    add(path, [a_use("2026-10-10", 200, "new")])
    by_team = corrected(asked(path, period="2026-11", amount="80"))
    assert by_team == {"alpha": "-52.50", "new": "50.00", "beta": "2.50"}


def test_at_a_price_corrections_are_what_the_later_usage_costs(path):
    close(path, amount="", method="price", unit_price="0.10")
    add(path, LATE)
    answer = asked(path, period="2026-11", method="price", unit_price="0.20")
    assert (answer.report.total, corrected(answer), answer.report.corrected) == ("20.00", {"beta": "10.00"}, "10.00")
    rows = csv.DictReader(
        asked(path, period="2026-11", method="price", unit_price="0.20", format="focus").report.file.splitlines()
    )
    assert sum(Decimal(row["BilledCost"]) for row in rows) == 30


def test_another_currency_takes_no_correction_and_says_so(path):
    close(path)
    add(path, LATE)
    other = asked(path, period="2026-11", amount="80", currency="USD")
    assert other.report.corrections == ()
    assert "Later usage corrects 2026-10, in EUR; ask with that currency." in other.report.notes


@pytest.mark.parametrize("seed", range(6))
def test_closed_and_corrected_is_what_it_should_have_been(path, seed):
    draw = random.Random(seed)
    keys = [f"k{number}" for number in range(6)]
    add(path, (), [an_owner(key, team=draw.choice(("red", "blue", "green"))) for key in keys])
    terms = draw.choice(
        [{"amount": "99.99"}, {"amount": "-12.34"}, {"amount": "70", "method": "even"},
         {"amount": "100", "method": "hybrid", "fixed_fee": "33.33"},
         {"amount": "50", "weights": "/v1/dns=7"}, {"amount": "", "method": "price", "unit_price": "0.0137"}]
    )  # fmt: skip

    def arrive(month: int) -> None:
        some = [
            a_use(
                f"2026-{month:02}-{draw.randint(1, 28):02}", draw.randint(1, 999), draw.choice([*keys, "who", ""]), path
            )
            for path in ("/v1/dns", "/v1/whois")
            for _ in range(4)
        ]
        add(path_, some)

    path_, charged, total = path, {}, {}
    for month in (9, 10, 11):
        for arriving in range(9, month + 1):
            arrive(arriving)
        made = close(path, period=f"2026-{month:02}", group_by="key", **terms).closed
        charged[month] = {one.key_id: one.units for one in made.keys} | {"": made.unattributed_units}
        for one in made.corrections:
            of = charged[one.start.month]
            of[one.key_id] = of.get(one.key_id, 0) + one.units
        total[month] = made.views["team"].report.corrected
        assert terms.get("method") == "price" or Decimal(total[month] or 0) == 0
    for month in (9, 10):
        whole = asked(path, period=f"2026-{month:02}", **{**terms, "teams": "none: zz*"}, group_by="key").report
        should = {line.key_id or "": round(Decimal(line.amount) * 100) for line in whole.lines}
        assert whole.closed_at is None
        assert {key: units for key, units in charged[month].items() if units or key in should} == should | {
            key: 0 for key in charged[month] if key in should and not should[key]
        }


def test_only_what_is_over_and_reached_by_the_data_can_be_closed(path):
    assert refused(path, period="2026-12").startswith(
        "This period ends 2027-01-01T00:00:00Z, so it cannot be closed yet;"
    )
    assert refused(path, period="current").startswith("This period ends ")
    assert refused(path, amount="").startswith("A closed period has a total; name it, for example --amount 1200.00")
    assert "There is no data for 2026-07" in refused(path, period="2026-07")
    with desk_at(path, "2027-02-01T09:00") as later, pytest.raises(QuestionError) as failure:
        asyncio.run(close_period(later, ChargebackQuery(period="2026-12", amount="5")))
    assert str(failure.value).startswith("The data ends 2026-12-22T12:00:00Z, and this period 2027-01-01T00:00:00Z;")


def test_a_month_whose_log_ends_in_its_last_hour_can_be_closed(tmp_path):
    path, desk = tmp_path / "quiet.db", {"now": "2026-11-03T09:00"}
    add(path, OCTOBER, KEYS, ("2026-10-01T00:00:01", "2026-10-31T23:58:45"))
    assert any("--close" in note for note in asked(path, desk, amount="100").report.notes)
    closed = close(path, desk).closed.views["team"].report
    assert (closed.observed_days, closed.days, closed.closed_at) == (31, 31, at("2026-11-03T09:00"))
    short = tmp_path / "short.db"
    add(short, OCTOBER, KEYS, ("2026-10-01T00:00:01", "2026-10-31T22:58:45"))
    assert not any("--close" in note for note in asked(short, desk, amount="100").report.notes)
    with pytest.raises(QuestionError, match="The data ends 2026-10-31T22:58:45Z, and this period 2026-11-01T00:00:00Z"):
        close(short, desk)


def test_periods_are_closed_in_their_order(path):
    close(path)
    close(path, period="2026-11")
    assert refused(path, period="2026-09") == (
        "Periods are closed in their order, and the last closed one ends 2026-12-01T00:00:00Z: close what begins then, "
        "or give that one back with edgedns-mcp chargeback --reopen."
    )
    assert refused(path, period="2026-12-02..2026-12-05").startswith("Periods are closed in their order")


def test_closing_twice_is_refused_unless_nothing_differs(path):
    first = close(path)
    assert close(path) == first._replace(seen={}, is_new=False)
    assert refused(path, amount="101").startswith("2026-10 was closed at 2026-12-22T12:30:00Z by version")
    add(path, LATE)
    assert "usage that arrived later is charged in the next period" in refused(path)


def test_the_last_closed_period_can_be_given_back(path):
    close(path)
    add(path, LATE)
    close(path, period="2026-11", amount="80")
    assert reopen(path).start == at("2026-11-01")
    assert asked(path, period="2026-11", amount="80").report.corrected == "0.00"
    assert corrected(asked(path, period="2026-11", amount="80")) == {"beta": "35.00", "alpha": "-35.00"}
    assert reopen(path).start == at("2026-10-01")
    assert owed(asked(path, amount="100")) == {"alpha": "35.00", "beta": "65.00"}
    with pytest.raises(QuestionError, match="No period is closed, so none can be reopened"):
        reopen(path)


def test_an_answer_that_could_be_closed_says_how(path):
    answer = asked(path, amount="100", group_by="key", teams="core: al*")
    assert answer.report.notes[-1] == (
        "Not closed: usage that arrives later still changes it. To close it: edgedns-mcp chargeback --source local "
        "--period 2026-10 --amount 100 --currency EUR --group-by key --teams 'core: al*' --close"
    )
    assert not any("--close" in note for note in asked(path, period="2026-12", amount="5").report.notes)
    assert not any("--close" in note for note in asked(path).report.notes)


def test_looking_back_sees_what_was_closed_by_then(path):
    close(path)
    with desk_at(path, "2026-12-20T00:00") as earlier:
        source = earlier.source
        source._looking_back = True
        answer = asyncio.run(chargeback_answer(replace(earlier, source=source), ChargebackQuery(period="2026-10")))
    assert answer.report.closed_at is None


def test_what_a_host_would_cut_is_left_out_of_a_closed_answer_too(path):
    keys = [an_owner(f"key-{number}", team="alpha") for number in range(150)]
    add(path, [a_use("2026-10-05", 1, f"key-{number}") for number in range(150)], keys)
    close(path)
    answer = asked(path, fits_a_host=True, format="focus")
    assert (answer.report.file, answer.report.command[-40:]) == (
        "",
        "--format focus --output focus-2026-10-01.csv"[-40:],
    )
    assert "The file is too long for an answer; the command writes it." in answer.report.notes
    assert len(asked(path, format="focus").report.file.splitlines()) == 154
    brief = asked(path, group_by="key", limit=20)
    assert (len(brief.report.lines), brief.report.rest.rows) == (20, 133)
    assert brief.words.count("\nkey-") == 17


def test_the_demo_keeps_nothing():
    asking = ChargebackQuery(amount="5")
    with pytest.raises(ConfigurationError, match="The demo keeps nothing, so no period can be closed"):
        asyncio.run(close_period(a_desk(), asking))
    with pytest.raises(ConfigurationError, match="The demo keeps nothing"):
        asyncio.run(reopen_period(a_desk()))
    assert NOW
