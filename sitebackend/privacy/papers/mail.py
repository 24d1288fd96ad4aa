"""The mails of this app, to the operator: a reference, hours and a link, nothing of what happened."""

from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from sitebackend.mail.kinds import Facts, Kind, register
from sitebackend.mail.message import message_id, render
from sitebackend.privacy.papers.models import Breach


def breach_reminder(about: UUID, facts: Facts) -> EmailMessage | None:
    """The 72 hours come to their end, or are over."""
    breach = Breach.objects.undecided().filter(pk=about).first()
    if breach is None:
        return None
    hours_left = facts["hours_left"]
    url = settings.SITE_URL + reverse("admin:papers_breach_change", args=[breach.pk])
    context = {"breach": breach, "hours_left": hours_left, "url": url}
    identity = message_id("breach", breach.pk.hex, str(hours_left))
    with translation.override(settings.LANGUAGE_CODE):
        return render("papers/email/breach", context, to=settings.OPERATOR_EMAIL, identity=identity)


BREACH_REMINDER = register(Kind("papers.breach", label=_("reminder of a breach"), compose=breach_reminder))
