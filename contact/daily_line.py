"""Suspects are not mailed one by one: a line a day says how many wait in the inbox."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.urls import reverse
from django.utils import translation

from contact.models import Submission, Verdict
from sitebackend import mail

DAY = timedelta(days=1)
ATTEMPT_EVERY = 60 * 60  # seconds: a mail server that is down is not asked each round


def report_suspects(now: datetime) -> int:
    """Worker's job: tell of all suspects as soon as the oldest untold one is a day old; gives the mails sent.

    Raises what the mail server answers.
    """
    untold = Submission.objects.untold()
    is_due = untold.filter(received_at__lte=now - DAY).exists()
    if not is_due or not cache.add("contact.daily-line", True, timeout=ATTEMPT_EVERY):
        return 0
    keys = list(untold.values_list("pk", flat=True))
    _tell(len(keys), now)
    Submission.objects.filter(pk__in=keys).update(told_at=now)
    cache.delete("contact.daily-line")
    return 1


def _tell(count: int, now: datetime) -> None:
    query = f"?verdict__exact={Verdict.SUSPECT.value}"
    address = settings.SITE_URL + reverse("admin:contact_submission_changelist") + query
    with translation.override(settings.LANGUAGE_CODE):
        message = mail.render(
            "contact/email/suspects",
            {"count": count, "address": address},
            to=settings.OPERATOR_EMAIL,
            identity=mail.message_id("suspects", f"{now:%Y%m%d%H%M%S}"),
        )
    mail.send(message)
