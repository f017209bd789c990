"""Closed chargebacks in the database: kept in copies, written as CSV, and without a key that is forgotten."""

import asyncio
import csv
import io

import pytest
from charged_usage import a_use, add, an_owner, at, desk_at

from edgedns_mcp.errors import QuestionError
from edgedns_mcp.models import ChargebackQuery
from edgedns_mcp.service.chargeback import chargeback_answer
from edgedns_mcp.service.closing import close_period
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

    def bodies(tx):
        found = Closings(accounts.find(tx, "local"))
        return "".join(found.closed(one).model_dump_json() for one in found.periods())

    kept = on(path, lambda database: database.read(bodies))
    assert SECRET_NAME not in kept
    assert "id_beta" not in kept
    rows = on(path, lambda database: database.read(lambda tx: tx.rows("SELECT DISTINCT key_id FROM correction")))
    assert sorted(key_id for (key_id,) in rows) == ["forgotten-1", "id_alpha", "id_gamma"]
    on(path, lambda database: forget_key(database, "id_gamma"))
    assert {line.name for line in asked(path, group_by="key").report.lines} == {"alpha", "forgotten-1", "forgotten-2"}


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
