"""Contributions sum to the change, a rotation is no change, and who is new, gone or woken is said only where known."""

import pytest
from domain_builders import a_key, a_window, epoch, usages, utc
from hypothesis import given
from hypothesis import strategies as st

from edgedns_mcp.domain import compare
from edgedns_mcp.domain.cells import NOTHING, add
from edgedns_mcp.domain.changes import change_percent, signed_percent
from edgedns_mcp.domain.compare import Line, Rules
from edgedns_mcp.domain.usages import member_of, tally_of
from edgedns_mcp.models import ChangeBounds, Tally

RULES = Rules(in_order=True, is_complete=True, baseline_is_complete=True, baseline_end=utc("2026-10-15"))
EARLIER = Tally(0, 0, epoch("2026-09-01"))


def a_line(now=0, before=0, **changes) -> Line:
    sums = Tally(now, 0, None), Tally(before, 0, None)
    return Line(
        **{"name": "payments", "now": sums[0], "before": sums[1], "key_now": sums[0], "key_before": sums[1], **changes}
    )


@given(usages(), usages(), st.integers(0, 15))
def test_rows_and_rest_sum_to_the_total_change_to_the_request(now, before, listed):
    then = {usage.key.key_id: tally_of(usage) for usage in before}
    lines = [
        Line(
            usage.key.name, tally_of(usage), then.get(usage.key.key_id, NOTHING), NOTHING, NOTHING, member_of(usage.key)
        )
        for usage in now
    ]
    total = compare.compared(add(line.now for line in lines), add(line.before for line in lines))
    ranked = compare.ranked(lines)
    rows = [compare.row(line, total.change, RULES) for line in ranked[:listed]]
    rest = compare.rest(total, rows, len(ranked))
    assert sum(row.change for row in rows) + rest.change == total.change
    assert sum(row.request_count for row in rows) + rest.request_count == total.request_count
    assert sum(row.baseline_request_count for row in rows) + rest.baseline_request_count == total.baseline_request_count
    assert rest.rows + len(rows) == len(lines)
    sizes = [abs(row.change) for row in rows]
    assert sizes == sorted(sizes, reverse=True)
    if rows and total.change and not rest.rows:
        assert abs(sum(row.contribution_percent or 0 for row in rows) - 100) <= 0.1 * len(rows)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (a_line(5, 5), "same"),
        (a_line(0, 0), "idle"),
        (a_line(6, 5), "grown"),
        (a_line(4, 5), "shrunk"),
        (a_line(5, 0), "new"),
        (a_line(0, 5), "gone"),
        (a_line(5, 0, key_before=EARLIER), "woken"),
        (a_line(5, 0, key_before=Tally(9, 0, None)), "grown"),
        (a_line(0, 5, key_now=Tally(9, 0, None)), "shrunk"),
        (a_line(5, 0, key_before=Tally(0, 0, None, slack=3)), "grown"),
        (a_line(0, 5, key_now=Tally(0, 0, None, slack=None)), "shrunk"),
    ],
)
def test_what_became_of_a_key(line, expected):
    assert compare.status(line, RULES) == expected


def test_nobody_is_new_gone_or_woken_where_the_windows_cannot_tell():
    backwards = RULES._replace(in_order=False)
    assert compare.status(a_line(5, 0), backwards) == "grown"
    assert compare.status(a_line(5, 0, key_before=EARLIER), backwards) == "grown"
    assert compare.status(a_line(0, 5), backwards) == "shrunk"
    assert compare.status(a_line(0, 5), RULES._replace(is_complete=False)) == "shrunk"


def test_with_half_a_baseline_only_a_key_created_since_is_new():
    half = RULES._replace(baseline_is_complete=False)
    young, old = (member_of(a_key(created_at=utc(day))) for day in ("2026-10-15", "2026-10-14T23:59:59"))
    assert compare.status(a_line(5, 0, member=young), half) == "new"
    assert compare.status(a_line(5, 0, member=old), half) == "grown"
    assert compare.status(a_line(5, 0), half) == "grown"


