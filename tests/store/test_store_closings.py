"""Closed chargebacks in the database: kept in copies, written as CSV, and without a key that is forgotten."""

import asyncio
import csv
import io

import pytest
from charged_usage import a_use, add, an_owner, at, desk_at

from edgedns_mcp.errors import QuestionError
from edgedns_mcp.models import ChargebackQuery, StandingTerms
from edgedns_mcp.service.chargeback import chargeback_answer
from edgedns_mcp.service.closing import close_period, reopen_period
from edgedns_mcp.store import accounts, closings
from edgedns_mcp.store.backups import backup, restore
from edgedns_mcp.store.closings import Closings
from edgedns_mcp.store.database import Database
from edgedns_mcp.store.exporting import export_charges
from edgedns_mcp.store.forgetting import forget_before, forget_key, known_keys
from edgedns_mcp.store.upkeep import fold

SECRET_NAME = "annas-laptop"
KEYS = (an_owner("alpha"), an_owner("beta", name=SECRET_NAME, team="alpha"), an_owner("gamma"))
OCTOBER = (a_use("2026-10-05", 60), a_use("2026-10-05", 30, "beta"), a_use("2026-10-06", 10, "gamma"))
GROUPS, LAYOUTS = ("team", "key", "cost_center", "environment"), ("table", "csv", "focus")
NOVEMBER = (a_use("2026-11-05", 50), a_use("2026-11-05", 30, "beta"))


@pytest.fixture
def path(tmp_path):
    add(tmp_path / "usage.db", (*OCTOBER, *NOVEMBER), KEYS)
    close(tmp_path / "usage.db", "2026-10", teams=f"core: {SECRET_NAME}, al*; rest: gamma")
    add(tmp_path / "usage.db", [a_use("2026-10-07", 100, "beta")])
    close(tmp_path / "usage.db", "2026-11")
    return tmp_path / "usage.db"


def close(path, period, **query):
    with desk_at(path) as desk:
        return asyncio.run(close_period(desk, ChargebackQuery(period=period, amount="100", **query)))


def asked(path, period="2026-10", **query):
    with desk_at(path) as desk:
        return asyncio.run(
            chargeback_answer(desk, ChargebackQuery(period=period, limit=100, **query), fits_a_host=False)
        )


def on(path, work):
    database = Database.open(path)
    try:
        return work(database)
    finally:
        database.close()


def test_a_copy_holds_what_is_closed(path, tmp_path):
    before = asked(path, format="focus")
    on(path, lambda database: backup(database, tmp_path / "copy.db", lambda *_: None))
    restore(tmp_path / "other.db", tmp_path / "copy.db", lambda *_: None)
    assert asked(tmp_path / "other.db", format="focus") == before


def test_every_charge_is_exported_with_its_corrections(path):
    file = io.StringIO()
    count = on(path, lambda database: database.read(lambda tx: export_charges(accounts.find(tx, "local"), file)))
    rows = list(csv.DictReader(file.getvalue().splitlines()))
    assert (count, len(rows)) == (8, 8)
    assert rows[0] == {
        "period": "2026-10",
        "key_id": "id_alpha",
        "name": "alpha",
        "environment": "live",
        "team": "core",
        "cost_center": "",
        "start": "2026-10-01T00:00:00Z",
        "end": "2026-11-01T00:00:00Z",
        "request_count": "60",
        "amount": "60.00",
        "currency": "EUR",
        "is_correction": "no",
        "closed_at": "2026-12-22T12:30:00Z",
        "closed_by": rows[0]["closed_by"],
    }
    assert [(row["name"], row["amount"]) for row in rows if row["is_correction"] == "yes"] == [
        ("alpha", "-30.00"),
        (SECRET_NAME, "35.00"),
        ("gamma", "-5.00"),
    ]


def test_no_spreadsheet_runs_a_name_in_an_export_of_charges(tmp_path):
    names = {"name": '=HYPERLINK("http://x")', "team": "+team", "cost_center": "@cost"}
    add(tmp_path / "usage.db", [OCTOBER[0]._replace(key_id="-1")], [an_owner("alpha", key_id="-1", **names)])
    close(tmp_path / "usage.db", "2026-10")
    file = io.StringIO()
    on(tmp_path / "usage.db", lambda base: base.read(lambda tx: export_charges(accounts.find(tx, "local"), file)))
    (row,) = csv.DictReader(file.getvalue().splitlines())
    assert [row[column] for column in ("key_id", "name", "team", "cost_center", "amount")] == [
        "'-1", "'=HYPERLINK(\"http://x\")", "'+team", "'@cost", "100.00",
    ]  # fmt: skip


@pytest.mark.parametrize("period", ["2026-10", "2026-11"])
@pytest.mark.parametrize("group_by", ["key", "team", "environment"])
@pytest.mark.parametrize("layout", ["table", "csv", "focus"])
def test_a_forgotten_key_leaves_its_amounts_and_nothing_else(path, period, group_by, layout):
    before = asked(path, period, group_by=group_by, format=layout)
    on(path, lambda database: forget_key(database, "id_beta"))
    after = asked(path, period, group_by=group_by, format=layout)
    assert [line.amount for line in after.report.lines] == [line.amount for line in before.report.lines]
    assert after.report.corrected == before.report.corrected
    told = repr(after)
    assert SECRET_NAME not in told
    assert "id_beta" not in told
    if group_by == "key":
        assert "forgotten-1" in after.words
        assert ("forgotten-1" in after.report.file) == (layout != "table")


