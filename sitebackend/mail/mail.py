"""The outbox's own mail: the one that shows whether mail goes out."""

from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from sitebackend.mail.kinds import Facts, Kind, register
from sitebackend.mail.message import message_id, render
from sitebackend.mail.models import OutgoingMail


def test_mail(about: UUID, facts: Facts) -> EmailMessage:
    """To the operator, as every mail goes; nobody's data is in it. Its name is of the time when it was asked for."""
    now, asked = timezone.localtime(), OutgoingMail.objects.get(kind=TEST.name, about=about)
    with translation.override(settings.LANGUAGE_CODE):
        return render(
            "mail/email/test",
            {"now": now, "site_url": settings.SITE_URL},
            to=settings.OPERATOR_EMAIL,
            identity=message_id("test", f"{asked.queued_at:%Y%m%d%H%M%S}"),
        )


TEST = register(Kind("mail.test", label=_("test mail"), compose=test_mail))
