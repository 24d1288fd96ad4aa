"""The short mail to the sender, if CONTACT_ACKNOWLEDGE wants it: when there is one.

What must never happen: the form becomes a tool to send mail to others. Whoever fills in a stranger's address
gets our own fixed words out to it once a day at most; nothing goes out for what looks like spam, nor while
more comes in than a small business gets. The address waits sealed, and is wiped with the mail.
"""

from datetime import timedelta

from django.conf import settings
from django.utils import translation

from contact.mail import ACKNOWLEDGEMENT
from contact.models import Submission, Verdict
from sitebackend.mail import services as outbox

ONE_PER_ADDRESS = timedelta(days=1)
MOST_PER_HOUR = 30  # submissions: above it is a flood, and nobody gets an acknowledgement


def queue(submission: Submission, address: str) -> None:
    """Have one sent for this stored submission, if it should be. Call it in the transaction that stores it."""
    if settings.CONTACT_ACKNOWLEDGE == "yes" and address and _is_deserved(submission):
        facts = {"to": address, "language": translation.get_language()}
        outbox.queue(ACKNOWLEDGEMENT.name, about=submission.pk, to=address, facts=facts, now=submission.received_at)


def _is_deserved(submission: Submission) -> bool:
    if submission.verdict != Verdict.CLEAN:
        return False
    others, now = Submission.objects.exclude(pk=submission.pk), submission.received_at
    if others.filter(received_at__range=(now - timedelta(hours=1), now))[:MOST_PER_HOUR].count() == MOST_PER_HOUR:
        return False
    same_address = others.filter(email_digest=submission.email_digest)
    return not same_address.filter(received_at__range=(now - ONE_PER_ADDRESS, now)).exists()