def test_a_rotated_key_hands_its_requests_to_its_last_successor():
    keys = [a_key("a", replaced_by="b"), a_key("b", replaced_by="c"), a_key("c"), a_key("d", replaced_by="nobody")]
    heir = compare.heirs(keys)
    assert heir == {"a": "c", "b": "c"}
    tallies = {"a": Tally(1, 0, 5), "c": Tally(2, 1, 3), "d": Tally(4, 0, None), "": Tally(8, 0, None)}
    assert compare.inherited(tallies, heir) == {"c": Tally(3, 1, 5), "d": Tally(4, 0, None), "": Tally(8, 0, None)}


@given(st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("abcdefg")))
def test_whatever_is_linked_nothing_is_lost_and_no_heir_is_rotated(links):
    heir = compare.heirs([a_key(key_id, replaced_by=after) for key_id, after in links.items()])
    tallies = {key_id: Tally(2**at, 0, None) for at, key_id in enumerate("abcdefg")}
    assert add(compare.inherited(tallies, heir).values()).requests == 2**7 - 1
    assert heir.keys().isdisjoint(heir.values())


@pytest.mark.parametrize(
    ("now", "before", "expected"),
    [
        (Tally(10, 0, None), Tally(4, 0, None), None),
        (Tally(10, 0, None, slack=5), Tally(4, 0, None), ChangeBounds(least=6, most=11)),
        (Tally(10, 0, None), Tally(4, 0, None, slack=5), ChangeBounds(least=1, most=6)),
        (Tally(10, 0, None, slack=None), Tally(4, 0, None, slack=1), ChangeBounds(least=5, most=None)),
        (Tally(10, 0, None, slack=None), Tally(4, 0, None, slack=None), ChangeBounds(least=None, most=None)),
    ],
)
def test_the_change_lies_between_what_both_sides_allow(now, before, expected):
    assert compare.change_bounds(now, before) == expected


def test_means_per_day_are_compared_only_where_the_lengths_differ():
    found = compare.per_day(Tally(310, 0, None), Tally(300, 0, None), 31 * 24, 30 * 24)
    assert found
    assert (found.request_count, found.baseline_request_count, found.change_percent) == (10.0, 10.0, 0.0)
    for hours, baseline_hours in ((720, 720), (744, 743), (5, 720), (720, 23)):
        assert compare.per_day(Tally(1, 0, None), Tally(1, 0, None), hours, baseline_hours) is None


def test_the_endpoints_whose_share_moved_most_come_first():
    found = compare.shifts({"/a": 60, "/b": 30, "/c": 10}, {"/a": 20, "/b": 30, "/d": 50})
    assert [(one.endpoint, one.baseline_share_percent, one.share_percent, one.points) for one in found] == [
        ("/d", 50.0, 0.0, -50.0),
        ("/a", 20.0, 60.0, 40.0),
        ("/c", 0.0, 10.0, 10.0),
    ]
    assert compare.shifts({"/a": 1}, {}) == compare.shifts({}, {"/a": 1}) == ()
    assert compare.shifts({"/a": 2}, {"/a": 1}) == ()


def test_how_much_was_observed_is_counted_within_the_window():
    window = a_window("2026-10-01", "2026-10-05")
    stretches = [(0, epoch("2026-10-02")), (epoch("2026-10-04T12:00"), epoch("2026-12-01"))]
    assert compare.observed_percent(window, stretches) == 37.5
    assert compare.observed_percent(window, []) == 0.0


@pytest.mark.parametrize(
    ("now", "before", "percent"),
    [(110, 100, 10.0), (0, 100, -100.0), (5, 0, None), (1001, 1000, 0.1), (2001, 2000, 0.1), (1999, 2000, -0.1)],
)
def test_a_change_in_percent_is_rounded_half_away_from_0(now, before, percent):
    assert change_percent(now, before) == percent


def test_a_part_of_a_loss_is_positive_where_it_adds_to_the_loss():
    assert (signed_percent(-5, -10), signed_percent(5, -10), signed_percent(0, -10)) == (50.0, -50.0, 0.0)


def test_lines_are_put_together_by_what_became_of_them():
    grown, gone, more = a_line(6, 5), a_line(0, 5), a_line(7, 5)
    found = compare.by_status([grown, gone, more], RULES)
    assert list(found.items()) == [("gone", [gone]), ("grown", [grown, more])]


