"""The deadline: extended with its letter in the first month, and the operator reminded before it ends.

An extension counts as told when the mail server took the mail, or the operator noted the day of the letter.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from sitebackend.mail import services as outbox
from sitebackend.models import Operator
from sitebackend.privacy import deadlines
from sitebackend.privacy.mail import EXTENSION, REMINDER
from sitebackend.privacy.models import DataSubjectRequest
from sitebackend.privacy.refusals import Refused

OVERDUE = -1
REMIND_AT = (14, 7, 3, 1, OVERDUE)  # days before the last day


@transaction.atomic
def extend(request: DataSubjectRequest, *, by: Operator, now: datetime) -> None:
    """Two more months, because the matter is complex or there are many requests (Art. 12(3)); the person is told.

    Without a mail address a letter must be posted, and `mark_told` says that it was. Raises Refused.
    """
    if request.answered_at or request.extended_at:
        raise Refused(_("A deadline is extended once, and before the answer."))
    if deadlines.local_date(now) > request.extension_possible_until:
        raise Refused(_("The first month is over: the deadline cannot be extended any more."))
    request.extended_at, request.extended_by = now, by
    request.save()
    if request.statement.email:
        outbox.queue(EXTENSION.name, about=request.pk, now=now)


def mark_told(request: DataSubjectRequest, *, at: datetime) -> None:
    """The operator posted the letter that says so, or told it by telephone."""
    rows = DataSubjectRequest.objects.filter(pk=request.pk, extended_at__isnull=False, extension_told_at=None)
    rows.update(extension_told_at=at)


def remind(now: datetime) -> int:
    """Worker job: remind the operator of deadlines, once at each mark; gives how many mails were queued."""
    return sum(_reminded(request, now) for request in DataSubjectRequest.objects.open())


def mark(days_left: int | None) -> int | None:
    """The mark that is reached with this many days left; None: not yet, or the clock stands still."""
    if days_left is None:
        return None
    return min((mark for mark in REMIND_AT if days_left <= mark), default=None)


@transaction.atomic
def _queue_reminder(request: DataSubjectRequest, *, days_left: int, reached: int, now: datetime) -> None:
    DataSubjectRequest.objects.filter(pk=request.pk).update(reminded_at_days=reached)
    outbox.queue(REMINDER.name, about=request.pk, facts={"days_left": days_left}, now=now)


def _reminded(request: DataSubjectRequest, now: datetime) -> bool:
    days_left = request.days_left(deadlines.local_date(now))
    reached = mark(days_left)
    if reached is None or reached == request.reminded_at_days or days_left is None:
        return False
    _queue_reminder(request, days_left=days_left, reached=reached, now=now)
    return True
