"""The sender takes a message back, shortly after it came.

What must never happen: somebody takes back another's message, the page says that nothing reached the operator
although a mail did, or a restored backup brings it back. So whoever takes it back holds the signed address of its
thanks page; what became of the mail is read inside the transaction that erases, with the mail's row locked against
the worker; and it is an erasure like any other, the journal first. What waits in the outbox goes with it.
"""

from datetime import datetime
from enum import StrEnum
from uuid import uuid4

from django.db import DatabaseError

from contact.mail import WITHDRAWN
from contact.models import MAIL_KIND, Channel, Submission
from contact.personal_data import Submissions
from sitebackend import node, retention
from sitebackend.mail import services as outbox
from sitebackend.mail.models import OutgoingMail
from sitebackend.monitoring import clock
from sitebackend.privacy import erasure
from sitebackend.privacy.journal import JournalDamaged
from sitebackend.privacy.registry import DataSubject
from sitebackend.turns import transaction_in_turn


class Mailed(StrEnum):
    """Whether the mail to the operator left before."""

    NO = "no"
    PERHAPS = "perhaps"  #: it was tried, or queued once more: whether the mail server has it is not known
    YES = "yes"


class TooLate(Exception):
    """The time for it is over, or something else stands against it: a request decides. Nothing was changed."""


class NotNow(Exception):
    """It cannot be erased as it must be; nothing was changed."""


def possible_until(submission: Submission, now: datetime) -> datetime | None:
    """Until when it can be taken back; None: not any more."""
    until = submission.received_at + retention.TAKEN_BACK_WITHIN
    is_the_senders = submission.channel == Channel.FORM and not submission.restricted_since
    return until if is_the_senders and now < until else None


def take_back(*, submission: Submission, now: datetime) -> Mailed | None:
    """Erase it; gives what became of its mail, None if it is gone already. Raises TooLate, NotNow.

    The operator hears of it if they may know the message.
    """
    if not possible_until(submission, now):
        raise TooLate
    try:
        with transaction_in_turn():
            return _taken_back(submission, now)
    except (
        DatabaseError, OSError, JournalDamaged, clock.ClockInDoubt, node.Elsewhere, erasure.PlanOutdated
    ) as error:  # fmt: skip
        raise NotNow from error


def _taken_back(submission: Submission, now: datetime) -> Mailed | None:
    subject = DataSubject(reference=submission.reference, persons=frozenset({str(submission.pk)}))
    plan = erasure.plan(subject, [Submissions.name])  # inside the transaction: from here on the rows are locked
    if not plan.destructive:  # somebody else was first: the button was pressed twice
        return None
    mail = OutgoingMail.objects.filter(kind=MAIL_KIND, about=submission.pk).first()
    mailed = _left(mail)
    is_known = mailed != Mailed.NO or submission.done_at or submission.told_at or submission.notes.exists()
    erasure.erase(subject, [Submissions.name], plan_hash=plan.hash, now=now)
    if is_known:
        facts = {"reference": submission.reference, "mailed": mailed}
        outbox.queue(WITHDRAWN.name, about=uuid4(), facts=facts, now=now)  # the message's own key is forgotten
    return mailed


def _left(mail: OutgoingMail | None) -> Mailed:
    """An attempt is counted before it is made; `copies` are those that may lie in a mailbox from before."""
    if mail and mail.sent_at:
        return Mailed.YES
    return Mailed.PERHAPS if mail and (mail.attempts or mail.copies) else Mailed.NO
