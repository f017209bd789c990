"""The report as it looks on a terminal."""

from io import StringIO

from faces import a_desk
from rich.console import Console

from edgedns_mcp.cli.terminal.chargeback import CHARGEBACK
from edgedns_mcp.cli.terminal.compare import COMPARISON
from edgedns_mcp.cli.terminal.forecast import FORECAST
from edgedns_mcp.cli.terminal.history import HISTORY
from edgedns_mcp.cli.terminal.usage import USAGE
from edgedns_mcp.models import ChargebackQuery, CompareQuery, ForecastQuery, HistoryQuery, UsageQuery
from edgedns_mcp.service.chargeback import chargeback_report
from edgedns_mcp.service.compare import compare_usage
from edgedns_mcp.service.forecast import forecast_quota
from edgedns_mcp.service.history import usage_history
from edgedns_mcp.service.usage import usage_by_key


async def drawn(width: int, **query) -> str:
    console = Console(width=width, force_terminal=True, color_system=None, file=StringIO())
    USAGE.show(await usage_by_key(a_desk(), UsageQuery(**query)), console)
    return console.file.getvalue()


async def test_the_bars_are_as_long_as_the_requests():
    lines = [line for line in (await drawn(100)).splitlines() if "█" in line]
    lengths = [line.count("█") for line in lines]
    assert len(lines) == 10
    assert lengths[0] == 18
    assert lengths == sorted(lengths, reverse=True)


async def test_no_line_is_wider_than_the_terminal():
    for width in (60, 80, 120, 200):
        assert max(len(line.rstrip()) for line in (await drawn(width)).splitlines()) <= width


async def test_groups_are_drawn_with_their_number_of_keys():
    text = await drawn(100, group_by="team")
    assert "storefront" in text
    assert "Keys" in text


async def history_drawn(width: int, **query) -> str:
    console = Console(width=width, force_terminal=True, color_system=None, file=StringIO())
    HISTORY.show(await usage_history(a_desk(), HistoryQuery(**query)), console)
    return console.file.getvalue()


async def test_a_history_has_a_bar_for_each_bucket_and_none_where_nothing_was_observed():
    text = await history_drawn(100, period="2026-07-23..2026-07-27", bucket="day")
    lines = {line.split(" ")[0]: line for line in text.splitlines() if line.startswith("2026-07")}
    assert "█" in lines["2026-07-26"]
    assert "not observed" in lines["2026-07-24"]
    assert "█" not in lines["2026-07-24"]


async def test_no_line_of_a_history_is_wider_than_the_terminal():
    for width in (60, 80, 120):
        text = await history_drawn(width, period="30d", group_by="key")
        assert max(len(line.rstrip()) for line in text.splitlines()) <= width


async def test_a_comparison_has_a_bar_for_each_change_and_stays_within_the_terminal():
    for width in (80, 120):
        console = Console(width=width, force_terminal=True, color_system=None, file=StringIO())
        COMPARISON.show(await compare_usage(a_desk(), CompareQuery(period="7d")), console)
        lines = console.file.getvalue().splitlines()
        (leak,) = [line for line in lines if line.startswith("newsletter-signup")]
        assert "+25,379" in leak
        assert leak.count("█") == 18
        assert max(len(line.rstrip()) for line in lines) <= width


async def test_a_forecast_has_a_bar_for_each_key_and_stays_within_the_terminal():
    for width in (80, 120):
        console = Console(width=width, force_terminal=True, color_system=None, file=StringIO())
        FORECAST.show(await forecast_quota(a_desk(), ForecastQuery()), console)
        lines = console.file.getvalue().splitlines()
        most = next(line for line in lines if line.startswith("payments-fraud  "))
        assert "58,878" in most
        assert most.count("█") == 18
        assert max(len(line.rstrip()) for line in lines) <= width


async def test_a_chargeback_has_a_bar_for_each_share_and_stays_within_the_terminal():
    for width in (80, 120):
        console = Console(width=width, force_terminal=True, color_system=None, file=StringIO())
        CHARGEBACK.show(await chargeback_report(a_desk(), ChargebackQuery(amount="1200")), console)
        lines = console.file.getvalue().splitlines()
        (most,) = [line for line in lines if line.startswith("storefront  ")]
        assert "425.59" in most
        assert most.count("█") == 18
        assert max(len(line.rstrip()) for line in lines) <= width
