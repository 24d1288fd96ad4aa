"""Until when a request must be answered: calendar months by Regulation (EEC, Euratom) No 1182/71.

One month after receipt, three if extended (Art. 12(3) GDPR). The day of receipt is not counted; the period
ends with the same date of the last month, or with that month's last day; an end on a Saturday, a Sunday or
a public holiday moves to the next working day (Art. 3(2)(c) and (4) of the Regulation).

Public holidays are those of a whole state (`Bundesland`). One that only some of its towns keep
(Mariä Himmelfahrt in Bavaria, Fronleichnam in parts of Saxony and Thuringia, the Augsburg peace festival) is
left out: a deadline shown too early does no harm. A test compares the table with the package `holidays`;
at run time that would be nine megabytes for these few lines.
"""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from functools import cache

from django.utils import timezone

from sitebackend.models import State

ANSWER_MONTHS = 1  #: Art. 12(3) GDPR, first sentence
EXTENDED_MONTHS = 3  #: second sentence: two further months, counted from receipt like the first
REPORT_HOURS = 72  #: Art. 33(1) GDPR: from noticing a breach to its report


#: (month, day) and the states that keep it; None: all.
_FIXED: tuple[tuple[int, int, str | None], ...] = (
    (1, 1, None),
    (1, 6, "BW BY ST"),
    (3, 8, "BE MV"),
    (5, 1, None),
    (8, 15, "SL"),
    (9, 20, "TH"),
    (10, 3, None),
    (10, 31, "BB HB HH MV NI SH SN ST TH"),
    (11, 1, "BW BY NW RP SL"),
    (12, 25, None),
    (12, 26, None),
)
#: Days after Easter Sunday and the states that keep it; Sundays need no entry.
_MOVABLE: tuple[tuple[int, str | None], ...] = (
    (-2, None),
    (1, None),
    (39, None),
    (50, None),
    (60, "BW BY HE NW RP SL"),
)


def local_date(moment: datetime) -> date:
    """The day that it is at the operator's when the clock shows `moment` (aware)."""
    return timezone.localdate(moment)


def due_on(received_on: date, *, state: str, months: int = ANSWER_MONTHS, paused_days: int = 0) -> date:
    """The last day for the answer. `paused_days`: how long the person's identity stayed unclear (Art. 12(6))."""
    return next_working_day(_months_after(received_on, months) + timedelta(days=paused_days), state)


def hours_after(moment: datetime, hours: int) -> datetime:
    """When a period of hours ends (aware, UTC); the event's own hour is not counted (Art. 3(1) of the Regulation).

    Nights, weekends, holidays and the hours that clocks skip or repeat count like any other (Art. 3(2)(a) and (3)).
    """
    first = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return first + timedelta(hours=hours)


def next_working_day(day: date, state: str) -> date:
    """`day` itself, or the first one after it that is no Saturday, Sunday or public holiday."""
    while day.weekday() >= 5 or day in public_holidays(day.year, state):
        day += timedelta(days=1)
    return day


@cache
def public_holidays(year: int, state: str) -> frozenset[date]:
    """The public holidays of a whole state, Sundays that are holidays anyway left out."""
    easter = easter_sunday(year)
    fixed = {date(year, month, day) for month, day, states in _FIXED if _keeps(state, states)}
    movable = {easter + timedelta(days=after) for after, states in _MOVABLE if _keeps(state, states)}
    return frozenset(fixed | movable | ({_repentance_day(year)} if state == State.SN else set()))


def easter_sunday(year: int) -> date:
    """Gregorian Easter (Meeus/Jones/Butcher)."""
    century, rest = divmod(year, 100)
    golden = year % 19
    epact = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    correction = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * correction + 114, 31)
    return date(year, month, day + 1)


def _repentance_day(year: int) -> date:
    """Buß- und Bettag: the Wednesday before 23 November."""
    latest = date(year, 11, 22)
    return latest - timedelta(days=(latest.weekday() - 2) % 7)


def _keeps(state: str, states: str | None) -> bool:
    return states is None or state in states.split()


def _months_after(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
