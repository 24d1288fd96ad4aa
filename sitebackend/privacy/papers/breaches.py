"""A breach from noticing to the end: recorded, reported within 72 hours or judged no risk, told, closed.

What must never happen: the hours run out unseen. So the clock starts with the noticing and not with the record,
the operator is reminded by mail, and a breach is closed only when every question of Art. 33 and 34 GDPR has
its answer.
"""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from sitebackend.mail import services as outbox
from sitebackend.models import Operator
from sitebackend.privacy.papers.account import Account
from sitebackend.privacy.papers.mail import BREACH_REMINDER
from sitebackend.privacy.papers.models import Breach, Risk
from sitebackend.privacy.refusals import Refused

OVERDUE = -1
REMIND_AT = (48, 24, 12, 4, OVERDUE)  # hours left


def record(breach: Breach, *, account: Account, by: Operator) -> None:
    """Store a breach, new or changed, with what happened in words. Raises Refused once it is closed."""
    if breach.closed_at:
        raise Refused(_("A closed entry of the register is not changed."))
    breach.recorded_by = breach.recorded_by or by
    breach.take(account)
    breach.save()


@transaction.atomic
def close(breach: Breach, *, now: datetime) -> None:
    """Note that nothing is left to do. Raises Refused with what is."""
    if left := list(missing(breach)):
        raise Refused(" ".join(left))
    breach.closed_at = now
    breach.save()


def missing(breach: Breach) -> Iterator[str]:
    """What Art. 33 and 34 GDPR still want of an entry, in the operator's words."""
    account = breach.account
    if not account.happened:
        yield _("Say what happened.")
    if not (account.consequences and account.measures):
        yield _("Say what may follow from it and what you did about it.")
    if not breach.risk:
        yield _("Judge the risk for the persons.")
    if breach.risk == Risk.UNLIKELY and not account.why_no_risk:
        yield _("Say why a risk is unlikely: that is your proof for not reporting it.")
    if breach.risk in (Risk.RISK, Risk.HIGH) and not breach.reported_at:
        yield _("Report it to the supervisory authority.")
    if breach.is_late and not account.why_late:
        yield _("Say why it was reported after the 72 hours.")
    if breach.risk == Risk.HIGH and not (breach.told_at or breach.not_told):
        yield _("Tell the persons, or say why they need not be told.")


def remind(now: datetime) -> int:
    """Worker job: remind the operator of the 72 hours, once at each mark; gives how many mails were queued."""
    return sum(_reminded(breach, now) for breach in Breach.objects.undecided())


def mark(hours_left: int) -> int | None:
    """The mark that is reached with this many hours left; None: not yet."""
    return min((mark for mark in REMIND_AT if hours_left <= mark), default=None)


@transaction.atomic
def _reminded(breach: Breach, now: datetime) -> bool:
    reached = mark(breach.hours_left(now))
    if reached is None or reached == breach.reminded_at_hours:
        return False
    Breach.objects.filter(pk=breach.pk).update(reminded_at_hours=reached)
    outbox.queue(BREACH_REMINDER.name, about=breach.pk, facts={"hours_left": breach.hours_left(now)}, now=now)
    return True
