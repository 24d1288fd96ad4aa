"""Taking submissions in, and having their mails sent: the verbs.

What must never happen: "thank you" is said and nothing is stored, a word is stored or mailed in the clear
although it could not be encrypted, one form sent twice becomes two, or a mail is dropped. So encryption comes
first, one transaction stores row, ciphertext and the mail in the outbox, and the digest over the form's nonce and
content is unique.
"""

import json
import logging
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import Error as AnyDatabaseError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from contact import acknowledgements, links, mail, message, previews, reading, reply_address
from contact.models import MAIL_KIND, Channel, EncryptedMessage, Submission, SubmissionQuerySet, Verdict
from contact.spam import bursts, learning, signs
from sitebackend import nonce as form_nonce
from sitebackend import operator_key
from sitebackend.crypto import lookup
from sitebackend.mail import services as outbox
from sitebackend.mail.models import OutgoingMail, State
from sitebackend.references import new_reference
from sitebackend.turns import transaction_in_turn
from sitebackend.vault.opened import OpenMessages

logger = logging.getLogger(__name__)


class IntakeClosed(Exception):
    """A submission cannot be stored safely now; nothing of it was kept."""


def receive(*, fields: Mapping[str, str], reply_to: str, nonce: str, honeypot: str = "", now: datetime) -> Submission:
    """Encrypt and store one sent form, exactly as typed; the same form sent again gives the same row.

    `reply_to` is the sender's checked address for the wire, or empty. Raises IntakeClosed.
    """
    try:
        digest, of_form = lookup.nonce(json.dumps([nonce, fields], sort_keys=True)), lookup.nonce(nonce)
        earlier = Submission.objects.filter(nonce_digest=of_form).values_list("idempotency_digest", flat=True)
        if digest in earlier:
            return Submission.objects.get(idempotency_digest=digest)
        judged = _judged(fields, honeypot, age=form_nonce.age(nonce), earlier_uses=len(earlier))
        return _stored(fields, reply_to, now, idempotency_digest=digest, nonce_digest=of_form, **judged)
    except IntegrityError:  # the same form came in twice at the same moment: the other one was first
        return Submission.objects.get(idempotency_digest=digest)
    except (operator_key.OperatorKeyUnusable, AnyDatabaseError, OSError, ImproperlyConfigured) as error:
        logger.error("a submission was refused: %s", type(error).__name__)
        raise IntakeClosed from error


def record_inquiry(*, fields: Mapping[str, str], channel: str, received_at: datetime, nonce: str) -> Submission:
    """Encrypt and store what came another way, so that access and erasure find it; it is not mailed.

    `nonce` makes the same form sent twice one row. Raises IntakeClosed.
    """
    digest = lookup.nonce(json.dumps(["recorded", nonce]))
    if known := Submission.objects.filter(idempotency_digest=digest).first():
        return known
    try:
        submission = Submission(
            reference=new_reference(), received_at=received_at, channel=channel, idempotency_digest=digest
        )
        return _encrypted_and_saved(submission, fields, reply_to="", is_mailed=False)
    except (operator_key.OperatorKeyUnusable, AnyDatabaseError, OSError, ImproperlyConfigured) as error:
        raise IntakeClosed from error


def send_again(*, submissions: QuerySet[Submission], now: datetime, open_messages: OpenMessages | None = None) -> int:
    """Mail them once more, whatever came of it before; gives how many.

    What was wiped is opened for it, if messages are open; otherwise it goes as PGP/MIME.
    """
    chosen = _keys(cast("SubmissionQuerySet", submissions).mailable())
    facts = _opened(chosen, open_messages)  # gpg takes its time: before the transaction
    with transaction.atomic():
        still = _keys(Submission.objects.filter(pk__in=chosen).mailable())
        return outbox.queue_again(MAIL_KIND, about=still, facts=facts, now=now)


