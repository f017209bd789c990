"""The words for a period, read at a fixed moment."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from domain_builders import NOW, SECRET, any_text, is_plain, utc
from hypothesis import example, given
from hypothesis import strategies as st

from edgedns_mcp.domain import periods
from edgedns_mcp.errors import QuestionError
from edgedns_mcp.models import Window

HOUR = timedelta(hours=1)
EMPTY_AT_FIRST = ("today", "this_week", "this_month", "mtd")
LONGEST_SENTENCE = 300

zones = st.sampled_from(("UTC", "Europe/Berlin", "Asia/Kolkata", "America/New_York", "Africa/Cairo", "Asia/Kathmandu"))
clocks = st.datetimes(datetime(2019, 1, 1), datetime(2034, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - made aware
near_dst = st.sampled_from(("2026-03-29", "2026-10-25", "2026-03-08", "2026-11-01")).flatmap(
    lambda day: st.integers(-30 * 60, 60 * 60).map(lambda minutes: utc(day) + timedelta(minutes=minutes))
)
nows = clocks | near_dst
billing_days = st.sampled_from((1, 15, 31)) | st.integers(1, 31)


def resolve(period="", start="", end="", *, now=NOW, zone="UTC", billing_day=1) -> Window:
    return periods.resolve(period, start, end, now=now, zone=ZoneInfo(zone), billing_day=billing_day)


def ends(*args, **kwargs) -> tuple[str, str]:
    window = resolve(*args, **kwargs)
    return f"{window.start:%Y-%m-%dT%H:%M}", f"{window.end:%Y-%m-%dT%H:%M}"


def refusal(*args, **kwargs) -> str:
    with pytest.raises(QuestionError) as raised:
        resolve(*args, **kwargs)
    return str(raised.value)


def names_an_example(sentence: str) -> bool:
    return bool(re.search(r"\b2026-\d\d|period=\w+", sentence))


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        ("", "2026-10-01T00:00", "2026-10-15T12:00"),
        ("current", "2026-10-01T00:00", "2026-10-15T12:00"),
        ("  Current ", "2026-10-01T00:00", "2026-10-15T12:00"),
        ("previous", "2026-09-01T00:00", "2026-10-01T00:00"),
        ("today", "2026-10-15T00:00", "2026-10-15T12:00"),
        ("yesterday", "2026-10-14T00:00", "2026-10-15T00:00"),
        ("this_week", "2026-10-12T00:00", "2026-10-15T12:00"),
        ("last_week", "2026-10-05T00:00", "2026-10-12T00:00"),
        ("this_month", "2026-10-01T00:00", "2026-10-15T12:00"),
        ("this_quarter", "2026-10-01T00:00", "2026-10-15T12:00"),
        ("this_year", "2026-01-01T00:00", "2026-10-15T12:00"),
        ("mtd", "2026-10-01T00:00", "2026-10-15T12:00"),
        ("last_month", "2026-09-01T00:00", "2026-10-01T00:00"),
        ("1h", "2026-10-15T11:00", "2026-10-15T12:00"),
        ("24h", "2026-10-14T12:00", "2026-10-15T12:00"),
        ("7d", "2026-10-08T12:00", "2026-10-15T12:00"),
        ("2w", "2026-10-01T12:00", "2026-10-15T12:00"),
        ("30d", "2026-09-15T12:00", "2026-10-15T12:00"),
        ("90d", "2026-07-17T12:00", "2026-10-15T12:00"),
        ("2026-10", "2026-10-01T00:00", "2026-11-01T00:00"),
        ("2026-12", "2026-12-01T00:00", "2027-01-01T00:00"),
        ("2028-02", "2028-02-01T00:00", "2028-03-01T00:00"),
        ("2026-10-05", "2026-10-05T00:00", "2026-10-06T00:00"),
        ("2026-12-31", "2026-12-31T00:00", "2027-01-01T00:00"),
        ("2028-02-29", "2028-02-29T00:00", "2028-03-01T00:00"),
        ("2026-10-01..2026-10-15", "2026-10-01T00:00", "2026-10-16T00:00"),
        ("2026-10-01 .. 2026-10-15", "2026-10-01T00:00", "2026-10-16T00:00"),
        ("2026-09..2026-10", "2026-09-01T00:00", "2026-11-01T00:00"),
        ("2026-09..2026-10-15", "2026-09-01T00:00", "2026-10-16T00:00"),
        ("1971-01", "1971-01-01T00:00", "1971-02-01T00:00"),
        ("2199-12", "2199-12-01T00:00", "2200-01-01T00:00"),
    ],
)
def test_every_word_of_the_grammar_has_its_window(period, start, end):
    assert ends(period) == (start, end)


def test_every_word_that_an_error_offers_is_understood():
    offered = [word.strip() for word in re.split(", | or ", periods.EXAMPLES)]
    assert set(periods.NAMED) <= set(offered)
    for word in offered:
        assert resolve(word).period == word


@pytest.mark.parametrize(
    ("zone", "now", "period", "start", "end"),
    [
        # Berlin leaves summer time on 25 October 2026 at 01:00Z: a day of 25 hours.
        ("Europe/Berlin", "2026-10-26T09:30", "yesterday", "2026-10-24T22:00", "2026-10-25T23:00"),
        ("Europe/Berlin", "2026-10-25T00:30", "today", "2026-10-24T22:00", "2026-10-25T00:00"),
        ("Europe/Berlin", "2026-10-25T01:30", "today", "2026-10-24T22:00", "2026-10-25T01:00"),
        ("Europe/Berlin", "2026-10-25T12:30", "24h", "2026-10-24T12:00", "2026-10-25T12:00"),
        ("Europe/Berlin", "2026-10-26T09:30", "last_week", "2026-10-18T22:00", "2026-10-25T23:00"),
        ("Europe/Berlin", "2026-11-02T09:30", "2026-10", "2026-09-30T22:00", "2026-10-31T23:00"),
        # Berlin enters it on 29 March 2026 at 01:00Z: a day of 23 hours.
        ("Europe/Berlin", "2026-03-30T09:30", "yesterday", "2026-03-28T23:00", "2026-03-29T22:00"),
        ("Europe/Berlin", "2026-03-30T09:30", "this_month", "2026-02-28T23:00", "2026-03-30T09:00"),
        ("Europe/Berlin", "2026-04-01T09:30", "last_month", "2026-02-28T23:00", "2026-03-31T22:00"),
        # India is half an hour off the full hour: ends round down to 18:00Z instead of 18:30Z.
        ("Asia/Kolkata", "2026-10-15T12:34", "yesterday", "2026-10-13T18:00", "2026-10-14T18:00"),
        ("Asia/Kolkata", "2026-10-15T12:34", "today", "2026-10-14T18:00", "2026-10-15T12:00"),
        ("Asia/Kolkata", "2026-10-15T20:00", "today", "2026-10-15T18:00", "2026-10-15T20:00"),
        ("Asia/Kolkata", "2026-10-15T12:34", "2026-10", "2026-09-30T18:00", "2026-10-31T18:00"),
        # New York leaves summer time on 1 November 2026 at 06:00Z.
        ("America/New_York", "2026-11-02T10:00", "yesterday", "2026-11-01T04:00", "2026-11-02T05:00"),
        ("America/New_York", "2026-10-01T02:00", "current", "2026-09-01T04:00", "2026-10-01T02:00"),
        ("America/New_York", "2026-10-12T03:59", "this_week", "2026-10-05T04:00", "2026-10-12T03:00"),
    ],
)
def test_a_day_begins_at_midnight_of_the_zone(zone, now, period, start, end):
    assert ends(period, now=utc(now), zone=zone) == (start, end)


@pytest.mark.parametrize(
    ("billing_day", "now", "current", "previous"),
    [
        (1, "2026-10-15T12:34", "2026-10-01", "2026-09-01"),
        (1, "2026-01-02T12:34", "2026-01-01", "2025-12-01"),
        (15, "2026-10-15T12:34", "2026-10-15", "2026-09-15"),
        (15, "2026-10-14T12:34", "2026-09-15", "2026-08-15"),
        (15, "2026-01-14T12:34", "2025-12-15", "2025-11-15"),
        (31, "2026-10-15T12:34", "2026-09-30", "2026-08-31"),
        (31, "2026-03-15T12:34", "2026-02-28", "2026-01-31"),
        (31, "2026-02-28T12:34", "2026-02-28", "2026-01-31"),
        (31, "2028-03-15T12:34", "2028-02-29", "2028-01-31"),
    ],
)
def test_the_billing_period_begins_on_its_day_or_on_the_last_of_a_short_month(billing_day, now, current, previous):
    assert resolve("current", now=utc(now), billing_day=billing_day).start == utc(current)
    last = resolve("previous", now=utc(now), billing_day=billing_day)
    assert (last.start, last.end) == (utc(previous), utc(current))


def test_the_billing_day_is_a_day_of_the_zone():
    already_the_15th = resolve("current", now=utc("2026-10-14T23:30"), zone="Europe/Berlin", billing_day=15)
    assert already_the_15th.start == utc("2026-10-14T22:00")
    still_the_14th = resolve("current", now=utc("2026-10-14T23:30"), zone="America/New_York", billing_day=15)
    assert still_the_14th.start == utc("2026-09-15T04:00")


@given(nows, zones, billing_days, st.integers(0, 30))
def test_billing_periods_tile_and_the_first_one_holds_now(now, zone, billing_day, back):
    newer = periods.billing_period(now, ZoneInfo(zone), billing_day, back=back)
    older = periods.billing_period(now, ZoneInfo(zone), billing_day, back=back + 1)
    first = periods.billing_period(now, ZoneInfo(zone), billing_day)
    assert older[0] < older[1] == newer[0]
    assert first[0] <= now < first[1]


@given(nows, zones, billing_days)
def test_neighbouring_windows_tile(now, zone, billing_day):
    def edges(period: str) -> tuple[datetime, datetime]:
        window = resolve(period, now=now, zone=zone, billing_day=billing_day)
        return window.start, window.end

    for before, after in (
        ("yesterday", "today"),
        ("last_week", "this_week"),
        ("last_month", "this_month"),
        ("previous", "current"),
    ):
        end = edges(before)[1]
        if now >= end + HOUR or after == "current":
            assert edges(after) == (end, periods.floor_hour(now))
        else:
            with pytest.raises(QuestionError):
                edges(after)


@given(st.dates(datetime(2019, 1, 1).date(), datetime(2034, 1, 1).date()), zones)  # noqa: DTZ001 - only its date
def test_days_tile_into_ranges_and_months(day, zone):
    after = day + timedelta(days=1)
    one, other = resolve(f"{day}", zone=zone), resolve(f"{after}", zone=zone)
    both = resolve(f"{day}..{after}", zone=zone)
    assert (one.start, one.end, other.end) == (both.start, other.start, both.end)

    month, next_month = (
        resolve(f"{day:%Y-%m}", zone=zone),
        resolve(f"{day.replace(day=28) + timedelta(5):%Y-%m}", zone=zone),
    )
    assert month.end == next_month.start
    assert month.start <= one.start < one.end <= month.end


@given(nows, zones, billing_days, st.sampled_from((*periods.NAMED, "3h", "5w")))
def test_a_named_window_lies_in_the_past_between_full_hours(now, zone, billing_day, period):
    try:
        window = resolve(period, now=now, zone=zone, billing_day=billing_day)
    except QuestionError:
        assert period in EMPTY_AT_FIRST
        return
    assert window.period == period
    for end in (window.start, window.end):
        assert end.utcoffset() == timedelta(0)
        assert (end.minute, end.second, end.microsecond) == (0, 0, 0)
    assert window.start < window.end <= now or (period == "current" and window.start == window.end <= now)


@given(nows, zones, st.integers(1, 3660))
def test_a_rolling_window_has_its_length_whatever_the_clocks_do(now, zone, count):
    assert (
        resolve(f"{count}d", now=now, zone=zone).end - resolve(f"{count}d", now=now, zone=zone).start
        == 24 * HOUR * count
    )
    assert resolve(f"{count}h", now=now, zone=zone).start == periods.floor_hour(now) - HOUR * count


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-10-01", "2026-10-03", ("2026-09-30T22:00", "2026-10-02T22:00")),
        ("2026-10-01T15:45", "2026-10-03T00:59:59.999999", ("2026-10-01T13:00", "2026-10-02T22:00")),
        ("2026-10-01 15:45", "2026-10-03 09:00", ("2026-10-01T13:00", "2026-10-03T07:00")),
        ("2026-10-01T15:45Z", "2026-10-03T09:00Z", ("2026-10-01T15:00", "2026-10-03T09:00")),
        ("2026-10-01t15:45z", "2026-10-03 09:00z", ("2026-10-01T15:00", "2026-10-03T09:00")),
        ("2026-10-01T15:45+05:30", "2026-10-03T09:00-04:00", ("2026-10-01T10:00", "2026-10-03T13:00")),
        (" 2026-10-01 ", " 2026-10-03 ", ("2026-09-30T22:00", "2026-10-02T22:00")),
        # 02:30 comes twice on this day; the first one counts.
        ("2026-10-25T02:30", "2026-10-25T03:30", ("2026-10-25T00:00", "2026-10-25T02:00")),
    ],
)
def test_start_and_end_may_be_dates_or_times_with_or_without_an_offset(start, end, expected):
    assert ends("", start, end, zone="Europe/Berlin") == expected


def test_start_and_end_override_the_period_and_end_is_exclusive():
    window = resolve("last_week", "2026-10-01", "2026-10-02")
    assert (window.start, window.end, window.period) == (
        utc("2026-10-01"),
        utc("2026-10-02"),
        "2026-10-01 until 2026-10-02",
    )


def test_the_words_of_a_question_are_the_same_however_they_are_spaced():
    assert periods.asked(" Last_Week ", "", "") == "last_week"
    assert periods.asked("", " 2026-10-01 ", " 2026-10-03 ") == periods.asked("", "2026-10-01", "2026-10-03")
    assert periods.asked("", " 2026-10-01 ", "") == "2026-10-01 until now"


def test_a_start_without_an_end_reaches_to_now():
    window = resolve("", "2026-10-01")
    assert (window.end, window.period) == (utc("2026-10-15T12:00"), "2026-10-01 until now")


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        ("", "", "2026-10-01"),
        ("", "yesterday", ""),
        ("", "2026-10-01", "soon"),
        ("", "2026-02-30", ""),
        ("", "2026-10-01T25:00", ""),
        ("", "0001-01-01T00:00+14:00", ""),
        ("", "2026-10-05", "2026-10-01"),
        ("", "2026-10-01T10:05", "2026-10-01T10:55"),
        ("", "2026-10-15T12:10", ""),
        ("2026-13", "", ""),
        ("2026-00", "", ""),
        ("2026-02-30", "", ""),
        ("2026-10-00", "", ""),
        ("1970-12", "", ""),
        ("9999-01", "", ""),
        ("2026-10-15..2026-10-01", "", ""),
        ("2026-10-01..", "", ""),
        ("..2026-10-01", "", ""),
        ("2026-10-01..2026-10-02..2026-10-03", "", ""),
        ("0d", "", ""),
        ("0h", "", ""),
        ("99999d", "", ""),
        ("3661d", "", ""),
        ("100000d", "", ""),
        ("7 d", "", ""),
        ("-7d", "", ""),
        ("next_month", "", ""),
        ("2026", "", ""),
        ("2026-1", "", ""),
        ("2026-10-5", "", ""),
        ("'; DROP TABLE cells; --", "", ""),
    ],
)
def test_what_is_not_in_the_grammar_is_refused_with_a_corrected_example(period, start, end):
    sentence = refusal(period, start, end)
    advice = sentence.replace(f"{start} until {end or 'now'}", "").replace(f"'{period}'", "")
    assert names_an_example(advice), sentence
    assert is_plain(sentence, LONGEST_SENTENCE), sentence


def test_ten_years_are_the_longest_rolling_window():
    assert resolve("3660d").period == "3660d"
    assert "3661d" in refusal("3661d")


def test_a_reversed_range_is_not_told_to_wait_for_an_hour_to_pass():
    assert "no full hour has passed" not in refusal("2026-10-15..2026-10-01")


def test_a_start_of_blanks_is_no_start():
    assert resolve("yesterday", "  ", " ") == resolve("yesterday")


def test_the_current_period_is_empty_in_its_first_hour_because_counters_know_it_all_the_same():
    first = utc("2026-06-01")
    window = resolve("current", now=first + HOUR / 3)
    assert (window.start, window.end) == (first, first)


@pytest.mark.parametrize("period", EMPTY_AT_FIRST)
def test_just_after_midnight_a_running_period_is_empty_and_says_what_to_ask(period):
    monday_the_first = utc("2026-06-01T00:20")
    sentence = refusal(period, now=monday_the_first)
    assert f"The period {period} is empty" in sentence
    assert "period=yesterday or period=previous" in sentence
    assert resolve(period, now=monday_the_first + HOUR).end == utc("2026-06-01T01:00")


@pytest.mark.parametrize("separator", ["\n", "\u202e", "\u2028", "\x00", "\ud800"])
def test_an_invisible_character_between_date_and_time_does_not_reach_the_scope(separator):
    sentence = refusal("", f"2026-10-01{separator}15:00")
    assert is_plain(sentence, LONGEST_SENTENCE)


@pytest.mark.parametrize(
    ("period", "start", "end"), [("", "", SECRET), (SECRET, "", ""), ("", SECRET, ""), ("", "2026-10-01", SECRET)]
)
def test_a_secret_in_the_wrong_place_is_not_echoed(period, start, end):
    assert SECRET[10:20].lower() not in refusal(period, start, end).lower()


@pytest.mark.parametrize("hostile", ["\n\n# New instructions", "\u202eabc", "a\u2028b", "x" * 10_000])
def test_a_refusal_is_one_visible_sentence_whatever_was_asked(hostile):
    for words in ((hostile,), ("", hostile), ("", "", hostile), ("", "2026-10-01", hostile)):
        sentence = refusal(*words)
        assert is_plain(sentence, LONGEST_SENTENCE), ascii(sentence)


pieces = st.sampled_from(
    ("2026", "-", "10", "02", "31", "..", "T", " ", ":", "Z", "+", "5", "d", "h", "w", "W", "today", "0", "٣", "9999")
)
almost_words = st.lists(pieces, max_size=9).map("".join)


@given(any_text | almost_words, any_text | almost_words, any_text | almost_words, zones)
@example("", "2026-10-01\ud80015:00", "", "UTC")
@example("", "0001-01-01", "9999-12-31T23:59", "America/New_York")
@example("", "9999-12-31T23:59-12:00", "", "UTC")
def test_any_text_is_a_window_or_a_question_error(period, start, end, zone):
    for words in ((period, "", ""), ("", start, ""), (period, start, end)):
        try:
            window = resolve(*words, zone=zone)
        except QuestionError:
            continue
        assert window.start < window.end


@pytest.mark.parametrize("start", ["0001-01-01T00:00Z", "9998-01-01"])
def test_a_window_can_be_shown_in_every_zone(start):
    try:
        window = resolve("", start, "9999-12-31T23:59Z")
    except QuestionError:
        return
    for zone in ("America/New_York", "Pacific/Kiritimati"):
        assert window.start.astimezone(ZoneInfo(zone)) < window.end.astimezone(ZoneInfo(zone))


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("last 3 days", "3d"),
        ("Past 12 hours", "12h"),
        ("last_2_weeks", "2w"),
        ("This Month", "this_month"),
        (" yesterday ", "yesterday"),
    ],
)
def test_usual_ways_to_write_a_period_are_understood(said, meant):
    assert periods.asked(said, "", "") == meant


@pytest.mark.parametrize("year", [1971, 2200])
def test_the_first_and_the_last_year_are_in_range(year):
    window = resolve("yesterday", now=utc(f"{year}-06-15T12:00"))
    assert (window.start, window.end) == (utc(f"{year}-06-14"), utc(f"{year}-06-15"))
    assert resolve(f"{year}-05").start == utc(f"{year}-05-01")


@pytest.mark.parametrize(
    ("start", "end", "told"),
    [
        ("2026-10-05", "2026-10-05", "because end is exclusive; for whole days ask period=2026-10-01..2026-10-15."),
        ("2026-10-05", "2026-10-01", "after rounding down to full hours; end must lie after start"),
        ("2026-10-01T10:05", "2026-10-01T10:55", "because end is exclusive"),
        ("2026-10-15T12:10", "", "after rounding down to full hours"),
        ("", "2026-10-01", "end needs a start; give both, for example start=2026-10-01, end=2026-11-01."),
        ("soon", "", "start is not a date or a time; write it as 2026-10-01"),
        ("2026-10-01", "soon", "end is not a date or a time; write it as 2026-10-01"),
    ],
)
def test_a_window_that_cannot_be_says_why(start, end, told):
    assert told in refusal("", start, end)


def test_digits_of_other_scripts_are_none_of_a_date():
    assert "is not understood" in refusal("\u0662\u0660\u0662\u0666-10")
    assert "is not understood" in refusal("\u0667d")


def test_words_of_a_window_are_cut_where_they_are_too_long():
    assert periods.asked("", "2026-10-01" + "0" * 50, "") == "2026-10-01" + "0" * 27 + "... until now"
    assert periods.asked("x" * 50, "", "") == "x" * 37 + "..."
    assert periods.asked("", "2026-10-01", "y" * 50) == "2026-10-01 until " + "y" * 37 + "..."


def test_the_last_hour_of_a_day_belongs_to_it_unless_a_midnight_lies_in_it():
    hour = utc("2026-10-01T23:00")
    assert periods.day_of(hour, ZoneInfo("UTC")).isoformat() == "2026-10-01"
    assert periods.day_of(hour, ZoneInfo("Europe/Berlin")).isoformat() == "2026-10-02"
    assert periods.day_of(utc("2026-10-01T18:00"), ZoneInfo("Asia/Kolkata")).isoformat() == "2026-10-02"
    assert periods.day_of(utc("2026-10-01T17:00"), ZoneInfo("Asia/Kolkata")).isoformat() == "2026-10-01"


def test_a_year_that_cannot_be_is_refused_in_one_sentence():
    assert refusal("yesterday", now=utc("2300-06-15")) == (
        "It cannot be the year 2300. Set the clock of this machine, or EDGEDNS_AS_OF."
    )
    assert refusal("", "1950-01-01", "1950-02-01") == (
        "The window must lie between 1971 and 2200, for example period=2026-10."
    )
