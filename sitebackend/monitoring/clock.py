"""Time is judged, not believed: what destroys by time asks here first whether the clock can be right.

What must never happen: a clock that jumped, on a machine without a battery or after a wrong setting, erases
everything that has a period and removes every good backup. So the newest time that is known to be true is
kept, and moves on in small steps while the worker runs. If the clock is further ahead of it than a site is
usually switched off, or behind it, nothing is destroyed, on no node, until the operator says that the clock is
right. That the site was off for months looks the same from here: then the question is answered in one click.

What a wrong clock writes down must not make it right. So of rows, backups, the journal and files, which every app
names here (`witness`), only those count that are reached from the newest known time in steps of at most a week:
what a site wrote day by day leads on, what was written after a jump does not. Where the setting TIME_SOURCE names
another machine, its word decides.

Whoever destroys asks: the worker's rounds (`is_trusted`) for the jobs that `destroys_by_time` names, erasures and
the commands (`require`).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Max, Model, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from sitebackend import audit
from sitebackend.models import Act, Actor, ClockMark, Event, Operator, WorkerJob
from sitebackend.monitoring.time_source import time_there

AHEAD = timedelta(days=7)  # so long a site may be off without a question
BEHIND = timedelta(days=1)  # no time zone is further away
WRITTEN_EVERY = timedelta(hours=1)

Job = Callable[[datetime], int]
Preview = Callable[[datetime], Iterable[tuple[str | Promise, int]]]
Witness = Callable[[datetime, datetime], datetime | None]
_would_go: dict[Job, Preview] = {}
_rows: list[tuple[type[Model], str]] = [(WorkerJob, "last_run"), (Event, "at")]
_witnesses: list[Witness] = []


class ClockInDoubt(Exception):
    """Nothing was destroyed; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why the clock is not believed: it shows `now`, and `known` is the newest time known to be true (aware)."""

    known: datetime
    now: datetime

    @property
    def is_ahead(self) -> bool:
        return self.now > self.known


def witness_rows(model: type[Model], field: str) -> None:
    """The rows of `model` note in `field` when they were written."""
    _rows.append((model, field))


def witness(newest: Witness) -> Witness:
    """Register what knows times that are in no row: it gives the newest one after the first and up to the second."""
    _witnesses.append(newest)
    return newest


def destroys_by_time(preview: Preview) -> Callable[[Job], Job]:
    """Register a job of the worker that destroys what has had its time; `preview` says what would go, and how much."""

    def register(job: Job) -> Job:
        _would_go[job] = preview
        return job

    return register


def destroyers() -> frozenset[Job]:
    return frozenset(_would_go)


def would_go(now: datetime) -> Iterator[tuple[str, int]]:
    """What the clock, if it is right, has sentenced: what, and how many of it."""
    for preview in _would_go.values():
        yield from ((str(what), count) for what, count in preview(now) if count)


def doubt(now: datetime) -> Doubt | None:
    """Why `now` (aware) is not believed; None if it is. Nothing is written."""
    if there := time_there(now):
        return None if abs(now - there) < BEHIND else Doubt(there, now)
    known = _newest_known(now)
    if known is None or known - BEHIND <= now <= known + AHEAD:
        return None
    return Doubt(known, now)


def require(now: datetime | None = None) -> None:
    """Raise ClockInDoubt unless what destroys may go on."""
    doubted = doubt(now or timezone.now())
    if doubted:
        words = _(
            "The clock shows {now}, and {known} is the newest time known to be true. Nothing was destroyed. Set the "
            "clock right, or say that it is right: in the cockpit, or manage.py retention run --clock-is-right --yes."
        )
        raise ClockInDoubt(words.format(now=moment(doubted.now), known=moment(doubted.known)))


def believed(now: datetime) -> datetime:
    """`now`, or the newest time known to be true if the clock is ahead of what can be: the law's periods need it."""
    doubted = doubt(now)
    return min(now, doubted.known) if doubted else now


def dated_ahead(now: datetime) -> Iterator[tuple[str, int]]:
    """The rows that a wrong clock dated ahead: what they are, and how many."""
    for model, field in _rows:
        if count := _dated_ahead(model, field, now).count():
            yield str(model._meta.verbose_name_plural), count


def unnoted_ahead(now: datetime) -> int:
    """How many such rows there are that the operator was not told of."""
    mark = ClockMark.objects.first()
    return max(0, sum(count for _what, count in dated_ahead(now)) - (mark.ahead_noted if mark else 0))


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
    ClockMark.objects.update(ahead_noted=sum(count for _what, count in dated_ahead(now)))
    audit.note(Act.CLOCK_CONFIRMED, actor=actor, operator=operator, key=now.date())


def _keep(newest: datetime) -> None:
    ClockMark.objects.update_or_create(id=1, defaults={"newest": newest})


def _newest_known(now: datetime) -> datetime | None:
    """The mark, or before there is one the newest migration, and what leads on from there. A mark alone is cheap."""
    mark = ClockMark.objects.first()
    known: datetime | None = (
        mark.newest if mark else MigrationRecorder.Migration.objects.aggregate(newest=Max("applied"))["newest"]
    )
    while known and now > known + AHEAD and (later := _next_after(known)):
        known = later
    return known


def _next_after(known: datetime) -> datetime | None:
    until = known + AHEAD
    found = [_written(model, field).filter(**_between(field, known, until)) for model, field in _rows]
    times = [rows.aggregate(newest=Max(field))["newest"] for rows, (_model, field) in zip(found, _rows, strict=True)]
    times += [newest(known, until) for newest in _witnesses]
    return max((time for time in times if time), default=None)


def _dated_ahead(model: type[Model], field: str, now: datetime) -> QuerySet[Model]:
    return _written(model, field).filter(**{f"{field}__gt": now + BEHIND})


def _written(model: type[Model], field: str) -> QuerySet[Model]:
    return model._base_manager.filter(**{f"{field}__isnull": False})


def _between(field: str, after: datetime, until: datetime) -> dict[str, datetime]:
    return {f"{field}__gt": after, f"{field}__lte": until}


def moment(time: datetime) -> str:
    """As the operator reads it."""
    return date_format(timezone.localtime(time), "DATETIME_FORMAT")
