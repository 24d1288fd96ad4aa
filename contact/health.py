"""What the operator must know of the contact form's mails."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contact.models import Submission
from sitebackend.findings import Finding, Level, report

WARN_AFTER = timedelta(minutes=15)
ALARM_AFTER = timedelta(hours=4)


@report
def queue(now: datetime) -> Iterator[Finding]:
    oldest = Submission.objects.unsent().order_by("queued_at").first()
    age = now - oldest.queued_at if oldest else timedelta()
    if oldest is None or age < WARN_AFTER:
        waiting = Submission.objects.unsent().count()
        text = ngettext("{count} mail is waiting.", "{count} mails are waiting.", waiting).format(count=waiting)
        yield Finding(_("Contact mails"), Level.FINE, text, code="contact.queue", figure=waiting)
        return
    yield Finding(
        area=_("Contact mails"),
        level=Level.ALARM if age >= ALARM_AFTER else Level.WARNING,
        text=_("Mails have been waiting for {minutes} minutes. {reply}")
        .format(minutes=int(age.total_seconds() // 60), reply=oldest.last_reply)
        .strip(),
        next_step=_("See that the worker runs and that EMAIL_URL names a mail server that takes them."),
        url=reverse("admin:contact_submission_changelist") + "?delivery__exact=retrying",
        holds_up_mail=age >= ALARM_AFTER,
        code="contact.queue",
        figure=age.total_seconds(),
    )


@report
def inbox(now: datetime) -> Iterator[Finding]:
    """What came in and waits for the operator's own work."""
    count = Submission.objects.filter(done_at__isnull=True).count()
    yield Finding(
        area=_("Inbox"),
        level=Level.FINE,
        text=ngettext("{count} submission is not done.", "{count} submissions are not done.", count).format(
            count=count
        ),
        url=reverse("admin:contact_submission_changelist"),
        code="contact.inbox",
        figure=count,
    )


@report
def undeliverable(now: datetime) -> Iterator[Finding]:
    count = Submission.objects.undeliverable().count()
    if count:
        yield Finding(
            area=_("Contact mails"),
            level=Level.ALARM,
            text=ngettext(
                "{count} mail could not be delivered.", "{count} mails could not be delivered.", count
            ).format(count=count),
            next_step=_("Read the mail server's answer in the inbox, correct the cause, and send again from there."),
            url=reverse("admin:contact_submission_changelist") + "?delivery__exact=undeliverable",
            holds_up_mail=True,
            code="contact.undeliverable",
            figure=count,
        )
