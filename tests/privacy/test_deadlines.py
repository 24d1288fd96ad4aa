"""Deadlines by the calendar: every row was counted by hand with Regulation 1182/71 and a wall calendar."""

from datetime import UTC, date, datetime

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitebackend.models import State
from sitebackend.privacy import deadlines

#: received, state, last day for the answer, why
ONE_MONTH = [
    ("2026-03-10", "NW", "2026-04-10", "a Friday: the same date of the next month"),
    ("2027-01-28", "NW", "2027-03-01", "28 February 2027 is a Sunday"),
    ("2027-01-29", "NW", "2027-03-01", "29 January ends with February, a Sunday"),
    ("2027-01-30", "NW", "2027-03-01", "30 January ends with February, a Sunday"),
    ("2027-01-31", "NW", "2027-03-01", "31 January ends with February, a Sunday"),
    ("2028-01-28", "NW", "2028-02-28", "leap year: the 28th is a Monday of its own"),
    ("2028-01-29", "NW", "2028-02-29", "leap year: the 29th exists"),
    ("2028-01-30", "NW", "2028-02-29", "leap year: ends with the month"),
    ("2028-01-31", "NW", "2028-02-29", "leap year: ends with the month"),
    ("2023-01-31", "NW", "2023-02-28", "no leap year, a Tuesday"),
    ("2028-02-29", "NW", "2028-03-29", "received on the leap day"),
    ("2026-08-31", "NW", "2026-09-30", "31 August ends with September"),
    ("2026-03-03", "NW", "2026-04-07", "Good Friday, Saturday, Easter, Easter Monday are jumped"),
    ("2026-03-02", "NW", "2026-04-02", "the Thursday before Easter counts"),
    ("2026-04-14", "NW", "2026-05-15", "Ascension Day; the Friday after it is a working day"),
    ("2026-04-25", "NW", "2026-05-26", "Whit Monday"),
    ("2026-05-04", "NW", "2026-06-05", "Corpus Christi in North Rhine-Westphalia"),
    ("2026-05-04", "BE", "2026-06-04", "no Corpus Christi in Berlin"),
    ("2028-09-03", "HE", "2028-10-04", "3 October on a Tuesday"),
    ("2026-09-03", "HE", "2026-10-05", "3 October on a Saturday moves to Monday"),
    ("2026-10-01", "BY", "2026-11-02", "All Saints on a Sunday moves to Monday"),
    ("2027-10-01", "BY", "2027-11-02", "All Saints on a Monday moves to Tuesday"),
    ("2027-10-01", "BE", "2027-11-01", "no All Saints in Berlin"),
    ("2028-09-30", "TH", "2028-10-30", "the day before Reformation Day"),
    ("2028-08-31", "TH", "2028-10-02", "30 September 2028 is a Saturday"),
    ("2028-10-01", "ST", "2028-11-01", "All Saints is none in Saxony-Anhalt"),
    ("2026-11-25", "SN", "2026-12-28", "Christmas, its second day, and a Sunday"),
    ("2026-12-01", "BW", "2027-01-04", "New Year's Day on a Friday: over the year's end to Monday"),
    ("2026-12-06", "BW", "2027-01-07", "Epiphany in Baden-Württemberg"),
    ("2026-12-06", "HH", "2027-01-06", "no Epiphany in Hamburg"),
    ("2026-12-31", "HH", "2027-02-01", "31 January 2027 is a Sunday"),
    ("2027-02-08", "BE", "2027-03-09", "Women's Day on a Monday in Berlin"),
    ("2027-02-08", "NW", "2027-03-08", "a working day in North Rhine-Westphalia"),
    ("2024-10-20", "SN", "2024-11-21", "Repentance Day (Buß- und Bettag) in Saxony"),
    ("2024-10-20", "BY", "2024-11-20", "no Repentance Day in Bavaria"),
    ("2026-10-06", "", "2026-11-06", "state unknown"),
    ("2027-10-01", "", "2027-11-01", "state unknown: only the holidays of all states"),
]


@pytest.mark.parametrize(("received", "state", "due", "why"), ONE_MONTH, ids=[row[3] for row in ONE_MONTH])
def test_a_month_ends_as_the_regulation_says(received: str, state: str, due: str, why: str) -> None:
    assert deadlines.due_on(date.fromisoformat(received), state=state) == date.fromisoformat(due)


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-11-30", "2027-03-01"),  # 28 February 2027 is a Sunday
        ("2027-11-30", "2028-02-29"),
        ("2026-01-03", "2026-04-07"),  # Good Friday to Easter Monday
        ("2026-09-25", "2026-12-28"),
        ("2026-10-01", "2027-01-04"),
    ],
)
def test_an_extension_gives_three_months_from_receipt_in_all(received: str, due: str) -> None:
    counted = deadlines.due_on(date.fromisoformat(received), state="NW", months=deadlines.EXTENDED_MONTHS)
    assert counted == date.fromisoformat(due)


def test_days_of_unclear_identity_are_added_before_the_end_is_moved() -> None:
    assert deadlines.due_on(date(2026, 3, 2), state="NW", paused_days=1) == date(2026, 4, 7)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 3, 28, 22, 59, tzinfo=UTC), date(2026, 3, 28)),  # winter time, 23:59
        (datetime(2026, 3, 28, 23, 0, tzinfo=UTC), date(2026, 3, 29)),  # winter time, the night of the change
        (datetime(2026, 3, 29, 21, 59, tzinfo=UTC), date(2026, 3, 29)),  # summer time, 23:59
        (datetime(2026, 3, 29, 22, 0, tzinfo=UTC), date(2026, 3, 30)),
        (datetime(2026, 10, 24, 22, 0, tzinfo=UTC), date(2026, 10, 25)),  # summer time, the night of the change
        (datetime(2026, 10, 25, 22, 30, tzinfo=UTC), date(2026, 10, 25)),  # winter time again
        (datetime(2026, 10, 25, 23, 0, tzinfo=UTC), date(2026, 10, 26)),
        (datetime(2026, 12, 31, 23, 0, tzinfo=UTC), date(2027, 1, 1)),  # midnight here, last year in UTC
    ],
)
def test_the_day_of_receipt_is_the_operators_not_utcs(moment: datetime, day: date) -> None:
    assert deadlines.local_date(moment) == day


@pytest.mark.parametrize("state", State)
def test_the_holidays_are_those_of_an_independent_table(state: State) -> None:
    """Since the last change of one (2023); Berlin's days of one year only are not in ours."""
    years = range(2024, 2051)
    theirs = set(holidays.country_holidays("DE", subdiv=state, years=years))
    once = {date(2025, 5, 8), date(2028, 6, 17)} & theirs
    ours = {day for year in years for day in deadlines.public_holidays(year, state)}
    assert {day for day in ours if day.weekday() < 6} == {day for day in theirs - once if day.weekday() < 6}


@given(received=st.dates(date(2000, 1, 1), date(2150, 12, 31)), state=st.sampled_from([*State.values, ""]))
def test_an_end_is_a_working_day_never_before_the_date_and_at_most_five_days_after_it(
    received: date, state: str
) -> None:
    due = deadlines.due_on(received, state=state)
    assert due.weekday() < 5
    assert due not in deadlines.public_holidays(due.year, state)
    assert 28 <= (due - received).days <= 31 + 5
