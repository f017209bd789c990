"""Chargeback of EdgeDNS: from its counters for billing periods, from what was recorded for other windows."""

from datetime import UTC, datetime

import pytest
from test_recorded_compare import a_desk

from edgedns_mcp.errors import NoDataError, QuestionError
from edgedns_mcp.models import ChargebackQuery
from edgedns_mcp.service.chargeback import chargeback_report
from edgedns_mcp.service.closing import close_period

OCTOBER, LATE = datetime(2026, 10, 10, tzinfo=UTC), datetime(2026, 10, 31, 23, 50, tzinfo=UTC)
NOVEMBER, LATER = datetime(2026, 11, 1, 0, 10, tzinfo=UTC), datetime(2026, 11, 12, tzinfo=UTC)
READINGS = ((OCTOBER, 300), (LATE, 1_000), (NOVEMBER, 5), (LATER, 400))


async def charged(path, readings=READINGS, **query):
    async with a_desk(path, readings) as desk:
        return await chargeback_report(desk, ChargebackQuery(amount="12", **query))


async def test_the_previous_billing_period_is_charged_by_its_last_counters(tmp_path):
    answer = await charged(tmp_path / "usage.db")
    assert (answer.request_count, answer.lines[0].amount, answer.closed_at) == (1_000, "12.00", None)
    assert (answer.days, answer.observed_days, answer.coverage_percent) == (None, None, None)
    assert answer.unattributed_request_count is None
    assert answer.summary.endswith(
        "The lines sum to the invoice, difference 0.00; EdgeDNS states no dates, so observed days cannot be counted; "
        "the period is over, but the data ends 2026-10-31 23:50 UTC."
    )


async def test_the_current_billing_period_is_running(tmp_path):
    answer = await charged(tmp_path / "usage.db", period="current")
    assert (answer.request_count, answer.closed_at) == (400, None)
    assert "the period is running" in answer.summary


async def test_another_window_comes_from_what_was_recorded_month_by_month(tmp_path):
    answer = await charged(tmp_path / "usage.db", period="2026-10-10..2026-11-11")
    assert answer.request_count == 700 + 5 + 395
    assert (answer.days, answer.observed_days) == (33, 33)
    assert answer.lines[0].amount == "12.00"


async def test_a_billing_period_without_a_reading_is_refused(tmp_path):
    with pytest.raises(NoDataError, match="No reading was recorded in the previous billing period"):
        await charged(tmp_path / "usage.db", READINGS[2:])


async def test_a_month_that_was_recorded_is_closed_by_its_name_and_the_counters_state_no_dates(tmp_path):
    readings = ((datetime(2026, 10, 1, tzinfo=UTC), 0), *READINGS)
    async with a_desk(tmp_path / "usage.db", readings) as desk:
        closed = (await close_period(desk, ChargebackQuery(period="2026-10", amount="12"))).closed
        again = await chargeback_report(desk, ChargebackQuery(period="2026-10"))
        with pytest.raises(QuestionError, match="EdgeDNS states no dates for a billing period; close a month that was"):
            await close_period(desk, ChargebackQuery(period="previous", amount="12"))
        await desk.source.reopen_period()
        opened = await chargeback_report(desk, ChargebackQuery(period="2026-10", amount="12"))
    assert again == closed.views["team"].report
    assert (again.total, again.closed_at, opened.closed_at) == ("12.00", closed.at, None)


RECORDED = ((datetime(2026, 10, 1, tzinfo=UTC), 0), *READINGS)
DATES = {"period_start": "2026-10-01T00:00:00Z", "period_end": "2026-11-01T00:00:00Z"}


async def test_a_closed_month_is_not_answered_anew_without_a_word(tmp_path):
    async with a_desk(tmp_path / "usage.db", RECORDED) as desk:
        await close_period(desk, ChargebackQuery(period="2026-10", amount="12"))
        previous = await chargeback_report(desk, ChargebackQuery())
        current = await chargeback_report(desk, ChargebackQuery(period="current"))
        named = await chargeback_report(desk, ChargebackQuery(period="2026-10"))
    assert (previous.closed_at, previous.notes[-1]) == (
        None,
        (
            "This billing period was closed at 2026-11-12T00:00:00Z, and this only tells what its counters say, for "
            "EdgeDNS states no dates for it; ask period=2026-10 for what was charged."
        ),
    )
    assert current.notes[-1] == (
        "2026-10 is closed; what corrects it, if anything does, is not told beside counters: ask period=2026-11, which "
        "has it."
    )
    assert (named.closed_at, named.total) == (datetime(2026, 11, 12, tzinfo=UTC), "12.00")


async def test_where_edgedns_states_the_dates_the_previous_month_is_the_closed_one(tmp_path):
    async with a_desk(tmp_path / "usage.db", RECORDED, **DATES) as desk:
        closed = (await close_period(desk, ChargebackQuery(period="2026-10", amount="12"))).closed
        previous = await chargeback_report(desk, ChargebackQuery())
        other = await chargeback_report(desk, ChargebackQuery(amount="13"))
    assert previous == closed.views["team"].report
    assert (other.closed_at, "was closed at 2026-11-12T00:00:00Z with other terms" in other.notes[-1]) == (None, True)


async def test_counters_are_answered_where_the_database_cannot_be_read(tmp_path):
    async with a_desk(tmp_path / "usage.db", RECORDED) as desk:
        (tmp_path / "usage.db").unlink()
        current = await chargeback_report(desk, ChargebackQuery(period="current", amount="12"))
    assert (current.total, current.request_count) == ("12.00", 400)
