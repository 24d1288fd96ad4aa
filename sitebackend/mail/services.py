"""The one way to send: a row in the outbox first, the worker hands it over, its state is there to be seen.

What must never happen: a mail server that hangs holds a lock of the database, one bad message blocks those behind
it, or something is told as sent that was not. So requests only queue, in the transaction of what they do;
`deliver_due` alone has the mail server talked to, between two transactions and inside none; what hangs on a delivery
happens in the transaction that notes it; and a mail whose answer takes its time waits beside the others (`_awaited`),
noted as one that may have arrived, in case nobody is here any more when the answer comes.

Logs name kinds of mail, never addresses.
"""

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import DatabaseError, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from sitebackend.crypto import lookup
from sitebackend.mail import kinds, smtp, smtputf8
from sitebackend.mail.failures import Failure
from sitebackend.mail.message import make_copy
from sitebackend.mail.models import NOTHING, OutgoingMail, OutgoingMailQuerySet
from sitebackend.monitoring import clock

AT_MOST = timedelta(minutes=1)  # for one pass of the worker: it must hear that it is to stop
PATIENCE = 5.0  # seconds that the others wait for the answer to one mail
MOST_AWAITED = 4  # mails at once whose answer is missing: providers allow few connections

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
    "repeats",
    "is_setting_wrong",
)


class _Awaited(threading.local):
    """Mails that were handed over from this thread, and the server has not answered yet."""

    def __init__(self) -> None:
        self.mails: list[tuple[OutgoingMail, kinds.Facts, smtp.HandOver]] = []


_awaited = _Awaited()


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


def send_at_once(kind: str, *, now: datetime) -> OutgoingMail | None:
    """Queue a mail about nothing and send it in this process, for somebody who waits to read what the server says.

    That takes ten minutes at most. Gives the mail as it stands then; None if there was nothing to say.
    """
    queue(kind, now=now)
    if mail := OutgoingMail.objects.filter(kind=kind, about=NOTHING).lease_next(now):
        _attempt(mail, timezone.now)
        await_answers(now)
    return mail_about(NOTHING, kind)


def queue_again(
    kind: str, *, about: Collection[UUID], facts: Mapping[UUID, Mapping[str, Any]] | None = None, now: datetime
) -> int:
    """Have the mails about these rows sent, whatever came of them before; gives how many.

    `facts`: of those about which they are known anew. What one still holds sealed otherwise goes with it; where
    nothing is left, `compose` makes do without facts.
    """
    facts = facts or {}
    known = OutgoingMail.objects.filter(kind=kind, about__in=about)
    new = set(about) - set(known.values_list("about", flat=True))
    known.send_again(now)
    for mail in known.filter(about__in=facts):
        mail.take(facts[mail.about])
        mail.save(update_fields=["payload"])
    for row in new:
        queue(kind, about=row, facts=facts.get(row), now=now)
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


def confirm(*, mails: OutgoingMailQuerySet, now: datetime) -> int:
    """The operator has seen that these arrived; gives how many. What hangs on their delivery is done."""
    return sum(_note_delivery(mail, mail.facts, now, mail.arrived(now)) is None for mail in mails.unconfirmed())


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

    while clock() - now < AT_MOST:
        sent += _note_answers(clock())
        if len(_awaited.mails) >= MOST_AWAITED or not (mail := OutgoingMail.objects.lease_next(clock())):
            break
        failure = _attempt(mail, clock)
        if failure is None:
            sent += 1
        elif failure.server_is_down:
            break
    smtputf8.note_heard()
    return sent


def await_answers(now: datetime) -> int:
    """Wait for the answers that are missing still, ten minutes at most; gives how many mails were taken."""
    start = time.monotonic()
    for _mail, _facts, hand_over in _awaited.mails:
        hand_over.over.wait(smtp.ANSWER_SECONDS)
        hand_over.join(PATIENCE)
    return _note_answers(now + timedelta(seconds=time.monotonic() - start))


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


