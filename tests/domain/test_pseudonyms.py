"""A closed charge without a key that is forgotten: it goes by another id wherever it was named; all else stays."""

import json

import pytest
from domain_builders import a_window, utc

from edgedns_mcp.domain.closed_lines import cut
from edgedns_mcp.domain.pseudonyms import ids_in, next_alias, renamed
from edgedns_mcp.models import (
    Bounds,
    Charge,
    ChargebackReport,
    ChargeCorrection,
    ChargeLine,
    ChargeRest,
    Closed,
    ClosedKey,
    ClosedTerms,
    ClosedView,
    Correction,
    Mention,
    Note,
)

KEY, ALIAS, OTHER = "key_1", "forgotten-1", "key_2"
OWNED = {"environment": "live", "team": "red", "cost_center": "cc"}
LONG = "k" * 80  # longer than what is shown of an id
OCTOBER = a_window("2026-10-01", "2026-11-01")


def a_line(name: str, key_id: str | None = None, amount: str | None = "1.00") -> ChargeLine:
    return ChargeLine(
        name=name, key_id=key_id, keys=1, request_count=5, test_request_count=0, share_percent=50.0, amount=amount,
        cost_per_1000=None,
    )  # fmt: skip


def a_report(lines, corrections=(), **changes) -> ChargebackReport:
    said = {
        "summary": "Payments owes 1.00.", "terms": "teams=x", "notes": ("Payments did it.",),
        "lines": tuple(lines), "corrections": tuple(corrections), "rows": len(lines),
        "rest": ChargeRest(rows=0, request_count=0, amount="0.00"), "bounds": None,
    } | changes  # fmt: skip
    return ChargebackReport.model_construct(**said)


def a_correction(key_id: str, name: str) -> Correction:
    return Correction(
        key_id=key_id, name=name, **OWNED, period="2026-09", start=OCTOBER.start, end=OCTOBER.end, units=7
    )


def a_charge(key_id: str | None, name: str) -> Charge:
    return Charge(
        key_id=key_id, name=name, **OWNED, start=OCTOBER.start, end=OCTOBER.end, request_count=5, amount="1.00",
        weight=None, unit_price=None,
    )  # fmt: skip


def a_view(**changes) -> ClosedView:
    corrections = [
        ChargeCorrection(period="2026-09", name=name, key_id=key_id, amount="0.07", due=None)
        for name, key_id in (("Other", OTHER), ("Payments", KEY))
    ]
    lines = [a_line("Payments", KEY), a_line("Other", OTHER), a_line("unattributed")]
    report = a_report(
        lines, corrections, bounds=Bounds(request_count_max=20, unattributed_max=3, rows={KEY: 7, OTHER: 8})
    )
    made = ClosedView(
        report=report, words="Payments owes", brief="Payments", csv="Payments,1.00", ids=(KEY, OTHER),
        corrected_ids=(OTHER, KEY),
        notes=(Note("Over: ", (Mention("Payments", KEY), Mention("Other", OTHER), Mention("a team")), 2, "."),),
    )  # fmt: skip
    return made.model_copy(update=changes)


def a_closed(group_by: str = "key", **changes) -> Closed:
    percents = {KEY: "60", OTHER: "40"}
    question = {"period": "2026-10", "teams": [["red", "PAYMENTS"], ["blue", "other*"]], "percents": percents}
    made = Closed(
        period="2026-10", window=OCTOBER, at=utc("2026-11-02"), version="1", account="a",
        question=json.dumps(question), asked={"teams": "red: payments; blue: other*", "amount": "2"},
        standing={"shares": "Payments=60,key_2=40", "teams": "red: KEY_1"}, shares={"Payments": "60", "key_2": "40"},
        terms=ClosedTerms(
            currency="EUR", method="fixed", group_by=group_by, total=200, fixed_fee=0, percents=percents, tiers=(),
            weights={}, spread=False, teams="red: Key_1, else*; blue: other*", timezone="UTC",
        ),
        keys=(
            ClosedKey(key_id=KEY, name="Payments", **OWNED, request_count=5, units=100),
            ClosedKey(key_id=OTHER, name="Other", **OWNED, request_count=5, units=100),
        ),
        unknown={KEY: 2, "": 3}, unattributed_units=0,
        corrections=(a_correction(KEY, "Old name"), a_correction("", "unattributed")),
        views={group_by: a_view()}, rows=(a_charge(KEY, "Payments"), a_charge(None, "unattributed")),
        focus="Payments,1.00",
    )  # fmt: skip
    return made.model_copy(update=changes)


