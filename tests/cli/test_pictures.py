"""The pictures of answers: what fits, what gives way, and that nothing is told by colour alone."""

import re
from io import StringIO

import pytest
from faces import a_desk
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from edgedns_mcp.cli.key import with_history
from edgedns_mcp.cli.terminal.anomalies import ANOMALIES
from edgedns_mcp.cli.terminal.audit import AUDIT
from edgedns_mcp.cli.terminal.compare import COMPARISON
from edgedns_mcp.cli.terminal.drawing import bar, bars, fitting, names, numbers, spark, table, words
from edgedns_mcp.cli.terminal.faces import a_console
from edgedns_mcp.cli.terminal.history import HISTORY
from edgedns_mcp.cli.terminal.key import KEY
from edgedns_mcp.cli.terminal.status import STATUS
from edgedns_mcp.cli.terminal.usage import USAGE
from edgedns_mcp.models import AnomalyQuery, AuditQuery, CompareQuery, HistoryQuery, KeyQuery, UsageQuery
from edgedns_mcp.render.phrases import inert, plain
from edgedns_mcp.service.anomalies import find_anomalies
from edgedns_mcp.service.audit import audit_keys
from edgedns_mcp.service.compare import compare_usage
from edgedns_mcp.service.history import usage_history
from edgedns_mcp.service.status import server_status
from edgedns_mcp.service.usage import usage_by_key

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
COLOUR = re.compile(r"\x1b\[(?:[0-9;]*;)?(?:3[0-8]|9[0-7])[;0-9]*m")


def drawn(face, answer, width=100, *, console=None):
    console = console or Console(width=width, force_terminal=True, color_system=None, file=StringIO())
    face.show(answer, console)
    return console.file.getvalue()


async def pictured():
    """Give a face and an answer of each kind that had no picture before."""
    desk = a_desk()
    return [
        (USAGE, await usage_by_key(desk, UsageQuery())),
        (KEY, await with_history(desk, KeyQuery(key="newsletter-signup"), wanted=True)),
        (KEY, await with_history(desk, KeyQuery(key="e"), wanted=True)),
        (HISTORY, await usage_history(desk, HistoryQuery(group_by="team"))),
        (COMPARISON, await compare_usage(desk, CompareQuery(period="7d"))),
        (ANOMALIES, await find_anomalies(desk, AnomalyQuery(period="14d"))),
        (AUDIT, await audit_keys(desk, AuditQuery())),
        (STATUS, await server_status(desk)),
    ]


async def test_no_line_is_wider_than_the_terminal_from_60_to_200_columns():
    for face, answer in await pictured():
        for width in (60, 80, 100, 133, 160, 200):
            lines = drawn(face, answer, width).splitlines()
            assert max(cell_len(line) for line in lines) <= width


async def test_without_styles_the_text_is_the_same_so_that_no_meaning_is_in_a_colour():
    for face, answer in await pictured():
        coloured = Console(width=100, force_terminal=True, color_system="truecolor", file=StringIO())
        assert ESCAPE.sub("", drawn(face, answer, console=coloured)) == drawn(face, answer)


async def test_each_environment_change_severity_and_urgency_stands_as_a_word_or_a_sign():
    faces = await pictured()
    (usage, compare, anomalies, audit) = (drawn(*faces[at]) for at in (0, 4, 5, 6))
    assert re.search(r"^rollout-check +test", usage, re.MULTILINE)
    assert "+25,379" in compare
    assert "-3,735" in compare
    assert re.search(r"^critical: a spike on|^critical: a spike from", anomalies, re.MULTILINE)
    assert re.search(r"^high: move rollout-check", audit, re.MULTILINE)


