"""Suspects are not mailed one by one: a line a day says how many wait in the inbox."""

from datetime import datetime, timedelta

from django.db import transaction

from contact.mail import SUSPECTS
from contact.models import Submission
from sitebackend.mail import services as outbox

DAY = timedelta(days=1)


def report_suspects(now: datetime) -> int:
    """Worker's job: tell of all suspects as soon as the oldest untold one is a day old; gives the mails queued."""
    untold = Submission.objects.untold()
    if not untold.filter(received_at__lte=now - DAY).exists():
        return 0
    with transaction.atomic():
        count = untold.update(told_at=now)
        outbox.queue(SUSPECTS.name, facts={"count": count, "when": f"{now:%Y%m%d%H%M%S}"}, now=now)
    return 1