def forgotten() -> Closed:
    return renamed(a_closed(), KEY, ALIAS)


def test_whoever_was_charged_is_listed_once():
    assert ids_in(a_closed()) == {KEY, OTHER}
    assert ids_in(a_closed(unknown={"stranger": 1}, corrections=(a_correction("late", "L"),))) == {
        KEY,
        OTHER,
        "stranger",
        "late",
    }


@pytest.mark.parametrize(
    ("taken", "expected"),
    [
        ([], 1),
        (["forgotten-1", "forgotten-12", "forgotten-2"], 13),
        (["xforgotten-8", "forgotten-9x", "forgotten-"], 1),
    ],
)
def test_an_alias_is_one_that_no_closed_charge_has(taken, expected):
    every = [a_closed(unknown={one: 1}) for one in taken]
    assert next_alias(every) == f"forgotten-{expected}"


def test_a_forgotten_key_is_named_nowhere():
    left = forgotten().model_dump_json().casefold()
    assert not any(word in left for word in (KEY, "payments", "old name"))


def test_owners_and_unknown_use_go_by_the_alias():
    assert [(one.key_id, one.name, one.units) for one in forgotten().keys] == [
        (ALIAS, ALIAS, 100),
        (OTHER, "Other", 100),
    ]
    assert [(one.key_id, one.name) for one in forgotten().corrections] == [(ALIAS, ALIAS), ("", "unattributed")]
    assert forgotten().unknown == {ALIAS: 2, "": 3}


def test_what_was_asked_goes_by_the_alias():
    assert json.loads(forgotten().question) == {
        "period": "2026-10",
        "teams": [["red", ALIAS], ["blue", "other*"]],
        "percents": {ALIAS: "60", OTHER: "40"},
    }
    assert forgotten().asked == {"teams": f"red: {ALIAS}; blue: other*", "amount": "2"}
    assert forgotten().standing == {"shares": f"{ALIAS}=60,key_2=40", "teams": f"red: {ALIAS}"}
    assert forgotten().shares == {ALIAS: "60", "key_2": "40"}


def test_a_question_is_kept_as_it_is_written_elsewhere():
    said = {"teams": [["größe", "x"]], "percents": {}, "amount": "2"}
    kept = renamed(a_closed(question=json.dumps(said)), KEY, ALIAS).question
    assert kept == '{"amount": "2", "percents": {}, "teams": [["größe", "x"]]}'


def test_terms_go_by_the_alias():
    assert forgotten().terms.percents == {ALIAS: "60", OTHER: "40"}
    assert forgotten().terms.teams == f"red: {ALIAS}, else*; blue: other*"


def test_rows_go_by_the_alias_and_the_file_is_to_be_written_anew():
    assert [(row.key_id, row.name, row.amount) for row in forgotten().rows] == [
        (ALIAS, ALIAS, "1.00"),
        (None, "unattributed", "1.00"),
    ]
    assert forgotten().focus == ""


def test_lines_and_corrections_of_a_view_go_by_the_alias():
    view = forgotten().views["key"]
    assert [(one.key_id, one.name, one.amount) for one in view.report.lines] == [
        (ALIAS, ALIAS, "1.00"),
        (OTHER, "Other", "1.00"),
        (None, "unattributed", "1.00"),
    ]
    assert [(one.key_id, one.name) for one in view.report.corrections] == [(OTHER, "Other"), (ALIAS, ALIAS)]
    assert (view.ids, view.corrected_ids) == ((ALIAS, OTHER), (OTHER, ALIAS))
    assert view.report.bounds == Bounds(request_count_max=20, unattributed_max=3, rows={ALIAS: 7, OTHER: 8})


def test_the_words_of_a_view_are_to_be_written_anew():
    view = forgotten().views["key"]
    assert (view.words, view.brief, view.csv) == ("", "", "")
    assert (view.report.summary, view.report.terms, view.report.notes) == ("", "", ())


def test_a_note_mentions_the_alias_where_it_meant_the_key():
    (note,) = forgotten().views["key"].notes
    names = (Mention(ALIAS, ALIAS), Mention("Other", OTHER), Mention("a team"))
    assert note == Note("Over: ", names, 2, ".")


