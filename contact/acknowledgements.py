"""The short mail to the sender, if CONTACT_ACKNOWLEDGE wants it: their reference, nothing of what was typed.

What must never happen: the form becomes a tool to send mail to others. Whoever fills in a stranger's address
gets our own fixed words out to it once a day at most; nothing goes out for what looks like spam, nor while
more comes in than a small business gets. The address waits wrapped, and its row goes with the mail.
"""

import json
import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import translation

from contact.models import LEASE, Acknowledgement, Submission, Verdict
from sitebackend import mail, retention, smtp
from sitebackend.crypto import sealing, server_key
from sitebackend.models import SiteSettings
from sitebackend.privacy.restriction.models import Restriction

ONE_PER_ADDRESS = timedelta(days=1)
MOST_PER_HOUR = 30  # submissions: above it is a flood, and nobody gets an acknowledgement
GIVE_UP_AFTER = retention.ACKNOWLEDGEMENT_WAITS
AT_ONCE = 20

logger = logging.getLogger(__name__)


def queue(submission: Submission, address: str) -> None:
    """Have one sent for this stored submission, if it should be. Call it in the transaction that stores it."""
    if settings.CONTACT_ACKNOWLEDGE == "yes" and address and _is_deserved(submission):
        row = Acknowledgement(submission=submission, next_attempt_at=submission.received_at)
        content = json.dumps({"to": address, "language": translation.get_language()}).encode()
        row.wrapped = sealing.wrap(server_key.derive("outbox"), content, context=row.context)
        row.save(force_insert=True)


def acknowledge_due(now: datetime) -> int:
    """Worker's job: send those that are due; gives how many the mail server took."""
    due = Acknowledgement.objects.filter(next_attempt_at__lte=now).order_by("next_attempt_at")
    due = due.exclude(submission__in=Restriction.objects.rows())
    return sum(_sent(row, now) for row in due.select_related("submission")[:AT_ONCE])


def _is_deserved(submission: Submission) -> bool:
    if submission.verdict != Verdict.CLEAN:
        return False
    others, now = Submission.objects.exclude(pk=submission.pk), submission.received_at
    if others.filter(received_at__gt=now - timedelta(hours=1))[:MOST_PER_HOUR].count() == MOST_PER_HOUR:
        return False
    same_address = others.filter(email_digest=submission.email_digest)
    return not same_address.filter(received_at__gt=now - ONE_PER_ADDRESS).exists()


def _sent(row: Acknowledgement, now: datetime) -> bool:
    """Leased like the operator's mails: whoever moves the time from the value seen has the row."""
    mine = Acknowledgement.objects.filter(pk=row.pk)
    if not mine.filter(next_attempt_at=row.next_attempt_at).update(next_attempt_at=now + LEASE):
        return False
    try:
        _send(row)
    except Exception as error:
        logger.warning("an acknowledgement was not taken: %s", type(error).__name__)
        is_over = smtp.explain(error).for_good or now - row.submission.received_at > GIVE_UP_AFTER
        mine.delete() if is_over else mine.update(next_attempt_at=now + mail.AGAIN_AFTER)
        return False
    mine.delete()
    return True


def _send(row: Acknowledgement) -> None:
    content = json.loads(sealing.unwrap(server_key.derive("outbox"), row.wrapped, context=row.context))
    site = SiteSettings.current()
    with translation.override(content["language"]):
        message = mail.render(
            "contact/email/acknowledgement",
            {"reference": row.submission.reference, "site": site},
            to=content["to"],
            identity=mail.message_id("acknowledgement", row.submission.pk.hex),
            reply_to=site.email,
            headers={"Auto-Submitted": "auto-replied"},  # RFC 3834: no machine answers it
        )
    mail.send(message)