def release(*, submissions: QuerySet[Submission], now: datetime, open_messages: OpenMessages | None = None) -> int:
    """They are no spam, says the operator; gives how many changed. What was held goes out as `send_again` has it."""
    chosen = _keys(cast("SubmissionQuerySet", submissions).usable().exclude(verdict=Verdict.RELEASED))
    facts = _opened(_keys(_held_back(chosen)), open_messages)
    with transaction.atomic():
        rows = Submission.objects.filter(pk__in=_keys(Submission.objects.filter(pk__in=chosen).usable()))
        held_back = _keys(_held_back(chosen))
        rows.filter(verdict=Verdict.SPAM).update(done_at=None)
        count = rows.update(verdict=Verdict.RELEASED, told_at=None)
        outbox.queue_again(MAIL_KIND, about=held_back, facts=facts, now=now)
        if count:
            learning.note_change(now)
    return count


@transaction.atomic
def mark_spam(*, submissions: QuerySet[Submission], now: datetime) -> int:
    """They are spam, says the operator, who thereby knows of them: they go when their time is over. Gives how many."""
    chosen = _keys(cast("SubmissionQuerySet", submissions).usable().exclude(verdict=Verdict.SPAM))
    outbox.give_up(mails=OutgoingMail.objects.about(chosen).filter(attempts=0))
    Submission.objects.filter(pk__in=chosen).update(verdict=Verdict.SPAM, told_at=now, done_at=now, goes_on=None)
    if chosen:
        learning.note_change(now)
    return len(chosen)


def _held_back(chosen: Collection[UUID]) -> SubmissionQuerySet:
    """Those among them that came by the form and have not been mailed, because they were held."""
    held = Submission.objects.filter(pk__in=chosen, channel=Channel.FORM).usable().held()
    return held.exclude(pk__in=held.with_mail(state__in=[State.SENT, State.UNCONFIRMED]))


def _keys(submissions: QuerySet[Submission]) -> list[UUID]:
    return list(submissions.values_list("pk", flat=True))


def _opened(chosen: Collection[UUID], open_messages: OpenMessages | None) -> dict[UUID, dict[str, Any]]:
    """What the mails about these need, of those that open. Opening one keeps its reply address as well."""
    if open_messages is None or settings.CONTACT_MAIL == "notice" or not reading.is_possible():
        return {}
    usable = Submission.objects.filter(pk__in=chosen).usable().select_related("message")
    if settings.CONTACT_MAIL == "pgp":
        usable = usable.filter(reply_address=None)
    facts = {}
    with suppress(reading.NotReadable), reading.opener(open_messages=open_messages) as read:
        for submission in usable:
            with suppress(reading.NotReadable):
                fields = read(submission)
                facts[submission.pk] = mail.needed_by_plain(fields, links.address_in(fields))
    return facts


def _judged(fields: Mapping[str, str], honeypot: str, **form: Any) -> dict[str, Any]:
    found = signs.reasons(fields, honeypot=honeypot, is_burst=bursts.is_one(fields), learned=learning.learned(), **form)
    verdict = Verdict.SUSPECT if signs.is_suspect(found) else Verdict.CLEAN
    return {"reasons": found, "verdict": verdict}


def _stored(fields: Mapping[str, str], reply_to: str, now: datetime, **judged: Any) -> Submission:
    submission = Submission(reference=new_reference(), received_at=now, **judged)
    return _encrypted_and_saved(submission, fields, reply_to, is_mailed=submission.verdict != Verdict.SUSPECT)


def _encrypted_and_saved(
    submission: Submission, fields: Mapping[str, str], reply_to: str, *, is_mailed: bool
) -> Submission:
    submission.index(fields)
    plaintext = message.build(
        fields, reference=submission.reference, received_at=submission.received_at, reply_to=reply_to
    )
    armoured, fingerprints = operator_key.encrypt(plaintext)
    with transaction_in_turn():
        submission.message = EncryptedMessage.objects.create(armoured=armoured.decode(), fingerprints=fingerprints)
        submission.save(force_insert=True)
        reply_address.keep(submission, reply_to)
        previews.keep(submission, fields)
        if is_mailed:
            facts = mail.needed_by_plain(fields, reply_to)
            outbox.queue(MAIL_KIND, about=submission.pk, facts=facts, now=submission.received_at)
        acknowledgements.queue(submission, reply_to)
    return submission