def test_no_byte_of_a_forgotten_key_is_in_any_closed_answer(path):
    on(path, lambda database: forget_key(database, "id_beta"))
    bodies = on(path, kept)
    assert SECRET_NAME not in bodies
    assert "id_beta" not in bodies
    rows = on(path, lambda database: database.read(lambda tx: tx.rows("SELECT DISTINCT key_id FROM correction")))
    assert sorted(key_id for (key_id,) in rows) == ["forgotten-1", "id_alpha", "id_gamma"]
    on(path, lambda database: forget_key(database, "id_gamma"))
    assert {line.name for line in asked(path, group_by="key").report.lines} == {"alpha", "forgotten-1", "forgotten-2"}


LONG_ID = "arn:aws:apigateway:eu-west-1::/apikeys/" + "q" * 40
MONTHS = [(period, by, layout) for period in ("2026-10", "2026-11") for by in GROUPS for layout in LAYOUTS]
TERMS = {
    "teams": {"teams": "unassigned: {id}; core: al*; rest: gamma, nobody"},
    "shares": {"group_by": "key", "method": "fixed", "shares": "{id}=60,ID_ALPHA=40,gamma=0"},
    "shares of teams": {"method": "fixed", "shares": "fig=60,alpha=40,gamma=0"},
}


def closed_with(path, key_id, name, terms):
    """Close two months, with corrections, of an organisation that has this key."""
    add(path, (*OCTOBER, *NOVEMBER), (KEYS[0], KEYS[2]))
    add(path, [a_use("2026-10-05", 31)._replace(key_id=key_id)], [an_owner("fig", key_id=key_id, name=name)])
    terms = {name: value.format(id=key_id) for name, value in TERMS[terms].items()}
    close(path, "2026-10", **terms)
    add(path, [a_use("2026-10-07", 100)._replace(key_id=key_id), a_use("2026-11-07", 100)._replace(key_id=key_id)])
    close(path, "2026-11", **terms)


def all_told(path):
    return [asked(path, period, group_by=by, format=layout) for period, by, layout in MONTHS]


@pytest.mark.parametrize("terms", TERMS)
@pytest.mark.parametrize(
    ("key_id", "name"),
    [("fig_1", "requests"), ("fig", "fig"), ("fig_1", "f*g_[b](c)_"), (LONG_ID, LONG_ID), ("fig_1", "keys")],
)
def test_a_forgotten_key_is_told_as_if_it_had_never_been_called_anything_else(tmp_path, key_id, name, terms):
    closed_with(tmp_path / "usage.db", key_id, name, terms)
    on(tmp_path / "usage.db", lambda database: forget_key(database, key_id))
    closed_with(tmp_path / "other.db", "forgotten-1", "forgotten-1", terms)
    assert all_told(tmp_path / "usage.db") == all_told(tmp_path / "other.db")
    same_terms = {name: value.format(id="forgotten-1") for name, value in TERMS[terms].items()}
    assert asked(tmp_path / "usage.db", amount="100", **same_terms).report.closed_at
    if key_id == LONG_ID:
        assert LONG_ID[:50] not in on(tmp_path / "usage.db", kept)


def test_a_forgotten_name_that_looks_like_several_leaves_standing_shares(tmp_path):
    path, name = tmp_path / "usage.db", "fig=1, live"
    shares = {name: "60", "alpha": "40", "gamma": "0"}
    add(path, [*OCTOBER, a_use("2026-10-05", 31, "fig")], [KEYS[0], KEYS[2], an_owner("fig", name=name)])
    with desk_at(path, terms=StandingTerms(method="fixed", group_by="key", amount="100", shares=shares)) as desk:
        asyncio.run(close_period(desk, ChargebackQuery(period="2026-10")))
    on(path, lambda database: forget_key(database, "id_fig"))
    assert asked(path).report.terms.endswith("amount=100, shares=forgotten-1=60,alpha=40,gamma=0")
    assert name not in on(path, kept)


def kept(database):
    """Give everything that is kept of closed months."""

    def bodies(tx):
        found = Closings(accounts.find(tx, "local"))
        return "".join(found.closed(one).model_dump_json() for one in found.periods())

    return database.read(bodies)


def test_of_two_ids_that_are_alike_where_they_are_cut_one_is_forgotten(tmp_path):
    first, second = LONG_ID + "1", LONG_ID + "2"
    keys = [an_owner("first", key_id=first, team="one"), an_owner("second", key_id=second, team="two")]
    uses = [a_use("2026-10-05", 60)._replace(key_id=second), a_use("2026-10-05", 40)._replace(key_id=first)]
    add(tmp_path / "usage.db", uses, keys)
    close(tmp_path / "usage.db", "2026-10")
    on(tmp_path / "usage.db", lambda database: forget_key(database, first))
    lines = asked(tmp_path / "usage.db", group_by="key").report.lines
    assert [(line.name, line.amount) for line in lines] == [("second", "60.00"), ("forgotten-1", "40.00")]
    assert first not in on(tmp_path / "usage.db", kept)


