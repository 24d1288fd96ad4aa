"""Which backups may go."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sitebackend.backup.rotation import to_remove

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MAX_AGE = timedelta(days=90)


def made(*days: float) -> list[datetime]:
    return [NOW - timedelta(days=day) for day in days]


def test_one_a_day_stays_for_a_week() -> None:
    assert to_remove(made(0, 1, 2, 3, 4, 5, 6), now=NOW, max_age=MAX_AGE) == set()


def test_of_two_on_one_day_the_newer_stays() -> None:
    assert to_remove(made(1, 1.2), now=NOW, max_age=MAX_AGE) == set(made(1.2))


def test_after_a_week_one_a_week_stays() -> None:
    # 23 November 2026 is a Monday: day 8 is Sunday the 15th, days 9 to 14 are its week, day 15 the week before
    assert to_remove(made(0, 8, 9, 10, 14, 15), now=NOW, max_age=MAX_AGE) == set(made(9, 10, 14))


def test_past_the_maximum_age_everything_goes_but_the_newest() -> None:
    assert to_remove(made(91, 92, 120), now=NOW, max_age=MAX_AGE) == set(made(92, 120))
    assert to_remove(made(0, 91), now=NOW, max_age=MAX_AGE) == set(made(91))


@given(st.sets(st.integers(min_value=0, max_value=400 * 24)))
def test_whatever_was_made_the_newest_stays_and_nothing_older_than_allowed(hours: set[int]) -> None:
    moments = made(*(hour / 24 for hour in hours))
    kept = set(moments) - to_remove(moments, now=NOW, max_age=MAX_AGE)
    assert not moments or max(moments) in kept
    assert all(NOW - moment <= MAX_AGE for moment in kept - {max(moments, default=NOW)})


@given(st.sets(st.integers(min_value=0, max_value=89 * 24)))
def test_rotation_done_twice_removes_nothing_more(hours: set[int]) -> None:
    moments = set(made(*(hour / 24 for hour in hours)))
    kept = moments - to_remove(moments, now=NOW, max_age=MAX_AGE)
    assert to_remove(kept, now=NOW, max_age=MAX_AGE) == set()
