"""The one way to send: a row in the outbox first, the worker hands it over, its state is there to be seen.

What must never happen: a mail server that hangs holds a lock of the database, one bad message blocks those behind
it, or something is told as sent that was not. So requests only queue, in the transaction of what they do;
`deliver_due` alone talks to the mail server, between two transactions and inside none; and what hangs on a delivery
happens in the transaction that notes it.

Logs name kinds of mail, never addresses.
"""

import logging
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.mail import EmailMessage
from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _

from sitebackend.crypto import lookup
from sitebackend.mail import kinds, smtp, smtputf8
from sitebackend.mail.models import NOTHING, OutgoingMail, OutgoingMailQuerySet, State
from sitebackend.monitoring import clock

AT_MOST = timedelta(minutes=1)  # for one pass of the worker: it must hear that it is to stop

logger = logging.getLogger(__name__)

_BEGINS_ANEW = (
    "payload",
    "recipient_digest",
    "state",
    "queued_at",
    "next_attempt_at",
    "attempts",
    "last_reply",
    "sent_at",
)


def queue(
    kind: str, *, about: UUID = NOTHING, to: str = "", facts: Mapping[str, Any] | None = None, now: datetime
) -> None:
    """Have a mail sent. Call it in the transaction of what the mail tells: both are stored, or neither.

    `to`: the person's address, of which a digest stays while the mail waits, so that the registry finds it; empty
    for the operator's own mails, and where the row that it is about is found itself. One of this kind about the
    same thing that still waits is replaced.
    """
    mail = OutgoingMail(kind=kinds.kind_of(kind).name, about=about, queued_at=now, next_attempt_at=now)
    mail.recipient_digest = lookup.email(to)
    mail.take(facts or {})
    OutgoingMail.objects.bulk_create(
        [mail], update_conflicts=True, unique_fields=["kind", "about"], update_fields=_BEGINS_ANEW
    )


def queue_again(kind: str, *, about: Collection[UUID], now: datetime) -> int:
    """Have the mails about these rows sent, whatever came of them before; gives how many.

    What one still holds sealed goes with it; where nothing is left, `compose` makes do without facts.
    """
    known = OutgoingMail.objects.filter(kind=kind, about__in=about)
    new = set(about) - set(known.values_list("about", flat=True))
    known.send_again(now)
    for row in new:
        queue(kind, about=row, now=now)
    return len(set(about))


def mail_about(row: UUID, kind: str) -> OutgoingMail | None:
    """The mail of this kind about this row, as it stands; None: there is none."""
    return OutgoingMail.objects.filter(about=row, kind=kind).first()


def forget(rows: Collection[UUID]) -> int:
    """The rows are gone: no mail about them stays, sent or not."""
    return OutgoingMail.objects.about([row for row in rows if row != NOTHING]).delete()[0]


def release(*, mails: OutgoingMailQuerySet, now: datetime) -> int:
    """The operator wants them sent after all: what a restore held, what was undeliverable. Gives how many."""
    return mails.unsent().send_again(now)


def give_up(*, mails: OutgoingMailQuerySet) -> int:
    """The operator wants them not sent; gives how many. What was sent stays as it is."""
    return mails.unsent().delete()[0]


def deliver_due(now: datetime) -> int:
    """Worker's job: send the mails that are due; gives how many are done with: taken, or nothing to say any more.

    Stops at the first sign that the mail server itself is out of reach: an outage then costs the worker one
    time limit, not one for each mail. Raises RuntimeError inside a transaction.
    """
    sent, start = 0, time.monotonic()

    def clock() -> datetime:
        """The present time as it goes on from `now`: leases must not begin in the past when a pass is long."""
        return now + timedelta(seconds=time.monotonic() - start)

    while clock() - now < AT_MOST and (mail := OutgoingMail.objects.lease_next(clock())):
        failure = _attempt(mail, clock)
        if failure is None:
            sent += 1
        elif failure.server_is_down:
            break
    smtputf8.note_heard()
    return sent


def ask_server(now: datetime) -> int:
    """Worker's job: hear what the mail server offers, before the first mail and while none goes out.

    A server that is away is no failure of this: the mails that wait tell of it.
    """
    connection = smtp.connection()
    if not isinstance(connection, smtp.EmailBackend) or not smtputf8.is_asked_again(now):
        return 0
    smtputf8.note_asked(now)
    with suppress(OSError), connection:
        pass  # opening it tells what it offers
    smtputf8.note_heard()
    return 1


def _delivered_long_ago(now: datetime) -> Iterator[tuple[str, int]]:
    yield _("dates of mails that were sent"), OutgoingMail.objects.past_period(now).count()


@clock.destroys_by_time(_delivered_long_ago)
def sweep(now: datetime) -> int:
    """Worker's job: the dates of mails that were delivered long ago go; gives how many."""
    return OutgoingMail.objects.past_period(now).delete()[0]


def _attempt(mail: OutgoingMail, clock: Callable[[], datetime]) -> smtp.Failure | None:
    """Send one mail and note how it went. Whatever goes wrong concerns this mail alone, so nothing is let through."""
    facts, message, failure = _made(mail)
    if message and not failure:
        failure = _sent(mail, message)
    if failure is None and message is None:
        _ours(mail).delete()
    elif failure is None:
        failure = _note_delivery(mail, facts, clock())
    if failure:
        _note_failure(mail, failure, clock())
    return failure


def _made(mail: OutgoingMail) -> tuple[kinds.Facts, EmailMessage | None, smtp.Failure | None]:
    try:
        facts = mail.facts
        return facts, mail.sort.compose(mail.about, facts), None
    except Exception as error:
        logger.warning("a mail could not be made (%s): %s", mail.kind, type(error).__name__)
        return {}, None, smtp.Failure(_("The mail could not be made ({kind}).").format(kind=type(error).__name__))


def _sent(mail: OutgoingMail, message: EmailMessage) -> smtp.Failure | None:
    try:
        message.send(fail_silently=False)
    except Exception as error:
        logger.warning("a mail was not taken (%s): %s", mail.kind, type(error).__name__)
        return smtp.explain(error, recipients=message.to)
    return None


def _note_delivery(mail: OutgoingMail, facts: kinds.Facts, now: datetime) -> smtp.Failure | None:
    """If what hangs on it cannot be done, the operator must know, and the mail is not sent over and over."""
    try:
        with transaction.atomic():
            if _ours(mail).update(**mail.delivered(now)):
                mail.sort.on_delivered(mail.about, facts, now)
    except DatabaseError:
        raise
    except Exception as error:
        logger.exception("a mail was sent and that could not be noted (%s)", mail.kind)
        words = _("The mail server took it, but that could not be noted ({kind}).")
        return smtp.Failure(words.format(kind=type(error).__name__), for_good=True)
    return None


def _note_failure(mail: OutgoingMail, failure: smtp.Failure, now: datetime) -> None:
    changes = mail.refused(now, failure.reply, for_good=failure.for_good)
    if mail.sort.is_courtesy and changes["state"] == State.UNDELIVERABLE:
        _ours(mail).delete()
    else:
        _ours(mail).update(**changes)


def _ours(mail: OutgoingMail) -> OutgoingMailQuerySet:
    """The row, if the lease on it is still ours."""
    return OutgoingMail.objects.filter(pk=mail.pk, next_attempt_at=mail.next_attempt_at)