def test_a_month_without_the_forgotten_key_keeps_its_bytes(tmp_path):
    add(tmp_path / "usage.db", [*OCTOBER, a_use("2026-11-05", 5), a_use("2026-11-05", 5, "who")], KEYS[:1])
    close(tmp_path / "usage.db", "2026-10")
    close(tmp_path / "usage.db", "2026-11")
    before = on(tmp_path / "usage.db", body_of_october)
    on(tmp_path / "usage.db", lambda database: forget_key(database, "id_who"))
    assert on(tmp_path / "usage.db", body_of_october) == before


def body_of_october(database):
    return database.read(lambda tx: tx.rows("SELECT body FROM closing ORDER BY start LIMIT 1"))[0]


def test_a_team_called_like_a_forgotten_key_keeps_its_share(tmp_path):
    add(tmp_path / "usage.db", OCTOBER[1:], [*KEYS[:2], an_owner("gamma", team="alpha")])
    add(tmp_path / "usage.db", (), [an_owner("beta", team="beta")])
    close(tmp_path / "usage.db", "2026-10", method="fixed", shares="alpha=60,beta=40")
    on(tmp_path / "usage.db", lambda database: forget_key(database, "id_alpha"))
    add(tmp_path / "usage.db", [a_use("2026-10-09", 10, "beta")])
    assert asked(tmp_path / "usage.db", "2026-11", amount="5").report.corrections == ()


def test_no_two_forgotten_keys_become_one(tmp_path):
    path = tmp_path / "usage.db"
    add(path, [*OCTOBER, a_use("2026-11-05", 5), a_use("2026-11-05", 5, "who")], KEYS[:1])
    close(path, "2026-10")
    close(path, "2026-11")
    for key_id in ("id_who", "id_beta"):
        on(path, lambda database, key_id=key_id: forget_key(database, key_id))
    with desk_at(path) as desk:
        asyncio.run(reopen_period(desk))
    on(path, lambda database: forget_key(database, "id_gamma"))
    october = on(path, lambda database: database.read(lambda tx: Closings(accounts.find(tx, "local")).periods()[0]))
    closed = on(path, lambda database: database.read(lambda tx: Closings(accounts.find(tx, "local")).closed(october)))
    assert closed.unknown == {"forgotten-2": 30, "forgotten-3": 10}


def test_an_id_that_is_in_a_closed_month_alone_can_be_forgotten(tmp_path):
    path = tmp_path / "usage.db"
    add(path, [*OCTOBER, a_use("2026-10-05", 5, "who")], KEYS)
    close(path, "2026-10")
    on(path, lambda database: forget_before(database, int(at("2026-12-01").timestamp()) // 86_400))
    assert ("id_who", {"id_who"}) in on(path, known_keys)
    on(path, lambda database: forget_key(database, "id_who"))
    assert "id_who" not in {one.key_id for one in on(path, known_keys)}
    assert "id_who" not in on(path, kept)


def test_after_a_key_was_forgotten_nothing_is_corrected_by_guess(path):
    on(path, lambda database: forget_key(database, "id_beta"))
    december = asked(path, "2026-12", amount="10")
    assert december.report.corrections == ()
    assert (
        "Usage of 2026-10 was forgotten, or cut by folding, since it was closed; so nobody can tell what corrects it."
        in december.report.notes
    )


def test_hours_folded_into_days_are_the_same_usage(path):
    add(path, [a_use("2026-10-20", 40, "alpha")])
    before = asked(path, "2026-12", amount="10").report.corrections
    on(path, lambda database: fold(database, at("2026-12-22"), 24))
    assert asked(path, "2026-12", amount="10").report.corrections == before != ()


def test_what_is_closed_outlives_the_usage_it_was_made_of(path):
    before = asked(path).words
    on(path, lambda database: forget_before(database, int(at("2026-12-01").timestamp()) // 86_400))
    assert asked(path).words == before
    assert "id_beta" in {one.key_id for one in on(path, known_keys)}


def test_two_who_close_at_once_close_once(path):
    def late(tx):
        account = accounts.find(tx, "local")
        closed = Closings(account).closed(Closings(account).periods()[0])
        closings.close(account, closed, {closed.window.start: b""})

    with pytest.raises(QuestionError, match="Another process closed a period meanwhile, nothing was changed"):
        on(path, lambda database: database.write(late))


def test_organisations_close_apart(path):
    def others(tx):
        return Closings(accounts.made(tx, "local", "globex")).periods()

    assert on(path, lambda database: database.write(others)) == []
    with desk_at(path) as desk:
        assert len(asyncio.run(desk.ask(lambda view: view.closings().periods(), desk.window("2026-10", "", "")))) == 2