def test_groups_that_are_called_like_the_key_keep_their_names():
    by_team = renamed(a_closed("team"), KEY, ALIAS)
    assert by_team.shares == {"Payments": "60", "key_2": "40"}
    assert by_team.standing == {"shares": "Payments=60,key_2=40", "teams": f"red: {ALIAS}"}
    assert by_team.terms.percents == {KEY: "60", OTHER: "40"}
    assert json.loads(by_team.question)["percents"] == {KEY: "60", OTHER: "40"}
    assert by_team.terms.teams == f"red: {ALIAS}, else*; blue: other*"


def test_a_name_that_another_key_has_stays():
    keys = tuple(one.model_copy(update={"name": "PAYMENTS"}) for one in a_closed().keys)
    kept = renamed(a_closed(keys=keys), KEY, ALIAS)
    assert (kept.keys[0].name, kept.keys[1].name) == (ALIAS, "PAYMENTS")
    assert kept.shares == {"Payments": "60", "key_2": "40"}
    assert kept.asked["teams"] == "red: payments; blue: other*"


def test_words_for_teams_without_the_key_stay_to_the_letter():
    asked = {"teams": " blue:other* ;"}
    assert renamed(a_closed(asked=asked), KEY, ALIAS).asked == asked


def test_patterns_of_a_team_that_is_listed_twice_come_together():
    asked = {"teams": "red: a; blue: b; red: key_1"}
    assert renamed(a_closed(asked=asked), KEY, ALIAS).asked == {"teams": f"red: a, {ALIAS}; blue: b"}


def test_a_long_id_is_renamed_where_it_was_cut():
    report = a_report(
        [a_line("x", LONG[:57] + "...")],
        bounds=Bounds(request_count_max=1, unattributed_max=0, rows={LONG[:57] + "...": 7}),
    )
    view = a_view(report=report, ids=(LONG,), corrected_ids=(), notes=())
    rows = (a_charge(LONG, "x"), a_charge(OTHER, "Other"))
    kept = renamed(a_closed(views={"key": view}, rows=rows), LONG, ALIAS)
    assert [row.key_id for row in kept.rows] == [ALIAS, OTHER]
    assert kept.views["key"].report.bounds.rows == {ALIAS: 7}


def test_a_bound_of_two_keys_that_are_cut_alike_stays():
    cut_id = LONG[:57] + "..."
    report = a_report(
        [a_line("x", cut_id)] * 2, bounds=Bounds(request_count_max=1, unattributed_max=0, rows={cut_id: 7})
    )
    view = a_view(report=report, ids=(LONG, LONG + "k"), corrected_ids=(), notes=())
    assert renamed(a_closed(views={"key": view}), LONG, ALIAS).views["key"].report.bounds.rows == {cut_id: 7}


def test_a_view_without_bounds_has_none_afterwards():
    view = a_view(report=a_report([a_line("Payments", KEY)]), ids=(KEY,), corrected_ids=())
    assert renamed(a_closed(views={"key": view}), KEY, ALIAS).views["key"].report.bounds is None


def shortened(limit: int):
    lines = [a_line("a"), a_line("b", amount="2.00"), a_line("c", amount="3.00"), a_line("unattributed", amount="4.00")]
    return cut(a_report(lines, ["x", "y", "z"], rows=3), limit)


def test_a_closed_answer_with_fewer_lines_has_the_others_in_its_rest():
    report = shortened(1)
    assert [line.name for line in report.lines] == ["a", "unattributed"]
    assert report.rest == ChargeRest(rows=2, request_count=10, amount="5.00")
    assert report.corrections == ("x",)


def test_a_closed_answer_that_fits_stays_as_it_was():
    assert [len(shortened(limit).lines) for limit in (2, 3, 4)] == [3, 4, 4]
    assert len(shortened(3).corrections) == 3


def test_lines_without_amounts_sum_to_none_of_them():
    assert cut(a_report([a_line("a"), a_line("b", amount=None)], rows=2), 1).rest.amount == "0"


def test_words_that_name_no_teams_name_none_afterwards():
    assert renamed(a_closed(asked={"amount": "2"}), KEY, ALIAS).asked == {"amount": "2"}
