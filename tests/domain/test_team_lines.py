"""Which line of a teams file a key takes, and what becomes of the key."""

from fnmatch import fnmatchcase

from domain_builders import a_key
from hypothesis import given
from hypothesis import strategies as st

from edgedns_mcp.domain.team_lines import TeamLine, TeamLines
from edgedns_mcp.domain.teams import is_guessed, team_of
from edgedns_mcp.models import Key

LINES = TeamLines(
    [
        TeamLine(2, "pay*", "payments", "CC-1"),
        TeamLine(3, "*-api", "platform"),
        TeamLine(4, "payroll-api", "people"),
        TeamLine(5, "key_9", "risk", allowed_environments=("live", "test")),
        TeamLine(6, "KEY_8", cost_center="CC-8"),
        TeamLine(7, "job-?", "unassigned"),
        TeamLine(8, "job[1]", "brackets"),
    ]
)
WORDS = st.text("abAB1*?[]-", min_size=1, max_size=5)


def taken(key_id: str, name: str) -> int | None:
    line = LINES.line_of(a_key(key_id, name=name))
    return line and line.number


def test_a_key_takes_the_line_of_its_id_then_of_its_name_then_the_first_pattern():
    assert taken("key_9", "payroll-api") == 5
    assert taken("key_1", "payroll-api") == 4
    assert taken("key_1", "payments-api") == 2
    assert taken("key_1", "search-api") == 3
    assert taken("pay_1", "search-api") == 2  # a pattern may match the id
    assert taken("key_1", "search") is None


def test_case_does_not_matter_and_a_name_may_look_like_a_pattern():
    assert taken("KEY_9", "x") == 5
    assert taken("key_1", "PAYROLL-API") == 4
    assert taken("key_1", "Pay-X") == 2
    assert taken("key_1", "job[1]") == 8
    assert taken("key_1", "job1") == 8
    assert taken("key_1", "job-1") == 7


def test_a_key_is_what_its_line_says_and_as_before_in_all_that_it_does_not_say():
    keys = [
        a_key("key_9", team="old", cost_center="CC-0"),
        a_key("key_8", name="x", team="old", cost_center="CC-0", allowed_environments=("test",)),
        a_key("key_7", name="job-1", team=""),
        a_key("key_6", name="x"),
    ]
    risk, eight, job, other = LINES.applied(keys)
    assert (risk.team, risk.cost_center, risk.allowed_environments) == ("risk", "CC-0", ("live", "test"))
    assert (eight.team, eight.cost_center, eight.allowed_environments) == ("old", "CC-8", ("test",))
    assert (team_of(job), is_guessed(job)) == ("unassigned", False)
    assert other is keys[3]


def test_the_same_keys_become_the_same_roster_and_other_keys_another():
    keys = [a_key("key_9")]
    assert LINES.applied(keys) is LINES.applied(keys)
    assert LINES.applied([*keys]) is not LINES.applied(keys)


def test_lines_count_the_keys_that_take_them():
    counts = LINES.taken(
        [a_key("key_1", name="payroll-api"), a_key("key_2", name="pay-1"), a_key("key_3", name="pay-2")]
    )
    assert {line.number: count for line, count in counts.items()} == {4: 1, 2: 2}
    assert TeamLines().taken([a_key()]) == {}


def plainly(lines: TeamLines, key: Key) -> TeamLine | None:
    """Do as `line_of`, a line at a time."""
    words = key.key_id.casefold(), key.name.casefold()
    for word in words:
        for line in lines:
            if line.key.casefold() == word:
                return line
    return next((line for line in lines if any(fnmatchcase(word, line.key.casefold()) for word in words)), None)


@given(st.lists(WORDS, unique_by=str.casefold, max_size=8), st.lists(st.tuples(WORDS, WORDS), max_size=8))
def test_a_key_takes_the_line_that_a_search_line_by_line_finds(texts, keys):
    lines = TeamLines(TeamLine(number, text, "team") for number, text in enumerate(texts, 2))
    for key_id, name in keys:
        key = a_key(key_id, name=name)
        assert lines.line_of(key) == plainly(lines, key)