async def test_no_color_leaves_no_colour(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    for face, answer in await pictured():
        console = Console(width=100, force_terminal=True, color_system="truecolor", file=StringIO())
        assert not COLOUR.search(drawn(face, answer, console=console))


async def test_a_dumb_terminal_gets_no_escapes_and_its_own_width(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("FORCE_COLOR", "1")
    for face, answer in await pictured():
        console = a_console()
        console.file = StringIO()
        text = drawn(face, answer, console=console)
        assert "\x1b" not in text
        assert max(cell_len(line) for line in text.splitlines()) == 60


async def test_a_key_has_its_days_as_a_sparkline_its_endpoints_with_bars_and_its_findings():
    text = drawn(KEY, await with_history(a_desk(), KeyQuery(key="newsletter-signup"), wanted=True))
    assert re.search(r"^By day +▂+▇█▂▂ *$", text, re.MULTILINE)
    assert "2026-11-01 to 2026-11-22, most 14,261 (2026-11-20)" in text
    assert re.search(r"^/v1/domain/whois +23,940 +█{18}", text, re.MULTILINE)
    assert "critical: a spike, 2026-11-19T00:00:00Z to 2026-11-21T00:00:00Z" in text


async def test_a_key_is_told_without_its_days_where_nothing_was_recorded_of_them(monkeypatch):
    desk = a_desk()
    answer = await with_history(desk, KeyQuery(key="newsletter-signup"), wanted=False)
    assert "By day" not in drawn(KEY, answer)


async def test_a_finding_has_what_was_observed_against_what_was_expected():
    text = drawn(ANOMALIES, await find_anomalies(a_desk(), AnomalyQuery(period="14d")))
    assert re.search(r"^  observed  14,261 +█{18} *$", text, re.MULTILINE)
    assert re.search(r"^  expected  98.4 \(72 to 127\)  ▏ *$", text, re.MULTILINE)
    assert re.search(r"^  expected  none, after 73 quiet days *$", text, re.MULTILINE)
    assert "Next: Ask team growth what began then; if nobody knows, rotate the key." in text


async def test_a_history_by_teams_has_a_sparkline_for_each():
    text = drawn(HISTORY, await usage_history(a_desk(), HistoryQuery(group_by="team", period="14d")))
    assert re.search(r"^storefront +65,837 +34.2 % +954 +▃▄▄▄▄█▅▅▄▄▄▅▅▅▃ *$", text, re.MULTILINE)


def test_columns_give_way_in_their_order_and_what_is_hidden_is_named():
    columns = [names("Key", ["payments"]), numbers("One", ["1" * 10], gives_way=2), numbers("Two", ["2"], gives_way=1)]
    heads = {width: [column.head for column, _ in fitting(columns, width)] for width in (40, 20, 12)}
    assert heads == {40: ["Key", "One", "Two"], 20: ["Key", "Two"], 12: ["Key"]}
    console = Console(width=20, force_terminal=True, color_system=None, file=StringIO())
    console.print(table(columns, 20))
    assert console.file.getvalue().split("\n")[2:4] == ["No room here for: ", "One."]


def test_what_is_left_over_goes_to_the_left_columns_first():
    columns = [names("Key", ["n" * 40]), bars([1, 2], gives_way=1), words("Day", ["2026-11-22"])]
    assert [width for _, width in fitting(columns, 50)] == [30, 6, 10]
    assert [width for _, width in fitting(columns, 66)] == [40, 12, 10]


@pytest.mark.parametrize(
    ("value", "drawing"), [(0, ""), (1, "▏"), (50, "████"), (100, "████████"), (53, "████▎"), (0.001, "▏")]
)
def test_a_bar_is_as_long_as_its_value_and_what_is_above_0_is_seen(value, drawing):
    assert bar(value, 100, 8) == drawing


def test_a_sparkline_tells_0_from_little_and_from_what_nobody_observed():
    assert spark([0, 1, None, 500, 1000], 10) == "▁▂·▅█"


def test_a_sparkline_adds_neighbours_up_where_it_would_be_too_wide():
    assert spark([1, 1, 2, 2, None, None, 4, 4], 4) == "▃▅·█"
    assert spark([], 4) == ""


@given(st.text())
def test_what_markdown_needed_escaped_is_taken_back_to_the_letter(name):
    assert plain(inert(name)) == name
