"""Suspects are not mailed: a mail names them, the first at once, those that follow within the hour.

What must never happen: a message is deleted that the operator never heard of. So a suspect counts as told when the
mail server took the mail that names it, and not before; its period begins then (`SubmissionQuerySet.past_period`).
A mail that still waits is replaced by one that names all.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction

from contact.mail import SUSPECTS
from contact.models import Submission
from sitebackend.crypto.sealing import SealingError
from sitebackend.mail import services as outbox
from sitebackend.mail.models import NOTHING, OutgoingMail
from sitebackend.privacy.rehearsal import without_invented

EVERY = timedelta(hours=1)
MOST = 500  # that one mail names; the others follow an hour later


def report_suspects(now: datetime) -> int:
    """Worker's job: queue the mail that names the suspects which no mail has named; gives the mails queued."""
    untold = without_invented(Submission.objects.untold())
    if not untold.exists():
        return 0
    mail = outbox.mail_about(NOTHING, SUSPECTS.name)
    named = [row.hex for row in untold.order_by("received_at").values_list("pk", flat=True)[:MOST]]
    if mail and (abs(now - mail.queued_at) < EVERY or _names(mail, named)):
        return 0
    with transaction.atomic():
        outbox.queue(SUSPECTS.name, facts={"named": named, "when": f"{now:%Y%m%d%H%M%S}"}, now=now)
    return 1


def _names(mail: OutgoingMail, rows: Collection[str]) -> bool:
    """Whether this mail, which was not taken yet, names them all. One that was taken holds nothing any more."""
    try:
        return set(rows) <= set(mail.facts.get("named", ()))
    except SealingError:  # it was altered: another one takes its place
        return False