def test_who_added_most_and_who_took_most_is_found():
    lines = [a_line(5, 5), a_line(0, 9), a_line(8, 1), a_line(1, 2), a_line(3, 2)]
    assert compare.extremes(lines) == (lines[2], lines[1])
    assert compare.extremes(lines[3:]) == (lines[4], lines[3])
    assert compare.extremes([a_line(5, 5)]) == (None, None)


def test_what_belongs_to_nobody_known_has_a_change():
    told = compare.left(Tally(5, 1, None), Tally(8, 2, None))
    assert (told.request_count, told.baseline_request_count, told.change) == (5, 8, -3)


def test_a_row_says_when_its_key_was_revoked():
    revoked = member_of(a_key(revoked_at=utc("2026-10-10")))
    assert compare.row(a_line(1, 2, member=revoked), 5, RULES).revoked_at == utc("2026-10-10")
    assert compare.row(a_line(1, 2), 5, RULES).revoked_at is None


def test_both_sides_have_their_errors():
    total = compare.compared(Tally(10, 1, None), Tally(8, 4, None))
    assert (total.error_percent, total.baseline_error_percent) == (10.0, 50.0)


def test_a_row_is_of_its_key():
    assert compare.row(a_line(1, 2, member=member_of(a_key())), 5, RULES).key_id == "key_1"
    assert compare.row(a_line(1, 2), 5, RULES).key_id is None


def test_a_row_has_the_environment_and_the_team_of_its_key_and_a_group_has_none():
    of_key = compare.row(a_line(1, 2, member=member_of(a_key(team="growth\u200b"))), 5, RULES)
    assert (of_key.environment, of_key.team) == ("live", "growth")
    of_group = compare.row(a_line(1, 2), 5, RULES)
    assert (of_group.environment, of_group.team) == (None, None)


def test_groups_whose_change_is_alike_come_by_name():
    lines = [a_line(5, 3, name="b"), a_line(3, 5, name="a"), a_line(9, 3, name="c")]
    assert [line.name for line in compare.ranked(lines)] == ["c", "a", "b"]


def test_means_per_day_have_one_decimal_and_a_day_is_long_enough():
    found = compare.per_day(Tally(100, 0, None), Tally(100, 0, None), 31 * 24, 30 * 24)
    assert found
    assert (found.request_count, found.baseline_request_count, found.change_percent) == (3.2, 3.3, -3.2)
    assert compare.per_day(Tally(1, 0, None), Tally(30, 0, None), 24, 720)


def test_the_points_of_a_shift_have_one_decimal():
    found = compare.shifts({"/a": 1, "/b": 2}, {"/a": 1, "/b": 3})
    assert [(one.endpoint, one.points) for one in found] == [("/a", 8.3), ("/b", -8.3)]


def test_both_sides_have_their_count_of_errors():
    total = compare.compared(Tally(10, 1, None), Tally(8, 4, None))
    assert (total.error_count, total.baseline_error_count) == (1, 4)


def test_a_change_is_told_in_percent_of_what_was_before():
    assert compare.compared(Tally(110, 1, None), Tally(100, 4, None)).change_percent == 10.0
    assert compare.compared(Tally(110, 1, None), Tally(0, 0, None)).change_percent is None


def test_two_hours_of_difference_are_more_than_a_change_of_clocks():
    assert compare.per_day(Tally(1, 0, None), Tally(1, 0, None), 744, 742) is not None


def test_a_row_says_which_keys_it_took_over_from():
    row = compare.row(a_line(1, 2, member=member_of(a_key()), rotated_from=("old\u200b", "older")), 5, RULES)
    assert row.rotated_from == ("old", "older")


def test_keys_of_one_name_whose_change_is_alike_come_by_id():
    lines = [a_line(5, 3, member=member_of(a_key(key_id))) for key_id in ("b", "a")]
    assert [line.member.key_id for line in compare.ranked(lines)] == ["a", "b"]


def test_a_path_whose_share_moved_is_shown_up_to_120_characters():
    path = "/v1/" + "a" * 116
    assert [one.endpoint for one in compare.shifts({path: 1, "/b": 1}, {"/b": 1})] == ["/b", path]
