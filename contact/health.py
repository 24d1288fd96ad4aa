"""What the operator must know of the inbox. Of its mails the outbox reports."""

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contact.models import Submission
from sitebackend.findings import Finding, Level, report
from sitebackend.monitoring import clock
from sitebackend.privacy.rehearsal import without_invented

clock.witness_rows(Submission, "received_at")


@report
def inbox(now: datetime) -> Iterator[Finding]:
    """What came in and waits for the operator's own work."""
    count = without_invented(Submission.objects.filter(done_at__isnull=True)).count()
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
def to_look_through(now: datetime) -> Iterator[Finding]:
    """The privacy notice says that once a year somebody looks which messages can go: this is who asks for it."""
    if count := Submission.objects.to_look_through(now).count():
        yield Finding(
            area=_("Inbox"),
            level=Level.WARNING,
            text=ngettext(
                "{count} message lies here for a year and nobody has judged whether it is needed.",
                "{count} messages lie here for a year and nobody has judged whether they are needed.",
                count,
            ).format(count=count),
            next_step=_("Look at them: let go what is settled, keep the others for another year."),
            url=f"{reverse('admin:contact_submission_changelist')}?look=due",
            code="contact.to_look_through",
            figure=count,
        )