def _attempt(mail: OutgoingMail, clock: Callable[[], datetime]) -> Failure | None:
    """Send one mail and note how it went. Whatever goes wrong concerns this mail alone, so nothing is let through."""
    facts, message, failure = _made(mail)
    if message is None and failure is None:
        _ours(mail).delete()
    if message is None:
        return _noted(mail, failure, clock())
    hand_over = smtp.HandOver(message)
    hand_over.start()
    hand_over.wait(PATIENCE)
    if hand_over.over.is_set():
        return _note_outcome(mail, facts, hand_over, clock())
    return _put_aside(mail, facts, hand_over, clock())


def _made(mail: OutgoingMail) -> tuple[kinds.Facts, EmailMessage | None, Failure | None]:
    try:
        facts = mail.facts
        message = mail.sort.compose(mail.about, facts)
        if message and mail.copies:
            with translation.override(facts.get("language", settings.LANGUAGE_CODE)):
                make_copy(message, mail.copies + 1, is_repeat=bool(mail.repeats))
        return facts, message, None
    except Exception as error:
        logger.warning("a mail could not be made (%s): %s", mail.kind, type(error).__name__)
        return {}, None, Failure(_("The mail could not be made ({kind}).").format(kind=type(error).__name__))


def _put_aside(mail: OutgoingMail, facts: kinds.Facts, hand_over: smtp.HandOver, now: datetime) -> Failure | None:
    """The answer takes its time: note the mail as one that may have arrived, and let the others pass."""
    words = _("All of it was handed over; the mail server has not answered yet.")
    changes = mail.handed_over(now, words)
    if _ours(mail).update(**changes):
        mail.next_attempt_at = cast("datetime", changes["next_attempt_at"])  # the lease
        _awaited.mails.append((mail, facts, hand_over))
    return Failure(words, is_in_doubt=True)


def _note_answers(now: datetime) -> int:
    """What became of the mails that were put aside; gives how many were taken."""
    answered = [each for each in _awaited.mails if each[2].over.is_set()]
    _awaited.mails = [each for each in _awaited.mails if each not in answered]
    return sum(_note_outcome(mail, facts, hand_over, now) is None for mail, facts, hand_over in answered)


def _note_outcome(mail: OutgoingMail, facts: kinds.Facts, hand_over: smtp.HandOver, now: datetime) -> Failure | None:
    if hand_over.failure:
        logger.warning("a mail was not taken (%s): %s", mail.kind, hand_over.error)
        return _noted(mail, hand_over.failure, now)
    changes = mail.delivered(now, hand_over.reply)
    return _noted(mail, _note_delivery(mail, facts, now, changes), now)


def _note_delivery(
    mail: OutgoingMail, facts: kinds.Facts, now: datetime, changes: Mapping[str, object]
) -> Failure | None:
    """If what hangs on it cannot be done, the operator must know, and the mail is not sent over and over."""
    try:
        with transaction.atomic():
            if _ours(mail).update(**changes):
                mail.sort.on_delivered(mail.about, facts, now)
    except DatabaseError:
        raise
    except Exception as error:
        logger.exception("a mail was sent and that could not be noted (%s)", mail.kind)
        words = _("The mail server took it, but that could not be noted ({kind}).")
        return Failure(words.format(kind=type(error).__name__), for_good=True)
    return None


def _noted(mail: OutgoingMail, failure: Failure | None, now: datetime) -> Failure | None:
    if failure:
        _note_failure(mail, failure, now)
    return failure


def _note_failure(mail: OutgoingMail, failure: Failure, now: datetime) -> None:
    if failure.is_in_doubt:
        changes = mail.unconfirmed(now, failure.reply)
    else:
        changes = mail.refused(now, failure.reply, for_good=failure.for_good, is_setting=failure.is_setting)
    if mail.sort.is_courtesy and changes["next_attempt_at"] is None:
        _ours(mail).delete()
    else:
        _ours(mail).update(**changes)


def _ours(mail: OutgoingMail) -> OutgoingMailQuerySet:
    """The row, if the lease on it is still ours."""
    return OutgoingMail.objects.filter(pk=mail.pk, next_attempt_at=mail.next_attempt_at)
