"""Time is judged, not believed: what destroys by time asks here first whether the clock can be right.

What must never happen: a clock that jumped, on a machine without a battery or after a wrong setting, erases
everything that has a period and removes every good backup. So the newest time that is known to be true is
kept, and moves on in small steps while the worker runs. If the clock is further ahead of it than a site is
usually switched off, or behind it, nothing is destroyed by time, on no node, until the operator says that
the clock is right. That the site was off for months looks the same from here: then the question is answered
in one click.

Whoever reads the clock for such a deed asks (`is_trusted`): the worker's rounds and the commands.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Max

from sitebackend import audit
from sitebackend.models import Act, Actor, ClockMark, Operator, WorkerJob

AHEAD = timedelta(days=7)  # so long a site may be off without a question
BEHIND = timedelta(days=1)  # no time zone is further away
WRITTEN_EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why the clock is not believed: it shows `now`, and `known` is the newest time known to be true (aware)."""

    known: datetime
    now: datetime

    @property
    def is_ahead(self) -> bool:
        return self.now > self.known


def doubt(now: datetime) -> Doubt | None:
    """Why `now` (aware) is not believed; None if it is. Nothing is written."""
    known = _newest_known()
    if known is None or known - BEHIND <= now <= known + AHEAD:
        return None
    return Doubt(known, now)


def is_trusted(now: datetime) -> bool:
    """Whether what destroys by time may go on; a time that is believed becomes the newest known one.

    What is known is kept in doubt as well: a worker with a wrong clock goes on to write that down as its own last run.
    """
    doubted, mark = doubt(now), ClockMark.objects.first()
    if mark is None or (not doubted and now - mark.newest >= WRITTEN_EVERY):
        _keep(doubted.known if doubted else now)
    return not doubted


@transaction.atomic
def confirm(now: datetime, *, actor: Actor, operator: Operator | None = None) -> None:
    """The operator says that `now` is right, whatever was known before."""
    _keep(now)
    audit.note(Act.CLOCK_CONFIRMED, actor=actor, operator=operator, key=now.date())


def _keep(newest: datetime) -> None:
    ClockMark.objects.update_or_create(id=1, defaults={"newest": newest})


def _newest_known() -> datetime | None:
    """The mark; before there is one, the newest time that the site itself has written down."""
    mark = ClockMark.objects.first()
    if mark:
        return mark.newest
    written = (
        WorkerJob.objects.aggregate(newest=Max("last_run"))["newest"],
        MigrationRecorder.Migration.objects.aggregate(newest=Max("applied"))["newest"],
    )
    return max((time for time in written if time), default=None)
