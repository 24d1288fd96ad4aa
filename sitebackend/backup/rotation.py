"""Which backups may go: one a day for a week, one a week for a month, one a month until the maximum age.

The maximum age (BACKUP_MAX_AGE_DAYS) is a promise to the erased: after it no backup holds them any more. It
beats every other rule but one: the newest whole backup never goes, for without it there is none.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils import timezone

DAILY = timedelta(days=7)
WEEKLY = timedelta(days=31)


def to_remove(made: Iterable[datetime], *, now: datetime, max_age: timedelta) -> set[datetime]:
    """Out of the times at which whole backups were made, those whose backups go."""
    taken: set[tuple[object, ...]] = set()
    remove = set()
    for moment in sorted(made, reverse=True):
        place = _place(moment, now - moment)
        if taken and (place in taken or now - moment > max_age):
            remove.add(moment)
        taken.add(place)
    return remove


def _place(moment: datetime, age: timedelta) -> tuple[object, ...]:
    """Backups of one place (a day of TIME_ZONE, a week, a month) are one too many; the newest of them stays."""
    moment = timezone.localtime(moment)
    if age <= DAILY:
        return ("day", moment.date())
    if age <= WEEKLY:
        return ("week", *moment.isocalendar()[:2])
    return ("month", moment.year, moment.month)
